"""Which of a commit's rows are new, and what that makes of each load's counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.landing.draft import UNKNOWN_TIME, Draft, RowKeys
from spanmart.landing.keys import Halves, first_of_each, is_among, keys
from spanmart.landing.ledger import Ledger, Reach
from spanmart.landing.newness import landed, looked_back
from spanmart.landing.schemas import CONTENT_TABLES, RECORD_TABLES
from spanmart.landing.store import Store
from spanmart.records import Mask


@dataclass
class Counts:
    """Of one load."""

    landed: int = 0
    duplicate: int = 0
    redactions: int = 0


@dataclass
class New:
    """The rows of each table that are new, in the order of the draft."""

    masks: dict[str, Mask] = field(default_factory=dict)
    reach: dict[str, Reach] = field(default_factory=dict)
    # By the place of the load, as in `RowKeys.load`.
    counts: dict[int, Counts] = field(default_factory=dict)


def find_new(store: Store, ledger: Ledger, draft: Draft, wanted: Sequence[int]) -> New:
    """Among the rows of the wanted loads, by their places.

    Others are left out before anything is compared: a file that could not be read to its end may
    have left rows in the draft, and none of them may make another file's record look like a
    duplicate.
    """
    new = New(counts={load: Counts() for load in wanted})
    for table in RECORD_TABLES:
        rows = draft.keys(table)
        if rows is None:
            continue
        is_wanted = np.isin(rows.load, wanted)
        mask = is_wanted.copy()
        mask[is_wanted] = first_of_each(rows.hash[is_wanted])
        reach = _reach(rows.time[mask])
        commits = [each for each in ledger.commits if each.may_hold(table, reach)]
        for some in landed(store, table, commits, reach):
            mask[mask] = ~is_among(rows.hash[mask], some)
        new.masks[table] = mask
        if mask.any():
            new.reach[table] = _reach(rows.time[mask])
        _count(new, rows, is_wanted, mask)
    artifacts = _new_artifacts(store, ledger, draft, new)
    if artifacts is not None:
        new.masks["artifacts"] = artifacts
    return new


def _new_artifacts(store: Store, ledger: Ledger, draft: Draft, new: New) -> Mask | None:
    """The content that a new record refers to; the draft has each piece once."""
    rows = draft.keys("artifacts")
    if rows is None:
        return None
    mask = np.ones(len(rows.hash), dtype=bool)
    # Content of a record that landed before must not land again: it may have been deleted since.
    if not all(each.all() for each in new.masks.values()):
        mask = is_among(rows.hash, _referred_to(draft, new))
    commits = [each for each in looked_back(store, ledger) if not draft.is_known(each.id)]
    for some in landed(store, "artifacts", commits):
        mask[mask] = ~is_among(rows.hash[mask], some)
    mask[mask] = ~is_among(rows.hash[mask], keys(store.erased_artifacts()))
    return mask


def _referred_to(draft: Draft, new: New) -> Halves:
    """The artifacts that new records refer to."""
    found = [np.empty((0, 2), dtype=np.uint64)]
    for table in CONTENT_TABLES:
        mask, start = new.masks.get(table), 0
        if mask is None or not mask.any():
            continue
        for part in draft.rows(table, ["artifact_refs"]):
            chosen = mask[start : start + part.num_rows]
            start += part.num_rows
            if chosen.any():
                refs = part.column("artifact_refs").filter(pa.array(chosen))
                ids = pc.struct_field(pc.list_flatten(refs), "artifact_id")
                found.append(keys(ids))
    return np.concatenate(found)


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
