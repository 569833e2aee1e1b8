"""The landing directory: what lies where, what is whole, and how a commit becomes visible at once.

A commit writes its files aside, then renames them into place under a lock, `loads` last. A row
whose load is not in `loads` is not there; files of a commit without a `loads` file are what a
killed run left, and go.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from spanmart.landing.schemas import TABLES

# A commit's name sorts by time and is unique among landers that start in the same microsecond.
_COMMIT_NAME = re.compile(r"\d{8}T\d{12}-[0-9a-f]{8}")
# So that every table can be read before anything landed in it. No commit is named like this.
_EMPTY_FILE = Path("landed_on=1970-01-01", "empty.parquet")
_STAGING = ".staging"
_LOCK = ".lock"
COMPRESSION = "zstd"


class Store:
    """One landing directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(root / _LOCK)

    def make_readable(self) -> None:
        """Gives every table a file, so that a reader finds its columns."""
        for table, schema in TABLES.items():
            path = self.root / table / _EMPTY_FILE
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                draft = path.with_name(f".{os.getpid()}.new")
                pq.write_table(schema.empty_table(), draft, compression=COMPRESSION)
                draft.replace(path)

    @contextmanager
    def committing(self) -> Iterator[None]:
        """One lander at a time; what killed ones left is gone when this one starts."""
        with self._lock:
            self._clean()
            yield

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A directory for what is not committed yet; a lock in it says that its lander lives."""
        directory = self.root / _STAGING / new_commit_id()
        alive = FileLock(directory.with_suffix(".alive"))
        # Under the lock, so that nobody cleans it away between its making and its being alive.
        with self._lock:
            directory.mkdir(parents=True)
            alive.acquire()
        try:
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)
            alive.release()
            directory.with_suffix(".alive").unlink(missing_ok=True)

    def commits(self) -> set[str]:
        """The commits that are whole."""
        return {path.stem for path in self._files("loads")}

    def files(self, table: str) -> list[Path]:
        """The files of a table that are part of whole commits."""
        whole = self.commits()
        return sorted(path for path in self._files(table) if path.stem in whole)

    def loads(self) -> pa.Table:
        """The ledger."""
        tables = [
            pq.read_table(path, schema=TABLES["loads"], partitioning=None)
            for path in self.files("loads")
        ]
        return pa.concat_tables(tables) if tables else TABLES["loads"].empty_table()

    def publish(self, drafts: dict[str, Path], commit_id: str, landed_at: datetime) -> None:
        """Renames a commit's files into place. Only what `TABLES` has last makes it count."""
        for table in TABLES:
            if table in drafts:
                path = self.path(table, commit_id, landed_at)
                path.parent.mkdir(parents=True, exist_ok=True)
                _sync(drafts[table])
                drafts[table].replace(path)
                _sync(path.parent)
                _sync(path.parent.parent)

    def path(self, table: str, commit_id: str, landed_at: datetime) -> Path:
        day = f"landed_on={landed_at.date().isoformat()}"
        return self.root / table / day / f"{commit_id}.parquet"

    def next_landed_at(self) -> datetime:
        """Now, or just after the last commit where the clock has not moved on: it always
        increases."""
        now = datetime.now(UTC).replace(tzinfo=None)
        landed = self.loads().column("landed_at")
        latest = max((each for each in landed.to_pylist() if each), default=None)
        return now if latest is None or latest < now else latest + timedelta(microseconds=1)

    def _files(self, table: str) -> Iterator[Path]:
        for path in (self.root / table).glob("landed_on=*/*.parquet"):
            if _COMMIT_NAME.fullmatch(path.stem):
                yield path

    def _clean(self) -> None:
        whole = self.commits()
        for table in TABLES:
            for path in self._files(table):
                if path.stem not in whole:
                    path.unlink()
        for alive in (self.root / _STAGING).glob("*.alive"):
            try:
                with FileLock(alive, timeout=0):
                    shutil.rmtree(alive.with_suffix(""), ignore_errors=True)
                alive.unlink(missing_ok=True)
            except Timeout:
                # Another lander prepares its batches there.
                continue


def new_commit_id() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"


def _sync(path: Path) -> None:
    """To the disk: a rename that outlives a power cut must not name a file that does not."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
