"""The landed tables as views of an in-memory DuckDB: `new_<table>` is what a check is about,
`old_<table>` what landed before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa

from spanmart import __version__
from spanmart.checks.expectations import CHECKED_TABLES, REQUIRED, Limits
from spanmart.checks.window import Window, readable
from spanmart.landing.schemas import ATTRIBUTES, TABLES

# Rows that break an expectation, and the rows that it is about.
Count = tuple[int, int]
Counts = dict[str, Count]

_TYPES = {
    pa.string(): "varchar",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.timestamp("us"): "timestamp",
    ATTRIBUTES: "map(varchar, varchar)",
}


@dataclass
class Tables:
    """The connection with its views, and what reading the files' footers told."""

    connection: duckdb.DuckDBPyConnection
    counts: Counts
    # Files that can be read, for what does not go through SQL.
    new_files: dict[str, list[Path]]

    def one(self, sql: str) -> tuple[int, ...]:
        """The only row of a query of counts."""
        row = self.connection.execute(sql).fetchone()
        assert row is not None
        return tuple(int(each or 0) for each in row)

    def has_old(self, table: str) -> bool:
        return self.one(f"select count(*) from (select 1 from old_{table} limit 1)")[0] > 0


@contextmanager
def opened(window: Window, limits: Limits) -> Iterator[Tables]:
    # Spills hold hashes and times only, and still go where nobody else looks.
    with TemporaryDirectory(prefix="spanmart-check-") as spill:
        connection = duckdb.connect(
            ":memory:",
            config={
                "temp_directory": spill,
                "memory_limit": f"{limits.memory_mb}MB",
                "preserve_insertion_order": "false",
                "autoinstall_known_extensions": "false",
            },
        )
        try:
            connection.execute("set enable_progress_bar = false")
            tables = Tables(connection, {}, {})
            for table in CHECKED_TABLES:
                _add(tables, table, window)
            yield tables
        finally:
            connection.close()


def _add(tables: Tables, table: str, window: Window) -> None:
    new, damaged = readable(window.new[table])
    old, _ = readable(window.old[table])
    wrong = sum(
        not _has_columns(table, schema, window.versions.get(path.stem, set()))
        for path, schema in new.items()
    )
    tables.counts[f"{table}.readable"] = (damaged, len(window.new[table]))
    tables.counts[f"{table}.columns"] = (wrong, len(new))
    tables.new_files[table] = list(new)
    for name, files in ((f"new_{table}", new), (f"old_{table}", old)):
        tables.connection.execute(f"create view {name} as {_select(table, files)}")


def _has_columns(table: str, schema: pa.Schema, versions: set[str]) -> bool:
    """All columns in files of this version; in older ones those that every version has written.

    A column that came later is NULL in an older file, for models as well.
    """
    for wanted in TABLES[table]:
        place = schema.get_field_index(wanted.name)
        if place < 0:
            if versions == {__version__} or wanted.name in REQUIRED[table]:
                return False
        elif not _same(schema.field(place).type, wanted.type):
            return False
    return True


def _same(found: pa.DataType, wanted: pa.DataType) -> bool:
    # Names of the parts of lists and maps differ from writer to writer, and mean nothing.
    if pa.types.is_map(wanted) and pa.types.is_map(found):
        return _same(found.key_type, wanted.key_type) and _same(found.item_type, wanted.item_type)
    if pa.types.is_list(wanted) and pa.types.is_list(found):
        return _same(found.value_type, wanted.value_type)
    if pa.types.is_struct(wanted) and pa.types.is_struct(found):
        return found.num_fields == wanted.num_fields and all(
            mine.name == yours.name and _same(mine.type, yours.type)
            for mine, yours in zip(found, wanted, strict=True)
        )
    return bool(found == wanted)


def _select(table: str, files: dict[Path, pa.Schema]) -> str:
    """The columns of the landing schema, whatever the files have: a fault is counted once, as a
    fault of its columns, and the other expectations are still measured."""
    columns = [_column(field, list(files.values())) for field in TABLES[table]]
    if not files:
        return f"select {', '.join(columns)} where false"
    paths = ", ".join(text(str(path)) for path in files)
    # Names and types of files agree unless one was written by something else.
    by_name = "true" if len(set(map(_plain, files.values()))) > 1 else "false"
    return (
        f"select {', '.join(columns)} from read_parquet([{paths}],"
        f" union_by_name = {by_name}, hive_partitioning = false)"
    )


def _column(field: pa.Field, schemas: Sequence[pa.Schema]) -> str:
    kind = _TYPES.get(field.type)
    found = [schema.field(field.name).type for schema in schemas if field.name in schema.names]
    if found and all(_same(each, field.type) for each in found):
        return quoted(field.name)
    if not found or kind is None or kind.startswith("map"):
        return f"null::{kind or _nested(field.type)} as {quoted(field.name)}"
    return f"try_cast({quoted(field.name)} as {kind}) as {quoted(field.name)}"


def _nested(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"{_nested(kind.value_type)}[]"
    if pa.types.is_struct(kind):
        parts = ", ".join(f"{quoted(each.name)} {_nested(each.type)}" for each in kind)
        return f"struct({parts})"
    return _TYPES[kind]


def _plain(schema: pa.Schema) -> str:
    return ", ".join(f"{each.name} {each.type}" for each in schema)


def text(value: str) -> str:
    """A text as SQL."""
    return "'" + value.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A name as SQL."""
    return '"' + name.replace('"', '""') + '"'
