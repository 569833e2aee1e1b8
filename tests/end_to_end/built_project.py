"""This dbt project, parsed once and run in this process, over landings that a test makes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

ROOT = Path(__file__).resolve().parents[2]
DONE = {"success", "pass", "warn", "skipped", "no-op"}

Row = dict[str, Any]


class Failed(AssertionError):
    """dbt did not do what it was asked; the message names each node and its reason."""


class BuiltProject:
    """`dbt` on any warehouse and landing.

    Parsing is most of what a small run costs, so it happens once. A parsed manifest knows the
    landing by its path; hence that path is a link, which each run turns to the landing that it is
    to read.
    """

    def __init__(self, folder: Path, variables: Mapping[str, Any]) -> None:
        self.folder = folder
        self._landing_link = folder / "landing"
        self._variables = json.dumps(variables)
        self._manifest: Manifest | None = None

    def run(self, *arguments: str, warehouse: Path, landing: Path) -> None:
        self._landing_link.unlink(missing_ok=True)
        self._landing_link.symlink_to(landing, target_is_directory=True)
        if self._manifest is None:
            self._manifest = self._invoke(("parse",), warehouse)
        self._invoke(arguments, warehouse)

    def _invoke(self, arguments: tuple[str, ...], warehouse: Path) -> Any:
        with _environment(
            DBT_SEND_ANONYMOUS_USAGE_STATS="false",
            DBT_PROFILES_DIR=str(ROOT),
            SPANMART_LANDING=str(self._landing_link),
            SPANMART_WAREHOUSE=str(warehouse),
        ):
            result = dbtRunner(manifest=self._manifest).invoke(
                [
                    *arguments,
                    *("--quiet", "--project-dir", str(ROOT), "--vars", self._variables),
                    *("--target-path", str(self.folder / "target")),
                    *("--log-path", str(self.folder / "logs"), "--log-level-file", "none"),
                ]
            )
            _close_warehouse()
        if not result.success:
            nodes: Any = result.result or ()
            raise Failed(
                result.exception
                # An operation is no node, and has an id only.
                or [(node.unique_id, node.message) for node in nodes if node.status not in DONE]
            )
        return result.result


@contextmanager
def reading(warehouse: Path) -> Iterator[Warehouse]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        yield Warehouse(connection)


class Warehouse:
    """A warehouse, read only."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def rows(self, query: str, *values: object) -> list[Row]:
        result = self.connection.execute(query, list(values))
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def row(self, query: str, *values: object) -> Row:
        (row,) = self.rows(query, *values)
        return row


@contextmanager
def _environment(**settings: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _close_warehouse() -> None:
    """dbt keeps the file open while the process lives; readers and the next run want it shut."""
    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager.env().close()
        DuckDBConnectionManager.close_all_connections()
