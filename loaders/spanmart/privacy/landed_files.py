"""The files of a landing directory, for those who change what has landed: read and rewritten whole,
under the landing lock."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock

from spanmart.durable import replace_durably
from spanmart.landing.parquet import write_table
from spanmart.landing.schemas import TABLES

_COMMIT_NAME = re.compile(r"\d{8}T\d{12}-[0-9a-f]{8}")
# The lock that every commit takes (landing/), and the folder that a lander clears of what was left.
_LOCK = ".lock"
_STAGING = ".staging"
# Content is long: this many rows of it in memory at a time are some tens of megabytes.
_BATCH_ROWS = 8_192

Change = Callable[[pa.Table], pa.Table]


class LandedFiles:
    """One local landing directory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def commits(self) -> set[str]:
        """The commits that are whole."""
        return {path.stem for path in self._named_as_commits("loads")}

    def of_table(self, table: str) -> list[Path]:
        """The files of a table that are part of whole commits."""
        whole = self.commits()
        return sorted(path for path in self._named_as_commits(table) if path.stem in whole)

    @contextmanager
    def locked(self) -> Iterator[Path]:
        """While no lander commits: a directory for drafts, gone afterwards, and cleared by the next
        lander where this process is killed."""
        with FileLock(self.root / _LOCK):
            drafts = self.root / _STAGING / f"privacy-{secrets.token_hex(4)}"
            drafts.mkdir(parents=True)
            try:
                yield drafts
            finally:
                shutil.rmtree(drafts, ignore_errors=True)

    def rewrite(self, path: Path, table: str, change: Change, drafts: Path) -> None:
        """Replaces a file by what `change` makes of its rows, batch by batch, at once.

        A change of the maps of spans would have to change what is said of them as well
        (landing/told_apart.py); there is none: who is in a map is hashed before it lands.
        """
        schema = TABLES[table]
        draft = drafts / f"{table}-{path.stem}.parquet"
        with pq.ParquetFile(path) as file:
            batches = file.iter_batches(batch_size=_BATCH_ROWS)
            parts = (change(_as_landed(batch, schema)) for batch in batches)
            write_table(draft, table, parts, file.schema_arrow.metadata)
        replace_durably(draft, path)

    def _named_as_commits(self, table: str) -> Iterator[Path]:
        for path in (self.root / table).glob("landed_on=*/*.parquet"):
            if _COMMIT_NAME.fullmatch(path.stem):
                yield path


@contextmanager
def querying(files: LandedFiles, spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with a view for each landed table, over whole commits, with the name of the file."""
    with duckdb.connect() as connection:
        # A landing of any size: what does not fit goes to `spill` (ids, never content).
        connection.execute("set memory_limit = '1GB'")
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"set temp_directory = {_literal(str(spill))}")
        for table in ("artifacts", "spans", "log_records", "feedback", "rejects"):
            paths = [str(path) for path in files.of_table(table)]
            schema = TABLES[table]
            empty = f"empty_{table}"
            connection.register(empty, schema.empty_table())
            query = f"select *, null::varchar as filename from {empty}"
            if paths:
                listed = ", ".join(map(_literal, paths))
                # The empty table gives columns that files of an older version do not have.
                query += (
                    f" union all by name select * from read_parquet([{listed}], "
                    "union_by_name = true, hive_partitioning = false, filename = true)"
                )
            connection.execute(f"create view {table} as {query}")
        yield connection


def _as_landed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.Table:
    """All columns of today's table; those that an older version did not have are null."""
    columns = [
        batch.column(each.name)
        if each.name in batch.schema.names
        else pa.nulls(len(batch), each.type)
        for each in schema
    ]
    return pa.table(columns, schema=schema)


def _literal(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
