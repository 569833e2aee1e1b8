"""Landing: from the files that a user names to rows in `landing/`, and an account of every
record."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pyarrow as pa

from spanmart import formats
from spanmart.formats import HEAD_BYTES, AmbiguousFormat, Format, UnknownFormat
from spanmart.formats._streams import rejoined
from spanmart.landing import files
from spanmart.landing.attributes import Processor
from spanmart.landing.commit import Load, commit
from spanmart.landing.prepare import Prepared, Preparer, artifact_table
from spanmart.landing.spool import Spool
from spanmart.landing.store import Store
from spanmart.records import Batch
from spanmart.redaction.identity import Identities, record_key
from spanmart.redaction.masking import mask_text
from spanmart.rejects import Reason, Reject
from spanmart.settings import Settings, hash_key, landing_directory

DEFAULT_SOURCE = "default"
# Batches that are prepared while the next is read. More than the cores of a small machine only
# costs memory.
_WORKERS = 2

LANDED, SKIPPED, EMPTY, UNREADABLE = "landed", "skipped", "empty", "unreadable"


@dataclass
class FileResult:
    """What became of one file."""

    path: Path
    is_named: bool
    status: str
    note: str = ""
    load: Load | None = None
    bytes: int = 0


@dataclass
class LandResult:
    files: list[FileResult] = field(default_factory=list)
    landing: Path = Path()
    key_made_at: Path | None = None

    def of_status(self, status: str) -> list[FileResult]:
        return [each for each in self.files if each.status == status]

    def total(self, count: str) -> int:
        """Of `records_read`, `records_landed`, `records_duplicate` or `records_rejected`."""
        return sum(getattr(each.load, count) for each in self.of_status(LANDED) if each.load)

    @property
    def exit_code(self) -> int:
        """0 all landed, 3 some not (and named), 1 nothing could be read."""
        unreadable = self.of_status(UNREADABLE)
        if self.files and len(unreadable) == len(self.files):
            return 1
        if self.total("records_rejected") or any(each.is_named for each in unreadable):
            return 3
        return 0


Progress = Callable[[Path, int, int], None]


def land(
    paths: Iterable[Path | str],
    *,
    landing: Path | None = None,
    source: str | None = None,
    format: str | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> LandResult:
    """Lands files, folders and globs. `progress` is called with a file, its bytes done and its
    size."""
    settings = settings or Settings.load()
    chosen = formats.named(format) if format else None
    found = list(files.find(map(Path, paths)))
    root = landing_directory(landing)
    store = Store(root)
    store.make_readable()
    key = hash_key(root)
    result = LandResult(landing=root, key_made_at=key.made_at)
    processor = Processor(Identities(key.secret, settings.identity_keys), settings.long_value_chars)
    preparer = Preparer(processor, record_key(key.secret))
    known = set(store.loads().column("content_sha256").to_pylist())
    with store.staging() as staging, ThreadPoolExecutor(_WORKERS) as workers:
        lander = _Lander(store, staging, settings, preparer, workers, known, progress)
        for each in found:
            result.files.append(lander.land(each, source or DEFAULT_SOURCE, chosen))
        lander.commit()
    return result


class _Lander:
    """Collects files until they make a commit."""

    def __init__(
        self,
        store: Store,
        staging: Path,
        settings: Settings,
        preparer: Preparer,
        workers: ThreadPoolExecutor,
        known: set[str],
        progress: Progress | None,
    ) -> None:
        self._store = store
        self._staging = staging
        self._settings = settings
        self._preparer = preparer
        self._workers = workers
        self._known = known
        self._progress = progress
        self._spool = Spool(staging, settings.spool_bytes)
        self._pending: list[FileResult] = []

    def land(self, found: files.Found, source: str, chosen: Format | None) -> FileResult:
        result = FileResult(found.path, found.is_named, UNREADABLE)
        try:
            result.bytes = found.path.stat().st_size
            if result.bytes == 0:
                result.status, result.note = EMPTY, "the file is empty"
                return result
            sha256 = files.sha256_of(found.path)
            if sha256 in self._known:
                result.status, result.note = SKIPPED, "its content is landed already"
                return result
            with files.Content(found.path) as content:
                head = _head(content)
                module = chosen or formats.detect(head)
                load = Load(
                    load_id=secrets.token_hex(16),
                    source=source,
                    source_format=formats.name_of(module),
                    source_file=mask_text(found.path.as_posix()),
                    content_sha256=sha256,
                    bytes=result.bytes,
                )
                self._read(content, module, head, load, found.path)
        except (UnknownFormat, AmbiguousFormat, OSError) as error:
            result.note = mask_text(_without_path(error))
            return result
        except (ValueError, pa.ArrowException, pl.exceptions.PolarsError) as error:
            # A fault of ours must cost the file that met it, not the ones beside it.
            result.note = mask_text(f"cannot be landed: {type(error).__name__}: {error}")
            return result
        self._known.add(sha256)
        result.status, result.load = LANDED, load
        self._pending.append(result)
        if sum(each.bytes for each in self._pending) >= self._settings.commit_bytes:
            self.commit()
        return result

    def commit(self) -> None:
        loads = [each.load for each in self._pending if each.load]
        if loads:
            commit(self._store, self._spool, loads, self._staging)
        for each in self._pending:
            if each.load and each.load.was_landed_before:
                each.status, each.note = SKIPPED, "another run landed its content meanwhile"
        self._pending = []
        self._spool.clear()

    def _read(
        self, content: files.Content, module: Format, head: bytes, load: Load, path: Path
    ) -> None:
        batches = module.read(rejoined(head, content.stream))
        for prepared in self._prepared(self._watched(batches, content, path, load.bytes)):
            load.rejects.extend(prepared.rejects)
            load.records_read += len(prepared.rejects)
            for table, parts in prepared.tables.items():
                for part in parts:
                    load.records_read += part.num_rows
                    self._spool.add(table, _of_load(part, load))
            for part in prepared.artifacts:
                stamped = artifact_table(part).append_column("load_id", _same(load.load_id, part))
                self._spool.add("artifacts", stamped)
        if content.damage:
            load.rejects.append(Reject(0, Reason.CORRUPT_COMPRESSION, "", content.damage))
            load.records_read += 1

    def _watched(
        self, batches: Iterator[Batch], content: files.Content, path: Path, size: int
    ) -> Iterator[Batch]:
        for batch in batches:
            yield batch
            if self._progress:
                self._progress(path, content.position, size)

    def _prepared(self, batches: Iterable[Batch]) -> Iterator[Prepared]:
        """In the order of the file, a few at a time in parallel."""
        running: deque[Future[Prepared]] = deque()
        for batch in batches:
            running.append(self._workers.submit(self._preparer.prepare, batch))
            if len(running) > _WORKERS:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()


def _head(content: files.Content) -> bytes:
    head = b""
    while len(head) < HEAD_BYTES and (more := content.stream.read(HEAD_BYTES - len(head))):
        head += more
    return head


def _of_load(rows: pa.Table, load: Load) -> pa.Table:
    for name in ("source", "source_format", "source_file", "load_id"):
        rows = rows.append_column(name, _same(getattr(load, name), rows))
    return rows


def _same(text: str, rows: pa.Table) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), rows.num_rows)


def _without_path(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
