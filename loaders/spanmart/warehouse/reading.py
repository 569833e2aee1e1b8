"""Read the warehouse, and say what to do when it cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

Row = dict[str, Any]


class NoWarehouse(Exception):
    """There is no warehouse, or none that can be read now."""


@contextmanager
def reading(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the warehouse."""
    if not warehouse.is_file():
        raise NoWarehouse(
            f"there is no warehouse at {warehouse}: build one with `dbt build`, or name another "
            "with --warehouse or SPANMART_WAREHOUSE"
        )
    try:
        connection = duckdb.connect(str(warehouse), read_only=True)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise NoWarehouse(
                f"{warehouse} is being written by another process: try again when it is done "
                "(`spanmart nightly` builds beside the warehouse, so readers need not wait)"
            ) from error
        raise NoWarehouse(f"{warehouse} is no warehouse that DuckDB can read: {error}") from error
    try:
        yield connection
    finally:
        connection.close()


def rows(
    connection: duckdb.DuckDBPyConnection, query: str, values: Sequence[object] = ()
) -> list[Row]:
    """The rows of a query, each by column name."""
    result = connection.execute(query, list(values))
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, record, strict=True)) for record in result.fetchall()]


def tables(connection: duckdb.DuckDBPyConnection, schema: str) -> set[str]:
    """The names of the tables and views in a schema."""
    return {
        row["table_name"]
        for row in rows(
            connection,
            "select table_name from information_schema.tables where table_schema = ?",
            [schema],
        )
    }
