"""One file after the other from its bytes to the draft, and from there to a commit."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from spanmart import formats
from spanmart.formats import AmbiguousFormat, Format, UnknownFormat
from spanmart.landing.commit import Load, commit, count_new
from spanmart.landing.draft import Draft
from spanmart.landing.files import Found
from spanmart.landing.inflate import InflationBounds
from spanmart.landing.prepare import Prepared, Preparer
from spanmart.landing.reading import LandedContents, Part, Reading
from spanmart.landing.results import (
    EMPTY,
    LANDED,
    SKIPPED,
    UNREADABLE,
    Done,
    FileResult,
    Progress,
)
from spanmart.landing.store import CannotStore, Store, storing
from spanmart.memory import give_back
from spanmart.privacy.raw_store import RawStaging
from spanmart.records import Batch
from spanmart.redaction.masking import mask_text
from spanmart.rejects import Reason, Reject
from spanmart.settings import Settings
from spanmart.stages import stage


@dataclass
class Lander:
    """Collects files until they make a commit."""

    store: Store
    # None in a dry run.
    staging: Path | None
    draft: Draft
    settings: Settings
    preparer: Preparer
    # None to do everything in the calling thread.
    threads: ThreadPoolExecutor | None
    workers: int
    # One thread, so that chunks are hashed in their order; None as above.
    hashing: ThreadPoolExecutor | None
    done: Done
    progress: Progress | None
    # Where raw content waits for its commit; None where none is kept.
    raw: RawStaging | None = None
    _pending: list[FileResult] = field(default_factory=list)
    # Loads whose rows are in the draft, those of files that broke among them.
    _loads: list[Load] = field(default_factory=list)
    _contents: LandedContents = field(init=False)
    # Bytes that were done before the file that is read now.
    _before: int = 0

    def __post_init__(self) -> None:
        self._contents = LandedContents(self.store.ledger().contents())

    def land(self, found: Found, source: str, chosen: Format | None) -> list[FileResult]:
        """Reads one file; what it holds is committed with others, or by `commit`.

        A big file lands in parts, each a load of its own whose content is the file up to there: as
        if it had grown from part to part.
        """
        self.done.current = found.name
        self._before = self.done.bytes
        result, part = self._land(found, source, chosen, None)
        results = [result]
        while part is not None:
            self.commit()
            result, part = self._land(found, source, chosen, part)
            results.append(result)
        for each in results if len(results) > 1 else []:
            if each.load is not None:
                each.note = f"up to byte {each.load.bytes:,}"
        self.done.files += 1
        self.done.bytes = self._before + found.size
        self._report()
        if sum(each.bytes for each in self._pending) >= self.settings.commit_bytes:
            self.commit()
        return results

    def commit(self) -> None:
        if self.staging is None:
            count_new(self.store, self.draft, self._pending_loads())
        elif self._pending:
            loads = self._pending_loads()
            commit(self.store, self.draft, loads, self.staging, self.threads, self.raw)
        for each in self._pending:
            if each.load and each.load.was_landed_before:
                each.status, each.note = SKIPPED, "another run landed its content meanwhile"
        self._pending, self._loads = [], []
        self.draft.clear()
        if self.raw is not None:
            # Of files that broke, and of content that another run has landed meanwhile.
            self.raw.clear()
        give_back()

    def _pending_loads(self) -> list[Load]:
        """Without those of files that broke: they have no part in the commit."""
        return [each.load for each in self._pending if each.load]

    def _land(
        self, found: Found, source: str, chosen: Format | None, part: Part | None
    ) -> tuple[FileResult, Part | None]:
        """One file, or one part of it, and where the next part begins."""
        result = FileResult(found.name, found.is_named, UNREADABLE, bytes=found.size)
        if found.source is None:
            result.note = mask_text(found.fault)
            return result, None
        if found.size == 0:
            result.status, result.note = EMPTY, "the file is empty"
            return result, None
        most = self.settings
        bounds = InflationBounds(most.max_decompressed_bytes, most.max_compression_ratio)
        try:
            with Reading(found.source, self._contents, bounds, self.hashing, part) as reading:
                if reading.is_landed:
                    result.status, result.note = SKIPPED, "its content is landed already"
                    return result, None
                module = chosen or _detected(reading)
                load = Load(
                    load_id=secrets.token_hex(16),
                    source=source,
                    source_format=formats.name_of(module),
                    source_file=mask_text(found.name),
                    place=len(self._loads),
                )
                self._loads.append(load)
                self._read(reading, module, load)
                load.bytes, load.content_sha256 = reading.finish()
                part = reading.next_part()
        except CannotStore:
            raise
        except (UnknownFormat, AmbiguousFormat, OSError) as error:
            result.note = mask_text(_without_path(error))
            return result, None
        except (ValueError, pa.ArrowException, pl.exceptions.PolarsError) as error:
            # A fault of ours must cost the file that met it, not the ones beside it.
            result.note = mask_text(f"cannot be landed: {type(error).__name__}: {error}")
            return result, None
        self._contents.add(load.bytes, load.content_sha256, load.source_format)
        result.status, result.load = LANDED, load
        self._pending.append(result)
        return result, part

    def _read(self, reading: Reading, module: Format, load: Load) -> None:
        stream, before = reading.records(load.source_format)
        reading.end_part(load.source_format, self.settings.part_bytes)
        batches = (_numbered(batch, before) for batch in module.read(stream))
        for prepared in self._prepared(batches):
            for reject in prepared.rejects:
                load.rejects.append(reject)
            load.records_read += len(prepared.rejects)
            self._add(prepared, load)
            self.done.bytes = self._before + reading.position
            self.done.rejects += len(prepared.rejects)
            self._report()
        for reason, ended_by in (
            # A layer that a bound has cut short looks damaged to the one inside it.
            (Reason.CORRUPT_COMPRESSION, None if reading.excess else reading.damage),
            (Reason.DECOMPRESSED_TOO_LARGE, reading.excess),
        ):
            if ended_by:
                load.rejects.append(Reject(0, reason, "", ended_by))
                load.records_read += 1

    def _add(self, prepared: Prepared, load: Load) -> None:
        load.limits += prepared.limits
        for table, parts in prepared.tables.items():
            for part in parts:
                load.records_read += part.num_rows
                self.done.records += part.num_rows
                self.draft.add(table, part, load)
        for part in prepared.artifacts:
            self.draft.add("artifacts", part, load)
        if self.raw is not None and prepared.raw:
            with stage("write"), storing(str(self.raw.store.root)):
                for part in prepared.raw:
                    of_load = pa.repeat(pa.scalar(load.load_id, pa.string()), part.num_rows)
                    self.raw.add(part.append_column("load_id", of_load))

    def _prepared(self, batches: Iterable[Batch]) -> Iterator[Prepared]:
        """In the order of the file, a few at a time in parallel."""
        if self.threads is None:
            yield from map(self.preparer.prepare, batches)
            return
        running: deque[Future[Prepared]] = deque()
        for batch in batches:
            running.append(self.threads.submit(self.preparer.prepare, batch))
            if len(running) >= self.workers:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()

    def _report(self) -> None:
        if self.progress:
            self.progress(self.done)


def _detected(reading: Reading) -> Format:
    """The format that the file's beginning shows. Raises UnknownFormat, which names the damage
    where there is too little of a beginning for that."""
    try:
        return formats.detect(reading.look())
    except UnknownFormat:
        if reading.damage is None:
            raise
        raise UnknownFormat(
            f"{Reason.CORRUPT_COMPRESSION.code}: {reading.damage}, before it shows what it holds"
        ) from None


def _numbered(batch: Batch, before: int) -> Batch:
    """With record numbers that count from the start of the file, of which so many were read in an
    earlier run."""
    if not before:
        return batch
    records = []
    for each in batch.records:
        place = each.columns.schema.get_field_index("record_number")
        numbers = pc.add(each.columns.column(place), before)
        records.append(
            replace(each, columns=each.columns.set_column(place, "record_number", numbers))
        )
    rejects = [replace(each, record_number=each.record_number + before) for each in batch.rejects]
    return replace(batch, records=records, rejects=rejects)


def _without_path(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
