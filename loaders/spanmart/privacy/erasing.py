"""Deletes what a plan found: content becomes a tombstone, an excerpt goes, raw rows go; and says so
in the audit trail. Metrics do not change: no fact reads content."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.landing.schemas import UTC_MICROSECONDS
from spanmart.privacy import audit, plan
from spanmart.privacy.landed_files import LandedFiles, querying
from spanmart.privacy.policy import Policy
from spanmart.privacy.raw_store import RawFile, RawStore
from spanmart.privacy.side_tables import bar_from_landing
from spanmart.privacy.subjects import find_named
from spanmart.rejects import Reason


@dataclass(frozen=True)
class Request:
    """People (keyed hashes) and traces (normalised ids) whose content is to go."""

    people: Sequence[str] = ()
    traces: Sequence[str] = ()


@dataclass
class Outcome:
    found: plan.Found
    # Whole files of tier 3 by class, and rows taken out of others.
    raw_files: Counter[str] = field(default_factory=Counter)
    raw_rows: int = 0
    raw_debris: int = 0
    audit_id: str | None = None

    @property
    def is_nothing(self) -> bool:
        found = self.found
        return not (
            found.artifacts or found.rejects or self.raw_files or self.raw_rows or self.raw_debris
        )


def expire(
    landing: Path,
    raw: RawStore,
    policy: Policy,
    as_of: datetime,
    reason: str = "",
    is_dry_run: bool = False,
) -> Outcome:
    """Deletes what has outlived its retention class; takes no key.

    Content that something newer refers to as well counts from that. Of tier 3 whole files go, and
    what killed landers left. A dry run finds the same and writes nothing.
    """
    files = LandedFiles(landing)
    if is_dry_run:
        with _connected(files) as connection:
            outcome = Outcome(plan.find_expired(connection, policy, as_of))
            _expired_raw(outcome, raw, files, policy, as_of)
            return outcome
    with files.locked() as drafts, _connected(files) as connection:
        outcome = Outcome(plan.find_expired(connection, policy, as_of))
        expired = _expired_raw(outcome, raw, files, policy, as_of)
        if outcome.is_nothing:
            return outcome
        act = audit.Act(landing, audit.EXPIRE, reason, as_of)
        outcome.audit_id = act.audit_id
        act.record(audit.STARTED, _counts(outcome))
        _delete(connection, files, drafts, plan.EXPIRED)
        for file in expired:
            raw.delete(file)
        raw.clean_staging()
        act.record(audit.DONE, _counts(outcome))
    return outcome


def erase(
    landing: Path,
    raw: RawStore,
    request: Request,
    reason: str = "",
    is_dry_run: bool = False,
) -> Outcome:
    """Deletes what a data-subject request names, whatever its class.

    Content that traces which nobody named refer to as well stays, unless it holds the person's
    hash. Raises UnusableSetting before anything is deleted where raw content lies under a key that
    is not set. An audit row is written also where nothing was found: the search is the answer.
    """
    files = LandedFiles(landing)
    if is_dry_run:
        with _connected(files) as connection:
            outcome = Outcome(find_named(connection, request.people, request.traces))
            outcome.raw_rows = sum(_named_raw(connection, raw, files).values())
            return outcome
    with files.locked() as drafts, _connected(files) as connection:
        outcome = Outcome(find_named(connection, request.people, request.traces))
        named_raw = _named_raw(connection, raw, files)
        outcome.raw_rows = sum(named_raw.values())
        act = audit.Act(
            landing,
            audit.ERASE,
            reason,
            subject_hashes=request.people,
            trace_ids=request.traces,
        )
        outcome.audit_id = act.audit_id
        act.record(audit.STARTED, _counts(outcome))
        # The most sensitive first, should this break off.
        stays = _stays(connection)
        for file in named_raw:
            raw.rewrite(file, stays)
        # Before the content goes: from here on no lander brings it back.
        bar_from_landing(landing, stays.artifacts, act.audit_id)
        _delete(connection, files, drafts, plan.SUBJECT_REQUEST)
        act.record(audit.DONE, _counts(outcome))
    return outcome


@contextmanager
def _connected(files: LandedFiles) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection over the landed files, with a place for what does not fit into memory."""
    with (
        tempfile.TemporaryDirectory(prefix="spanmart-retention-") as spill,
        querying(files, Path(spill)) as connection,
    ):
        yield connection


def _delete(
    connection: duckdb.DuckDBPyConnection, files: LandedFiles, drafts: Path, reason: str
) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    for path in plan.files_of_doomed(connection):
        ids = pl.Series(values=plan.doomed_in(connection, path), dtype=pl.String)

        def bury(batch: pa.Table, ids: pl.Series = ids) -> pa.Table:
            return _buried(batch, ids, now, reason)

        files.rewrite(Path(path), "artifacts", bury, drafts)
    for path, numbers in plan.rejects_by_file(connection).items():

        def clear(batch: pa.Table, numbers: set[tuple[str, int]] = numbers) -> pa.Table:
            return _without_excerpts(batch, numbers)

        files.rewrite(Path(path), "rejects", clear, drafts)


def _buried(batch: pa.Table, ids: pl.Series, now: datetime, reason: str) -> pa.Table:
    """Tombstones for the artifacts: everything stays but the content."""
    its = pl.Series(values=batch.column("artifact_id"), dtype=pl.String)
    gone = pa.array(np.array(its.is_in(ids.implode()).fill_null(False).to_numpy(), dtype=bool))
    new = {
        "content": pa.scalar(None, pa.string()),
        "deleted_at": pa.scalar(now, UTC_MICROSECONDS),
        "deletion_reason": pa.scalar(reason, pa.string()),
    }
    return _with(batch, {name: pc.if_else(gone, new[name], batch.column(name)) for name in new})


def _without_excerpts(batch: pa.Table, numbers: set[tuple[str, int]]) -> pa.Table:
    """Rejects without what they showed of the record, in the excerpt or inside the reason."""
    pairs = zip(
        batch.column("load_id").to_pylist(), batch.column("record_number").to_pylist(), strict=True
    )
    gone = pa.array([pair in numbers for pair in pairs], pa.bool_())
    plain = {reason.code: reason.value for reason in Reason}
    reasons = [plain.get(code, code) for code in batch.column("reason_code").to_pylist()]
    excerpts = pc.if_else(gone, pa.scalar(None, pa.string()), batch.column("record_redacted"))
    said = pc.if_else(gone, pa.array(reasons, pa.string()), batch.column("reason"))
    return _with(batch, {"record_redacted": excerpts, "reason": said})


def _with(batch: pa.Table, columns: dict[str, pa.Array]) -> pa.Table:
    arrays = [columns.get(each.name, batch.column(each.name)) for each in batch.schema]
    return pa.table(arrays, schema=batch.schema)


def _expired_raw(
    outcome: Outcome, raw: RawStore, files: LandedFiles, policy: Policy, as_of: datetime
) -> list[RawFile]:
    """The files of tier 3 that go: expired, or of a commit that never came about."""
    whole = files.commits()
    gone = []
    for file in raw.files():
        # A class that is no longer defined must not make raw content outlive its own.
        known = file.retention_class in policy.retention.classes
        its_class = file.retention_class if known else policy.retention.raw
        before = policy.retention.landed_before(its_class, as_of)
        if file.commit_id not in whole:
            outcome.raw_debris += 1
            gone.append(file)
        elif before is not None and file.landed_at < before:
            outcome.raw_files[file.retention_class] += 1
            gone.append(file)
    return gone


def _named_raw(
    connection: duckdb.DuckDBPyConnection, raw: RawStore, files: LandedFiles
) -> dict[RawFile, int]:
    """How many rows of which file of tier 3 go."""
    whole = files.commits()
    there = [file for file in raw.files() if file.commit_id in whole]
    raw.require_key(there)
    stays = _stays(connection)
    found = {}
    for file in there:
        gone = sum(len(rows) - pc.sum(stays(rows)).as_py() for rows in raw.rows(file))
        if gone:
            found[file] = gone
    return found


def _stays(connection: duckdb.DuckDBPyConnection) -> _Stays:
    return _Stays(
        _texts(connection, "select trace_id from named_traces"),
        _texts(connection, "select record_hash from named_feedback"),
        _texts(connection, "select artifact_id from doomed"),
    )


@dataclass(frozen=True)
class _Stays:
    """Which raw rows a request leaves: those of other traces, comments and content."""

    traces: pl.Series
    records: pl.Series
    artifacts: pl.Series

    def __call__(self, rows: pa.Table) -> pa.Array:
        gone = np.zeros(len(rows), dtype=bool)
        for name, ids in (
            ("trace_id", self.traces),
            ("record_hash", self.records),
            ("artifact_id", self.artifacts),
        ):
            column = pl.Series(values=rows.column(name), dtype=pl.String)
            gone |= column.is_in(ids.implode()).fill_null(False).to_numpy()
        return pa.array(~gone)


def _texts(connection: duckdb.DuckDBPyConnection, query: str) -> pl.Series:
    return pl.Series(
        values=[text for (text,) in connection.execute(query).fetchall()], dtype=pl.String
    )


def _counts(outcome: Outcome) -> list[audit.Counts]:
    """One row for each class, and one without a class for what has none."""
    found = outcome.found
    by_class: dict[str, audit.Counts] = {}
    for group in found.groups:
        by_class[group.retention_class] = {
            "artifact_count": group.artifacts,
            "artifact_bytes": group.bytes,
        }
    for name, count in outcome.raw_files.items():
        by_class.setdefault(name, {})["raw_file_count"] = count
    rows = [{"retention_class": name, **counts} for name, counts in sorted(by_class.items())]
    rest: audit.Counts = {"retention_class": None, "reject_count": found.rejects}
    if found.reason == plan.SUBJECT_REQUEST:
        rest |= {
            "trace_count": found.traces,
            "shared_artifact_count": found.shared,
            "raw_row_count": outcome.raw_rows,
        }
    return [*rows, rest | ({"raw_file_count": outcome.raw_debris} if outcome.raw_debris else {})]
