"""A warehouse that grows load by load, and what two of them do not have in common."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
from built_project import BuiltProject
from otlp_json import Record, write

from spanmart.landing import land

# Facts alone: marts are whole tables over them, built again every time.
FACTS = ("+request_trace",)
EVERYTHING = (
    "+facts",
    "+marts.cost",
    "+marts.failures",
    "+marts.reconciliation",
    "+marts.truncation",
)
# What differs from load to load for the same exports.
LINEAGE = ("landed_at", "evaluated_at")


class Nights:
    """A landing and its warehouse."""

    def __init__(self, project: BuiltProject, folder: Path) -> None:
        self.project = project
        self.folder = folder
        self.landing = folder / "landing"
        # A parsed manifest knows the warehouse by its catalogue, which is the name of the file.
        self.warehouse = folder / "spanmart.duckdb"
        self._loads = count()

    def land(self, records: Iterable[Record]) -> int:
        """How many of the records were new."""
        files = write(self.folder / f"load {next(self._loads)}", records)
        return land(files, landing=self.landing, source="tests").total("records_landed")

    def build(self, *arguments: str, select: Iterable[str] = FACTS) -> None:
        self.project.run(
            "run", "-s", *select, *arguments, warehouse=self.warehouse, landing=self.landing
        )

    def copy(self, folder: Path) -> Nights:
        """The same state again, to go on from."""
        shutil.copytree(self.folder, folder)
        copied = Nights(self.project, folder)
        copied._loads = count(len(list(folder.glob("load *"))))
        return copied


NewNights = Callable[[], Nights]
Rows = list[tuple[Any, ...]]


def differences(one: Path, other: Path) -> dict[str, Rows]:
    """By table, the rows that only one of the two warehouses has, and which one it is."""
    with duckdb.connect() as connection:
        for name, path in (("one", one), ("other", other)):
            connection.execute(f"attach '{path}' as {name} (read_only)")
        found = {}
        for table in tables(connection, "one") | tables(connection, "other"):
            rows = {
                name: f"select {columns(connection, name, table)} from {name}.{table}"
                for name in ("one", "other")
            }
            only = connection.execute(
                f"""
                select 'one' as warehouse, * from ({rows["one"]} except all {rows["other"]})
                union all
                select 'other' as warehouse, * from ({rows["other"]} except all {rows["one"]})
                order by all
                """
            ).fetchall()
            if only:
                found[table] = only
        return found


def tables(connection: duckdb.DuckDBPyConnection, database: str) -> set[str]:
    found = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where database_name = ? and schema_name in ('facts', 'marts')",
        [database],
    ).fetchall()
    assert len(found) >= 10
    return {name for (name,) in found}


def columns(connection: duckdb.DuckDBPyConnection, database: str, table: str) -> str:
    """The columns that are no lineage. Sums in another order differ in a double's last bits."""
    described = connection.execute(f"describe {database}.{table}").fetchall()
    return ", ".join(
        f"format('{{:.11e}}', {name}) as {name}" if kind == "DOUBLE" else name
        for name, kind, *_ in described
        if name not in LINEAGE
    )
