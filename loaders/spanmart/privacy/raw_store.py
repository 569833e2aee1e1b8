"""Tier 3: content as it came, encrypted, in a directory of its own, only where the policy asks.

    <landing>.raw/retention_class=<class>/landed_on=<day>/<commit>-<nonce>-<key id>.parquet

Parquet modular encryption (AES-GCM) with a key a file. Class and commit stand in the path, so that
what has expired goes without the key. A row counts when its commit is in the ledger of the landing
directory; what a killed lander left is removed by the next one, and by `spanmart retention`.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
from filelock import FileLock, Timeout

from spanmart.durable import replace_durably, synced
from spanmart.landing.schemas import UTC_MICROSECONDS
from spanmart.privacy.raw_files import (
    DRAFT_SCHEMA,
    FILE_MODE,
    SCHEMA,
    RawWriter,
    make_directory,
    read_batches,
)
from spanmart.privacy.raw_key import VARIABLE, RawKey
from spanmart.privacy.unusable import UnusableSetting

_FILE = re.compile(
    r"retention_class=(?P<retention_class>[a-z0-9_]+)/landed_on=(?P<day>\d{4}-\d\d-\d\d)"
    r"/(?P<commit>(?P<time>\d{8}T\d{12})-[0-9a-f]{8})-[0-9a-f]{8}-(?P<key_id>[0-9a-f]{8})\.parquet"
)
_STAGING = ".staging"


@dataclass(frozen=True)
class RawFile:
    path: Path
    retention_class: str
    commit_id: str
    landed_at: datetime
    key_id: str


class RawStore:
    """The directory of tier 3. Writing and reading take the key; listing and deleting do not."""

    def __init__(self, root: Path, key: RawKey | None = None) -> None:
        self.root = root
        self._key = key

    @property
    def key(self) -> RawKey:
        if self._key is None:
            self._key = RawKey.from_environment()
        return self._key

    def files(self) -> list[RawFile]:
        """All files that lie there, those of unfinished commits included."""
        found = []
        for path in sorted(self.root.glob("retention_class=*/landed_on=*/*.parquet")):
            match = _FILE.fullmatch(path.relative_to(self.root).as_posix())
            if match:
                when = datetime.strptime(match["time"], "%Y%m%dT%H%M%S%f")
                found.append(
                    RawFile(path, match["retention_class"], match["commit"], when, match["key_id"])
                )
        return found

    def is_readable(self, file: RawFile) -> bool:
        return file.key_id == self.key.key_id

    def rows(self, file: RawFile) -> Iterator[pa.Table]:
        """The rows of a file, some at a time; raises UnusableSetting where the key is another's."""
        self.require_key([file])
        yield from read_batches(file.path, self.key)

    def require_key(self, files: list[RawFile]) -> None:
        """Raises UnusableSetting unless every one of the files was written under our key."""
        if not files:
            return
        others = sorted({file.key_id for file in files if not self.is_readable(file)})
        if others:
            raise UnusableSetting(
                f"raw content in {self.root} was written under the key with the id "
                f"{', '.join(others)}; {VARIABLE} has the id {self.key.key_id}. "
                "Set the key that it was written under"
            )

    def rewrite(self, file: RawFile, stays: Callable[[pa.Table], pa.Array]) -> int:
        """Leaves of a file the rows that `stays` marks, at once; returns how many went.

        A file without a row left is deleted.
        """
        removed = kept = 0
        draft = file.path.with_name(f".{secrets.token_hex(4)}.new")
        try:
            with closing(RawWriter(draft, file.path.name, self.key, SCHEMA)) as writer:
                for rows in self.rows(file):
                    staying = rows.filter(stays(rows))
                    removed, kept = removed + len(rows) - len(staying), kept + len(staying)
                    writer.write(staying)
            if kept == 0:
                self.delete(file)
            elif removed:
                replace_durably(draft, file.path)
        finally:
            draft.unlink(missing_ok=True)
        return removed

    def delete(self, file: RawFile) -> None:
        file.path.unlink()
        synced(file.path.parent)

    def delete_unfinished(self, commits: set[str]) -> None:
        """Deletes files of commits that are not among the whole ones; to be called under the
        landing lock."""
        for file in self.files():
            if file.commit_id not in commits:
                self.delete(file)

    @contextmanager
    def staging(self) -> Iterator[RawStaging]:
        """A place for rows that are not committed yet, encrypted like everything here."""
        self._make_root()
        self.clean_staging()
        directory = self.root / _STAGING / secrets.token_hex(8)
        alive = FileLock(directory.with_suffix(".alive"), mode=FILE_MODE)
        make_directory(directory.parent)
        with self._lock():
            make_directory(directory)
            alive.acquire()
        staging = RawStaging(self, directory)
        try:
            yield staging
        finally:
            staging.clear()
            shutil.rmtree(directory, ignore_errors=True)
            alive.release()
            directory.with_suffix(".alive").unlink(missing_ok=True)

    def clean_staging(self) -> None:
        """Removes what killed landers left in staging."""
        if not (self.root / _STAGING).is_dir():
            return
        with self._lock():
            for alive in (self.root / _STAGING).glob("*.alive"):
                try:
                    with FileLock(alive, timeout=0):
                        shutil.rmtree(alive.with_suffix(""), ignore_errors=True)
                    alive.unlink(missing_ok=True)
                except Timeout:
                    continue

    def _lock(self) -> FileLock:
        return FileLock(self.root / ".lock", mode=FILE_MODE)

    def _make_root(self) -> None:
        if not self.root.exists():
            make_directory(self.root)
        if self.root.stat().st_mode & 0o007:
            raise UnusableSetting(
                f"{self.root} is open to every user of this machine, and raw content would lie in "
                f"it: chmod 700 {self.root}"
            )


class RawStaging:
    """Rows on their way to a commit. Not for two threads at once."""

    def __init__(self, store: RawStore, directory: Path) -> None:
        self.store = store
        self._directory = directory
        self._draft = directory / "none.parquet"
        self._writer: RawWriter | None = None

    def add(self, rows: pa.Table) -> None:
        """Keeps rows (columns of DRAFT_SCHEMA, any order) until `publish` or `clear`."""
        if self._writer is None:
            # A name of its own each time, and so a key.
            self._draft = self._directory / f"{secrets.token_hex(8)}.parquet"
            self._writer = RawWriter(self._draft, self._draft.name, self.store.key, DRAFT_SCHEMA)
        self._writer.write(rows.select(DRAFT_SCHEMA.names).cast(DRAFT_SCHEMA))

    def publish(
        self, commit_id: str, landed_at: datetime, landed: pa.Table, erased: pa.Array
    ) -> int:
        """Puts rows of records that land with the commit into place; returns how many.

        `landed` has the `load_id` and `record_hash` of those records; rows whose `artifact_id` is
        in `erased` (ids whose content was deleted) stay out. To be called under the landing lock
        before the ledger shows the commit.
        """
        if self._writer is None:
            return 0
        self._writer.close()
        self._writer = None
        records = pl.DataFrame(
            {name: pl.Series(values=landed.column(name)) for name in ("load_id", "record_hash")}
        ).unique()
        gone = pl.Series(values=erased, dtype=pl.String)
        nonce = secrets.token_hex(4)
        name = f"{commit_id}-{nonce}-{self.store.key.key_id}.parquet"
        writers: dict[str, RawWriter] = {}
        count = 0
        for rows in read_batches(self._draft, self.store.key):
            frame = pl.DataFrame(rows)
            frame = frame.filter(~frame["artifact_id"].is_in(gone.implode())).join(
                records, on=["load_id", "record_hash"], how="semi", maintain_order="left"
            )
            # A record that stands in its file twice landed once.
            frame = frame.unique(maintain_order=True)
            count += len(frame)
            for (retention_class,), part in frame.group_by("retention_class", maintain_order=True):
                retention_class = str(retention_class)
                if retention_class not in writers:
                    draft = self._directory / f"{retention_class}.parquet"
                    writers[retention_class] = RawWriter(draft, name, self.store.key, SCHEMA)
                stamp = pa.repeat(pa.scalar(landed_at, UTC_MICROSECONDS), len(part))
                stored = part.to_arrow().select(DRAFT_SCHEMA.names).cast(DRAFT_SCHEMA)
                writers[retention_class].write(stored.append_column("landed_at", stamp))
        for retention_class, writer in writers.items():
            writer.close()
            folder = (
                self.store.root
                / f"retention_class={retention_class}"
                / f"landed_on={landed_at.date().isoformat()}"
            )
            make_directory(folder.parent)
            make_directory(folder)
            replace_durably(self._directory / f"{retention_class}.parquet", folder / name)
            synced(folder.parent)
            synced(self.store.root)
        self.clear()
        return count

    def clear(self) -> None:
        """Forgets what was not published."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._draft.unlink(missing_ok=True)
