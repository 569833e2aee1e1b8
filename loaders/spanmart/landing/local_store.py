"""A landing place that is a local folder: renames under a lock, and fsync before each."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from spanmart.durable import synced
from spanmart.landing.ledger import CACHE_FILE, Commit, Ledger, LedgerReader
from spanmart.landing.schemas import TABLES
from spanmart.landing.store import (
    COMMITTED,
    COMPRESSION,
    EMPTY_FILE,
    EMPTY_FOLDER,
    day_of,
    new_commit_id,
    storing,
)
from spanmart.privacy import side_tables
from spanmart.privacy.policy import Policy

_COMMIT_NAME = re.compile(r"\d{8}T\d{12}-[0-9a-f]{8}")
_STAGING = ".staging"
_LOCK = ".lock"
_ALIVE = ".alive"
_DRAFT = ".new"


class LocalStore:
    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = FileLock(root / _LOCK)
        self._reader = LedgerReader()
        self._cache = root / CACHE_FILE
        if self._cache.exists():
            self._reader.use_cache(str(self._cache))

    @property
    def location(self) -> str:
        return str(self.root)

    def make_readable(self) -> None:
        with storing(self.location), self._locked():
            for table, schema in TABLES.items():
                path = self.root / table / EMPTY_FOLDER / EMPTY_FILE
                # A landing that an older version made does not have the columns of this one.
                if path.exists() and pq.read_schema(path).equals(schema):
                    continue
                path.parent.mkdir(parents=True, exist_ok=True)
                draft = path.with_name(f".empty{_DRAFT}")
                pq.write_table(schema.empty_table(), draft, compression=COMPRESSION)
                synced(draft)
                draft.replace(path)
                _sync_folders(path.parent, self.root)

    def publish_classes(self, policy: Policy) -> None:
        with storing(self.location), self._locked():
            side_tables.publish_classes(self.root, policy)

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A lock beside the directory says that its lander lives."""
        directory = self.root / _STAGING / new_commit_id()
        alive = FileLock(directory.with_suffix(_ALIVE))
        # Under the lock, so that nobody cleans it away between its making and its being alive.
        with storing(self.location), self._locked():
            self._clean()
            self._write_cache()
            directory.mkdir(parents=True)
            alive.acquire()
        try:
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)
            alive.release()
            directory.with_suffix(_ALIVE).unlink(missing_ok=True)

    @contextmanager
    def committing(self) -> Iterator[None]:
        """One lander at a time; what killed ones left is gone when this one starts."""
        with self._locked():
            self._clean()
            yield

    def ledger(self) -> Ledger:
        paths = {path.stem: str(path) for path in sorted(self._files("loads"))}
        names = list(paths)
        return self._reader.read(names, {name: paths[name] for name in self._reader.missing(names)})

    def columns(self, table: str, commits: Sequence[Commit], names: list[str]) -> pl.LazyFrame:
        files = [path for each in commits if (path := self._path(table, each)).exists()]
        if not files:
            empty = pl.from_arrow(TABLES[table].empty_table().select(names))
            assert isinstance(empty, pl.DataFrame)
            return empty.lazy()
        return pl.scan_parquet(files, glob=False, hive_partitioning=False).select(names)

    def erased_artifacts(self) -> pa.Array:
        return side_tables.erased_artifacts(self.root)

    def size(self, table: str, commit: Commit) -> int:
        path = self._path(table, commit)
        return path.stat().st_size if path.exists() else 0

    def publish(self, drafts: dict[str, Path], commit: Commit) -> None:
        """`COMMITTED` has `loads` last, and only that makes the rest count."""
        for draft in drafts.values():
            synced(draft)
        for table in COMMITTED:
            if table in drafts:
                path = self._path(table, commit)
                path.parent.mkdir(parents=True, exist_ok=True)
                if table == "loads":
                    # What the ledger names must outlive a power cut before the ledger does.
                    for other in drafts:
                        if other != table:
                            _sync_folders(self._path(other, commit).parent, self.root)
                drafts[table].replace(path)
        _sync_folders(self._path("loads", commit).parent, self.root)

    def _path(self, table: str, commit: Commit) -> Path:
        return self.root / table / day_of(commit.landed_at) / f"{commit.id}.parquet"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with storing(self.location):
            self.root.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()

    def _files(self, table: str) -> Iterator[Path]:
        for path in (self.root / table).glob("landed_on=*/*.parquet"):
            if _COMMIT_NAME.fullmatch(path.stem):
                yield path

    def _write_cache(self) -> None:
        self.ledger()
        if self._reader.cache_is_due:
            draft = self._cache.with_suffix(_DRAFT)
            self._reader.write_cache(str(draft))
            draft.replace(self._cache)

    def _clean(self) -> None:
        whole = {path.stem for path in self._files("loads")}
        self._cache.with_suffix(_DRAFT).unlink(missing_ok=True)
        for table in COMMITTED:
            for path in self._files(table):
                if path.stem not in whole:
                    path.unlink()
        for table in TABLES:
            (self.root / table / EMPTY_FOLDER / f".empty{_DRAFT}").unlink(missing_ok=True)
        for table in side_tables.WRITTEN_UNDER_LOCK:
            for draft in (self.root / table).glob(f"landed_on=*/.*{_DRAFT}"):
                draft.unlink()
        staging = self.root / _STAGING
        for alive in staging.glob(f"*{_ALIVE}"):
            try:
                with FileLock(alive, timeout=0):
                    shutil.rmtree(alive.with_suffix(""), ignore_errors=True)
                alive.unlink(missing_ok=True)
            except Timeout:
                # Another lander prepares its batches there.
                continue
        for directory in staging.glob("*"):
            # Killed between the making of the directory and that of the lock beside it.
            if directory.is_dir() and not directory.with_suffix(_ALIVE).exists():
                shutil.rmtree(directory, ignore_errors=True)


def _sync_folders(folder: Path, root: Path) -> None:
    """A new file's name is in its folder, and a new folder's in the one above."""
    while folder != root:
        synced(folder)
        folder = folder.parent
    synced(root)
