"""The SQL engine that formats run on: DuckDB in memory, shut off from files and the network."""

from __future__ import annotations

import threading
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    import duckdb

_LOCAL = threading.local()
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    # Nothing of a file may be read by its content, and nothing unmasked may reach the disk.
    "enable_external_access": "false",
    "temp_directory": "",
    # Batches are prepared in threads beside this one.
    "threads": "1",
    # It took 0.33 of the 0.55 s of planning Langfuse's statement, for IN lists of five words.
    "disabled_optimizers": "in_clause",
}


class UnusableRecords(ValueError):
    """A statement failed over these records. Without the engine's words, which may quote them."""


def connection() -> duckdb.DuckDBPyConnection:
    """One a thread, with the macros of macros.sql and nested.sql."""
    if not hasattr(_LOCAL, "connection"):
        # Every format is looked at for every file; most files are of formats that need no SQL.
        import duckdb

        made = duckdb.connect(config=_SETTINGS)
        made.execute(_macros())
        made.execute("set lock_configuration = true")
        _LOCAL.connection = made
    found: duckdb.DuckDBPyConnection = _LOCAL.connection
    return found


def run(statement: str, records: pa.Table) -> pa.Table:
    """The rows of a SELECT over the relation `records` (record_number BIGINT, row JSON).

    Raises UnusableRecords.
    """
    import duckdb

    engine = connection()
    engine.register("read_records", records)
    try:
        engine.execute(
            "create or replace temp view records as "
            "select record_number, cast(row as json) as row from read_records"
        )
        # A relation is planned when it is made and again when it is read, and planning is what a
        # small file costs (0.05 to 0.1 s a SELECT); a table is planned once.
        engine.execute(f"create or replace temp table answer as {statement}")
        return engine.sql("from answer").to_arrow_table()
    except duckdb.Error as error:
        raise UnusableRecords(f"{type(error).__name__} in the statement of a format") from None
    finally:
        engine.execute("drop table if exists answer")
        engine.unregister("read_records")


def as_json(table: pa.Table, first_number: int) -> pa.Table:
    """The rows of a table as JSON objects; times in ISO-8601, nested columns nested."""
    engine = connection()
    engine.register("read_table", table)
    try:
        return engine.sql(
            f"select {first_number:d} + row_number() over () - 1 as record_number, "
            "cast(to_json(read_table) as varchar) as row from read_table"
        ).to_arrow_table()
    finally:
        engine.unregister("read_table")


def are_json(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Which texts the engine can read as JSON."""
    engine = connection()
    engine.register("read_texts", pa.table({"text": texts}))
    try:
        found = engine.sql("select json_valid(text) as is_valid from read_texts")
        return found.to_arrow_table().column("is_valid")
    finally:
        engine.unregister("read_texts")


def is_json(text: str) -> bool:
    return bool(are_json(pa.chunked_array([[text]]))[0].as_py())


@cache
def _macros() -> str:
    # A macro may use those of a file that stands before its own.
    parts = [files(__package__).joinpath(name) for name in ("macros.sql", "nested.sql")]
    return "\n".join(part.read_text(encoding="utf-8") for part in parts)
