"""Runs the statistics macros in DuckDB without dbt: they are plain Jinja, so it takes seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import pyarrow as pa
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
MACROS = REPOSITORY / "macros" / "statistics"

# pytest's importlib mode leaves a test's folder off the path, and the mart tests share modules.
sys.path.insert(0, str(Path(__file__).parent))

Evaluate = Callable[..., list[tuple[Any, ...]]]


def _load_macros() -> dict[str, Callable[..., str]]:
    loaded: dict[str, Callable[..., str]] = {}
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.globals["return"] = lambda value: value
    environment.globals["adapter"] = SimpleNamespace(
        dispatch=lambda name, _package: loaded[f"default__{name}"]
    )
    # dbt's name for this package; a namespace that fills up when the macros below are loaded.
    package = SimpleNamespace()
    environment.globals["spanmart"] = package
    source = "\n".join(path.read_text() for path in sorted(MACROS.glob("*.sql")))
    module = environment.from_string(source).module
    loaded.update({name: getattr(module, name) for name in dir(module) if name[0] != "_"})
    vars(package).update(loaded)
    return loaded


@pytest.fixture(scope="session")
def macros() -> SimpleNamespace:
    """Every macro of macros/statistics, called as dbt would call it, giving SQL text."""
    return SimpleNamespace(**_load_macros())


@pytest.fixture(scope="session")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@pytest.fixture
def evaluate(connection: duckdb.DuckDBPyConnection) -> Evaluate:
    """`evaluate("sum(x)", x=[1, 2])`: SQL expressions over columns, one tuple a result row."""

    def run(
        expressions: str | Sequence[str], group_by: str = "", order_by: str = "", **columns: Any
    ) -> list[tuple[Any, ...]]:
        listed = [expressions] if isinstance(expressions, str) else list(expressions)
        connection.register("given_rows", pa.table(columns))
        sql = f"select {', '.join(listed)} from given_rows"
        sql += f" group by {group_by}" if group_by else ""
        sql += f" order by {order_by}" if order_by else ""
        return connection.execute(sql).fetchall()

    return run
