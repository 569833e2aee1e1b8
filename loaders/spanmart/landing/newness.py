"""Which of a commit's rows are new, and what that makes of each load's counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.landing.keys import Halves, first_of_each, is_among, keys
from spanmart.landing.ledger import Commit, Ledger, Reach
from spanmart.landing.schemas import CONTENT_TABLES, RECORD_TABLES
from spanmart.landing.spool import HASH_COLUMN, TIME_COLUMN, UNKNOWN_TIME, RowKeys, Spool
from spanmart.landing.store import Store
from spanmart.records import Mask

# Commits whose keys are in memory at once while they are compared: many small ones, or one big one
# (32 MB of artifacts have some 130,000 ids, which take 20 MB).
_COMMITS_AT_ONCE = 8
_BYTES_AT_ONCE = 32 << 20
# Content is looked for in the newest commits only, up to this much of it: prompts come again within
# hours, and looking through all history would cost a lander of small files more than landing them.
# Content that comes again later lands again; `stg_artifacts` has one row for each all the same.
_LOOK_BACK_BYTES = 256 << 20
_LOOK_BACK_COMMITS = 64


@dataclass
class Counts:
    """Of one load."""

    landed: int = 0
    duplicate: int = 0
    redactions: int = 0


@dataclass
class New:
    """The rows of each table that are new, in the order of the spool."""

    masks: dict[str, Mask] = field(default_factory=dict)
    reach: dict[str, Reach] = field(default_factory=dict)
    # By the place of the load, as in `RowKeys.load`.
    counts: dict[int, Counts] = field(default_factory=dict)


def find_new(store: Store, ledger: Ledger, spool: Spool, wanted: Sequence[int]) -> New:
    """Among the rows of the wanted loads, by their places.

    Others are left out before anything is compared: a file that could not be read to its end may
    have left rows in the spool, and none of them may make another file's record look like a
    duplicate.
    """
    new = New(counts={load: Counts() for load in wanted})
    for table in RECORD_TABLES:
        rows = spool.keys(table)
        if rows is None:
            continue
        is_wanted = np.isin(rows.load, wanted)
        mask = is_wanted.copy()
        mask[is_wanted] = first_of_each(rows.hash[is_wanted])
        reach = _reach(rows.time[mask])
        commits = [each for each in ledger.commits if each.may_hold(table, reach)]
        for landed in _landed(store, table, commits, reach):
            mask[mask] = ~is_among(rows.hash[mask], landed)
        new.masks[table] = mask
        if mask.any():
            new.reach[table] = _reach(rows.time[mask])
        _count(new, rows, is_wanted, mask)
    artifacts = _new_artifacts(store, ledger, spool, new)
    if artifacts is not None:
        new.masks["artifacts"] = artifacts
    return new


def _new_artifacts(store: Store, ledger: Ledger, spool: Spool, new: New) -> Mask | None:
    """Each content once that a new record refers to."""
    rows = spool.keys("artifacts")
    if rows is None:
        return None
    # Content of a record that landed before must not land again: it may have been deleted since.
    in_part = [load for load, each in new.counts.items() if each.landed and each.duplicate]
    mask = np.isin(rows.load, [load for load, each in new.counts.items() if each.landed])
    in_doubt = mask & np.isin(rows.load, in_part)
    if in_doubt.any():
        mask[in_doubt] = is_among(rows.hash[in_doubt], _referred_to(spool, new, in_part))
    mask[mask] = first_of_each(rows.hash[mask])
    for landed in _landed(store, "artifacts", _looked_back(store, ledger)):
        mask[mask] = ~is_among(rows.hash[mask], landed)
    mask[mask] = ~is_among(rows.hash[mask], keys(store.erased_artifacts()))
    return mask


def _referred_to(spool: Spool, new: New, loads: Sequence[int]) -> Halves:
    """The artifacts that new records of these loads refer to."""
    found = [np.empty((0, 2), dtype=np.uint64)]
    for table in CONTENT_TABLES:
        rows = spool.keys(table)
        if rows is None:
            continue
        mask = new.masks[table] & np.isin(rows.load, loads)
        start = 0
        for part in spool.tables(table):
            chosen = mask[start : start + part.num_rows]
            start += part.num_rows
            if chosen.any():
                refs = part.column("artifact_refs").filter(pa.array(chosen))
                ids = pc.struct_field(pc.list_flatten(refs), "artifact_id")
                found.append(keys(ids))
    return np.concatenate(found)


def _looked_back(store: Store, ledger: Ledger) -> list[Commit]:
    newest: list[Commit] = []
    size = 0
    for commit in reversed(ledger.commits[-_LOOK_BACK_COMMITS:]):
        size += store.size("artifacts", commit)
        if size > _LOOK_BACK_BYTES:
            break
        newest.append(commit)
    return newest


def _landed(
    store: Store, table: str, commits: Sequence[Commit], reach: Reach | None = None
) -> Iterator[Halves]:
    """The keys that landed, a few commits at a time; equal records have equal times."""
    names = [HASH_COLUMN[table]] + ([TIME_COLUMN[table]] if reach else [])
    for some in _few_at_once(store, table, commits):
        frame = store.columns(table, some, names)
        if reach is not None:
            frame = frame.filter(_within(pl.col(TIME_COLUMN[table]), reach))
        hashes = frame.select(HASH_COLUMN[table]).collect().to_series()
        yield keys(hashes.to_arrow())


def _few_at_once(store: Store, table: str, commits: Sequence[Commit]) -> Iterator[list[Commit]]:
    some: list[Commit] = []
    size = 0
    for commit in commits:
        some.append(commit)
        size += store.size(table, commit)
        if len(some) == _COMMITS_AT_ONCE or size >= _BYTES_AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some


def _within(time: pl.Expr, reach: Reach) -> pl.Expr:
    known = time.is_between(pl.lit(reach.first), pl.lit(reach.last)).fill_null(False)
    return known | time.is_null() if reach.has_unknown else known


def _reach(times: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Reach:
    known = times[times != UNKNOWN_TIME]
    if not len(known):
        return Reach(None, None, bool(len(times)))
    return Reach(int(known.min()), int(known.max()), len(known) < len(times))


def _count(new: New, rows: RowKeys, is_wanted: Mask, mask: Mask) -> None:
    size = int(rows.load.max()) + 1 if len(rows.load) else 0
    read = np.bincount(rows.load[is_wanted], minlength=size)
    landed = np.bincount(rows.load[mask], minlength=size)
    redactions = np.bincount(rows.load[mask], rows.redactions[mask], minlength=size)
    for load in np.flatnonzero(read).tolist():
        counts = new.counts[load]
        counts.landed += int(landed[load])
        counts.duplicate += int(read[load] - landed[load])
        counts.redactions += int(redactions[load])
