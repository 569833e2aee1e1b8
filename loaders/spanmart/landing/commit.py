"""A commit: what is new among the prepared records is stamped, written, and made visible at
once."""

from __future__ import annotations

from concurrent.futures import Executor
from pathlib import Path

import pyarrow as pa

from spanmart import __version__
from spanmart.landing.draft import Draft
from spanmart.landing.keys import record_hashes
from spanmart.landing.ledger import Commit
from spanmart.landing.load import Load as Load
from spanmart.landing.new_rows import New, find_new
from spanmart.landing.parquet import write_table
from spanmart.landing.schemas import RECORD_TABLES, TABLES
from spanmart.landing.store import COMMITTED, Conflict, Store, new_commit_id, storing
from spanmart.privacy.raw_store import RawStaging
from spanmart.stages import stage

# Each lost attempt means that another lander has landed something, so this many in a row are no
# bad luck but landers that should be run one after the other.
_ATTEMPTS = 20


class TooManyLanders(RuntimeError):
    """Others commit so often that this lander never comes to it."""


def commit(
    store: Store,
    draft: Draft,
    loads: list[Load],
    staging: Path,
    beside: Executor | None = None,
    raw: RawStaging | None = None,
) -> None:
    """Lands what the draft holds for these loads, and completes their counts.

    `raw` has the raw content of these loads where that is kept (a local landing place only).
    Raises CannotStore when the landing place takes no more, TooManyLanders when others always come
    first; nothing of the commit is visible then.
    """
    with store.committing():
        for _ in range(_ATTEMPTS):
            try:
                _attempt(store, draft, loads, staging, beside, raw)
                return
            except Conflict:
                continue
    raise TooManyLanders(
        f"{store.location}: other landers committed {_ATTEMPTS} times while this one tried to; "
        "nothing of it landed. Run it again, with fewer beside it."
    )


def count_new(store: Store, draft: Draft, loads: list[Load]) -> None:
    """Completes the counts of the loads as a commit would, without one."""
    _decide(store, draft, loads)


def _attempt(
    store: Store,
    draft: Draft,
    loads: list[Load],
    staging: Path,
    beside: Executor | None,
    raw: RawStaging | None,
) -> None:
    wanted, new, made = _decide(store, draft, loads)
    if not wanted:
        return
    with stage("write"), storing(store.location):
        drafts = _write(draft, wanted, new, made, staging, beside)
        if raw is not None:
            _publish_raw(raw, store, draft, wanted, new, made)
        store.publish(drafts, made)


def _publish_raw(
    raw: RawStaging, store: Store, draft: Draft, wanted: list[Load], new: New, made: Commit
) -> None:
    """Before the ledger shows the commit: raw content without its commit does not count, and the
    next lander removes it. Once only, so not where another lander may come first (`Conflict`)."""
    raw.store.delete_unfinished({each.id for each in store.ledger().commits})
    load_ids = pa.array([load.load_id for load in wanted], pa.string())
    place_of = {load.place: place for place, load in enumerate(wanted)}
    loads, hashes = [], []
    for table in RECORD_TABLES:
        rows = draft.keys(table)
        if rows is None:
            continue
        mask = new.masks[table]
        places = [place_of[load] for load in rows.load[mask].tolist()]
        loads.append(load_ids.take(pa.array(places, pa.int64())))
        hashes.append(record_hashes(rows.hash[mask]))
    landed = {
        "load_id": pa.chunked_array(loads, pa.string()),
        "record_hash": pa.chunked_array(hashes, pa.string()),
    }
    raw.publish(made.id, made.landed_at, pa.table(landed), store.erased_artifacts())


def _decide(store: Store, draft: Draft, loads: list[Load]) -> tuple[list[Load], New, Commit]:
    ledger = store.ledger()
    known = {(size, sha256) for size, sha256, _ in ledger.contents()}
    for load in loads:
        load.was_landed_before = (load.bytes, load.content_sha256) in known
    wanted = [load for load in loads if not load.was_landed_before]
    new = find_new(store, ledger, draft, [load.place for load in wanted])
    for load in wanted:
        counts = new.counts[load.place]
        load.records_landed, load.records_duplicate = counts.landed, counts.duplicate
        load.redactions = counts.redactions
    made = Commit(new_commit_id(), draft.landed_at(ledger), ledger.next_number(), new.reach)
    return wanted, new, made


def _write(
    draft: Draft,
    wanted: list[Load],
    new: New,
    made: Commit,
    staging: Path,
    beside: Executor | None,
) -> dict[str, Path]:
    """The commit's files, in `staging`: a table without new rows has none."""

    def written(table: str) -> Path | None:
        if table in new.masks:
            return draft.finished(table, new.masks[table], made.landed_at)
        rows = _rejects(wanted, made) if table == "rejects" else _ledger(wanted, made)
        metadata = made.metadata() if table == "loads" else None
        path = staging / f"{table}.parquet"
        return path if write_table(path, table, iter([rows]), metadata) else None

    tables = [table for table in COMMITTED if table in new.masks or table in ("rejects", "loads")]
    # The largest first, so that two threads end together.
    tables.sort(key=lambda table: -len(new.masks.get(table, ())))
    done = map(written, tables) if beside is None else beside.map(written, tables)
    return {table: path for table, path in zip(tables, done, strict=True) if path}


def _rejects(loads: list[Load], made: Commit) -> pa.Table:
    rows = [
        {
            "load_id": load.load_id,
            "source_file": load.source_file,
            "record_number": reject.record_number,
            "reason_code": reject.reason.code,
            "reason": reject.text,
            "record_redacted": reject.excerpt,
            "landed_at": made.landed_at,
        }
        for load in loads
        for reject in load.rejects
    ]
    return pa.Table.from_pylist(rows, schema=TABLES["rejects"])


def _ledger(loads: list[Load], made: Commit) -> pa.Table:
    names = [
        name for name in TABLES["loads"].names if name not in ("landed_at", "spanmart_version")
    ]
    same = {"spanmart_version": __version__, "landed_at": made.landed_at}
    rows = [{name: getattr(load, name) for name in names} | same for load in loads]
    return pa.Table.from_pylist(rows, schema=TABLES["loads"])
