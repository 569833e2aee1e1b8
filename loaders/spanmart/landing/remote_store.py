"""A landing place in object storage: no rename, no lock, and the same promise.

`loads` is a numbered log: entry n+1 is created only if it is not there ("If-None-Match: *" and its
like, which S3, GCS and Azure all have), so of landers that read the log up to n one commits and the
others learn that they were late, look for duplicates again and try the next number. A commit's
other objects have names of their own and are uploaded before; until the entry exists nobody counts
them, and if it never does, a later lander deletes them.
"""

from __future__ import annotations

import io
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

import obstore
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from obstore.exceptions import AlreadyExistsError

from spanmart.landing import objects
from spanmart.landing.ledger import CACHE_FILE, Commit, Ledger, LedgerReader, read_commit
from spanmart.landing.schemas import TABLES
from spanmart.landing.store import (
    COMMITTED,
    COMPRESSION,
    EMPTY_FILE,
    EMPTY_FOLDER,
    CannotStore,
    Conflict,
    day_of,
)
from spanmart.privacy import side_tables
from spanmart.privacy.policy import Policy

# Not by day: of two landers around midnight each would create the next entry in another folder.
_LOG_FOLDER = "loads/landed_on=log"
_LOG_ENTRY = re.compile(r"\d{12}")
_COMMIT_NAME = re.compile(r"\d{8}T\d{12}-[0-9a-f]{8}")
# An upload without its log entry may be a lander at work for this long, and is debris after. A
# lander whose upload is older than half of it gives up instead of committing what may be deleted.
_DEBRIS_AFTER = timedelta(hours=24)
_PARALLEL_REQUESTS = 16
# Of a column in the middle of a file: large enough that the footer and its column are few requests.
_READ_AHEAD = 1 << 20


class RemoteStore:
    def __init__(self, url: str) -> None:
        bucket, prefix = objects.split(url)
        self.location = f"{bucket}/{prefix.strip('/')}".rstrip("/")
        self._store = objects.open_bucket(bucket, prefix.strip("/"))
        self._sizes: dict[str, int] = {}
        self._reader = LedgerReader()
        self._knows_cache = False

    def make_readable(self) -> None:
        with self._writing():
            there = {each["path"] for page in obstore.list(self._store) for each in page}
            for table, schema in TABLES.items():
                key = f"{table}/{EMPTY_FOLDER}/{EMPTY_FILE}"
                # A landing that an older version made does not have the columns of this one.
                if key in there and pq.read_schema(_opened(self._read(key))).equals(schema):
                    continue
                sink = io.BytesIO()
                pq.write_table(schema.empty_table(), sink, compression=COMPRESSION)
                obstore.put(self._store, key, sink.getvalue())

    def publish_classes(self, policy: Policy) -> None:
        """Not in a bucket: there its own lifecycle rules say when content goes, and days that
        nobody keeps must not be shown."""

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Masked rows only, in the system's own place for temporary files."""
        directory = Path(tempfile.mkdtemp(prefix="spanmart-"))
        try:
            self._delete_debris()
            self._write_cache()
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def committing(self) -> AbstractContextManager[None]:
        return nullcontext()

    def ledger(self) -> Ledger:
        with objects.as_os_errors(self.location):
            self._sizes = {
                each["path"]: each["size"] for page in obstore.list(self._store) for each in page
            }
            keys = {Path(key).stem: key for key in sorted(self._sizes) if self._is_load(key)}
            if not self._knows_cache and CACHE_FILE in self._sizes:
                self._reader.use_cache(_opened(self._read(CACHE_FILE)))
            self._knows_cache = True
            names = list(keys)
            missing = self._reader.missing(names)
            with ThreadPoolExecutor(_PARALLEL_REQUESTS) as requests:
                contents = requests.map(self._read, [keys[name] for name in missing])
                files = {name: _opened(each) for name, each in zip(missing, contents, strict=True)}
        return self._reader.read(names, files)

    def columns(self, table: str, commits: Sequence[Commit], names: list[str]) -> pl.LazyFrame:
        parts = [TABLES[table].empty_table().select(names)]
        for each in commits:
            if self.size(table, each):
                with objects.as_os_errors(self.location):
                    parts.append(self._read_columns(self._key(table, each), names))
        frame = pl.from_arrow(pa.concat_tables(parts))
        assert isinstance(frame, pl.DataFrame)
        return frame.lazy()

    def erased_artifacts(self) -> pa.Array:
        """Of a landing that was brought to where `spanmart retention` works, and put back."""
        keys = [key for key in self._sizes if side_tables.holds_erased(key)]
        with objects.as_os_errors(self.location):
            parts = [self._read_columns(key, ["artifact_id"]) for key in sorted(keys)]
        return side_tables.distinct_ids(parts)

    def size(self, table: str, commit: Commit) -> int:
        return self._sizes.get(self._key(table, commit), 0)

    def publish(self, drafts: dict[str, Path], commit: Commit) -> None:
        began = time.monotonic()
        data = [table for table in COMMITTED if table in drafts and table != "loads"]
        with self._writing():
            for table in data:
                obstore.put(self._store, self._key(table, commit), drafts[table])
            if timedelta(seconds=time.monotonic() - began) > _DEBRIS_AFTER / 2:
                raise CannotStore(
                    f"{self.location}: the upload took so long that another run may take it for "
                    "debris; nothing of it landed. Run the same command again."
                )
            entry = f"{_LOG_FOLDER}/{commit.number:012d}.parquet"
            try:
                obstore.put(self._store, entry, drafts["loads"].read_bytes(), mode="create")
            except AlreadyExistsError:
                # Also what a request that succeeded says when it is sent again because its answer
                # was lost: then the entry is ours.
                if not self._is_ours(entry, commit):
                    self._delete([self._key(table, commit) for table in data])
                    raise Conflict from None

    def _is_load(self, key: str) -> bool:
        stem = Path(key).stem
        known = _LOG_ENTRY.fullmatch(stem) or _COMMIT_NAME.fullmatch(stem)
        return key.startswith("loads/") and bool(known)

    def _is_ours(self, entry: str, commit: Commit) -> bool:
        return read_commit(_opened(self._read(entry))).id == commit.id

    def _key(self, table: str, commit: Commit) -> str:
        return f"{table}/{day_of(commit.landed_at)}/{commit.id}.parquet"

    def _read(self, key: str) -> bytes:
        return bytes(obstore.get(self._store, key).bytes())

    def _read_columns(self, key: str, names: list[str]) -> pa.Table:
        reader = obstore.open_reader(self._store, key, buffer_size=_READ_AHEAD)
        file = pa.PythonFile(_Seekable(reader), mode="r")
        return pq.ParquetFile(file, pre_buffer=True).read(columns=names)

    def _delete(self, keys: list[str]) -> None:
        if keys:
            obstore.delete(self._store, keys)

    def _delete_debris(self) -> None:
        """Objects of commits that never were: their lander was killed, long ago."""
        with self._writing():
            listed = [each for page in obstore.list(self._store) for each in page]
            whole = {commit.id for commit in self.ledger().commits}
            before = datetime.now(UTC) - _DEBRIS_AFTER
            self._delete(
                [
                    each["path"]
                    for each in listed
                    if each["path"].split("/")[0] in COMMITTED
                    and not self._is_load(each["path"])
                    and _COMMIT_NAME.fullmatch(Path(each["path"]).stem)
                    and Path(each["path"]).stem not in whole
                    and each["last_modified"] < before
                ]
            )

    def _write_cache(self) -> None:
        """Of two landers that write it at once either's will do."""
        if self._reader.cache_is_due:
            sink = io.BytesIO()
            self._reader.write_cache(sink)
            with self._writing():
                obstore.put(self._store, CACHE_FILE, sink.getvalue())

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with objects.as_os_errors(self.location):
                yield
        except (Conflict, CannotStore):
            raise
        except OSError as error:
            raise CannotStore(
                f"{error}. What landed so far is whole: see to it, then run the same command again."
            ) from error


def _opened(content: bytes) -> BinaryIO:
    return cast(BinaryIO, pa.BufferReader(content))


class _Seekable:
    """The library's reader, with the one attribute more that pyarrow asks for."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        return bytes(self._reader.readall() if size < 0 else self._reader.read(size))

    def seek(self, position: int, whence: int = 0) -> int:
        return int(self._reader.seek(position, whence))

    def tell(self) -> int:
        return int(self._reader.tell())

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True
        self._reader.close()
