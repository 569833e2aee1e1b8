"""What is landed: the commits of a landing place, and the loads that they brought.

Each commit is one file of the `loads` table, and that file's own metadata says what belongs to the
commit beside the rows: its id (the name of its other files) and which times its records reach over,
so that looking for duplicates opens only the files that can hold one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from spanmart.landing.schemas import TABLES

_METADATA_KEY = b"spanmart.commit"


@dataclass(frozen=True)
class Reach:
    """The times (Unix nanoseconds) that the records of a table span; `has_unknown` when some have
    none. A commit of which nothing is known reaches everywhere."""

    first: int | None
    last: int | None
    has_unknown: bool

    def meets(self, other: Reach) -> bool:
        if self.has_unknown and other.has_unknown:
            return True
        if None in (self.first, self.last, other.first, other.last):
            return False
        assert self.first is not None and self.last is not None
        assert other.first is not None and other.last is not None
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Commit:
    """`id` names its files. `number` is its place in the log where the log is numbered."""

    id: str
    landed_at: datetime
    number: int = 0
    reach: Mapping[str, Reach] = field(default_factory=dict)
    # False for a commit of a version that did not write down what it reaches.
    has_reach: bool = True

    def may_hold(self, table: str, wanted: Reach) -> bool:
        if not self.has_reach:
            return True
        return table in self.reach and self.reach[table].meets(wanted)

    def metadata(self) -> dict[bytes, bytes]:
        """For the schema of its `loads` file."""
        reach = {table: [r.first, r.last, r.has_unknown] for table, r in self.reach.items()}
        return {_METADATA_KEY: json.dumps({"id": self.id, "reach": reach}).encode()}


@dataclass(frozen=True)
class Ledger:
    """All commits in the order in which they landed, and their loads."""

    commits: list[Commit]
    loads: pa.Table

    def contents(self) -> Iterable[tuple[int, str, str]]:
        """Length, SHA-256 and format of what landed."""
        columns = ("bytes", "content_sha256", "source_format")
        return zip(*(self.loads.column(name).to_pylist() for name in columns), strict=True)

    def next_landed_at(self) -> datetime:
        """Now, or just after the last commit where the clock has not moved on: it always
        increases."""
        now = datetime.now(UTC).replace(tzinfo=None)
        latest = max((each.landed_at for each in self.commits), default=None)
        return now if latest is None or latest < now else latest + timedelta(microseconds=1)

    def is_before(self, landed_at: datetime) -> bool:
        """Whether all that is landed landed before that time."""
        return all(each.landed_at < landed_at for each in self.commits)

    def next_number(self) -> int:
        return max((each.number for each in self.commits), default=0) + 1


# The rows of `loads` files, with the file that each is of and what its metadata says.
_ENTRIES = pa.schema([*TABLES["loads"], ("log_file", pa.string()), ("log_metadata", pa.string())])
# A ledger of 1,000 commits is 1,000 files, 1.2 s to open. What was read is kept in one file beside
# the tables, written again when so many commits are not in it. It only saves time: files that are
# gone do not count, and without it all are read.
CACHE_FILE = ".ledger.parquet"
_CACHE_EVERY = 64


class LedgerReader:
    """Reads each `loads` file once: they are written once and never change."""

    def __init__(self) -> None:
        self._entries: pa.Table = _ENTRIES.empty_table()
        self._cached = 0

    def use_cache(self, file: BinaryIO | str) -> None:
        """Begins with what a cache file holds; a file that is no such cache is passed over."""
        try:
            entries = pq.read_table(file, partitioning=None)
        except (pa.ArrowException, OSError):
            return
        if entries.schema.equals(_ENTRIES):
            self._entries, self._cached = entries, _file_count(entries)

    @property
    def cache_is_due(self) -> bool:
        return _file_count(self._entries) >= self._cached + _CACHE_EVERY

    def write_cache(self, sink: BinaryIO | str) -> None:
        pq.write_table(self._entries, sink, compression="zstd")
        self._cached = _file_count(self._entries)

    def missing(self, names: Sequence[str]) -> list[str]:
        """Of these files, those that were not read yet."""
        read = set(self._entries.column("log_file").to_pylist())
        return [name for name in names if name not in read]

    def read(self, names: Sequence[str], files: Mapping[str, BinaryIO | str]) -> Ledger:
        """The ledger that consists of these files; `files` are those of them that are missing."""
        there = pc.is_in(self._entries.column("log_file"), pa.array(names, pa.string()))
        new = [_entry(name, file) for name, file in files.items()]
        self._entries = pa.concat_tables([self._entries.filter(there), *new]).combine_chunks()
        return _ledger(self._entries)


def read_commit(file: BinaryIO) -> Commit:
    """The one that a `loads` file is."""
    return _ledger(_entry("", file)).commits[0]


def _entry(name: str, file: BinaryIO | str) -> pa.Table:
    parquet = pq.ParquetFile(file)
    metadata = (parquet.schema_arrow.metadata or {}).get(_METADATA_KEY)
    rows = parquet.read().select(TABLES["loads"].names).cast(TABLES["loads"])
    for column, value in (("log_file", name), ("log_metadata", metadata and metadata.decode())):
        rows = rows.append_column(column, pa.repeat(pa.scalar(value, pa.string()), rows.num_rows))
    return rows.cast(_ENTRIES)


def _ledger(entries: pa.Table) -> Ledger:
    commits: dict[str, Commit] = {}
    columns = ("log_file", "landed_at", "log_metadata")
    for name, landed_at, metadata in zip(
        *(entries.column(each).to_pylist() for each in columns), strict=True
    ):
        if name not in commits:
            commits[name] = _commit(name, landed_at, metadata)
    in_order = sorted(commits.values(), key=lambda each: each.landed_at)
    return Ledger(in_order, entries.select(TABLES["loads"].names))


def _commit(name: str, landed_at: datetime, metadata: str | None) -> Commit:
    number = int(name) if name.isdecimal() else 0
    if metadata is None:
        return Commit(name, landed_at, number, has_reach=False)
    said: dict[str, Any] = json.loads(metadata)
    reach = {table: Reach(*values) for table, values in said["reach"].items()}
    return Commit(said["id"], landed_at, number, reach)


def _file_count(entries: pa.Table) -> int:
    return int(pc.count_distinct(entries.column("log_file")).as_py())
