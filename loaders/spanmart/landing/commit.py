"""A commit: what is new among the prepared records is stamped, written, and made visible at
once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from spanmart import __version__
from spanmart.landing.keys import record_hashes
from spanmart.landing.ledger import Commit
from spanmart.landing.newness import New, find_new
from spanmart.landing.parquet import write_table
from spanmart.landing.schemas import RECORD_TABLES, TABLES
from spanmart.landing.spool import Spool
from spanmart.landing.store import COMMITTED, Conflict, Store, new_commit_id, storing
from spanmart.privacy.raw_store import RawStaging
from spanmart.records import Mask
from spanmart.rejects import Reject
from spanmart.stages import stage

# Each lost attempt means that another lander has landed something, so this many in a row are no
# bad luck but landers that should be run one after the other.
_ATTEMPTS = 20
_LINEAGE = ("source", "source_format", "source_file", "load_id")


class TooManyLanders(RuntimeError):
    """Others commit so often that this lander never comes to it."""


@dataclass
class Load:
    """One file on its way into the ledger."""

    load_id: str
    source: str
    source_format: str
    source_file: str
    content_sha256: str = ""
    bytes: int = 0
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(tzinfo=None))
    records_read: int = 0
    records_landed: int = 0
    records_duplicate: int = 0
    redactions: int = 0
    rejects: list[Reject] = field(default_factory=list)
    # How often a bound on one record was hit, by the attribute that says so on the record.
    limits: Counter[str] = field(default_factory=Counter)
    # Its place among the loads of its commit: what the spool calls it.
    place: int = 0
    # Set when another lander has landed the same content in the meantime.
    was_landed_before: bool = False

    @property
    def records_rejected(self) -> int:
        return len(self.rejects)


def commit(
    store: Store,
    spool: Spool,
    loads: list[Load],
    staging: Path,
    beside: Executor | None = None,
    raw: RawStaging | None = None,
) -> None:
    """Lands what the spool holds for these loads, and completes their counts.

    `raw` has the raw content of these loads where that is kept (a local landing place only).
    Raises CannotStore when the landing place takes no more, TooManyLanders when others always come
    first; nothing of the commit is visible then.
    """
    with store.committing():
        for _ in range(_ATTEMPTS):
            try:
                _attempt(store, spool, loads, staging, beside, raw)
                return
            except Conflict:
                continue
    raise TooManyLanders(
        f"{store.location}: other landers committed {_ATTEMPTS} times while this one tried to; "
        "nothing of it landed. Run it again, with fewer beside it."
    )


def count_new(store: Store, spool: Spool, loads: list[Load]) -> None:
    """Completes the counts of the loads as a commit would, without one."""
    _decide(store, spool, loads)


def _attempt(
    store: Store,
    spool: Spool,
    loads: list[Load],
    staging: Path,
    beside: Executor | None,
    raw: RawStaging | None,
) -> None:
    wanted, new, made = _decide(store, spool, loads)
    if not wanted:
        return
    with stage("write"), storing(store.location):
        drafts = _write(spool, wanted, new, made, staging, beside)
        if raw is not None:
            _publish_raw(raw, store, spool, wanted, new, made)
        store.publish(drafts, made)


def _publish_raw(
    raw: RawStaging, store: Store, spool: Spool, wanted: list[Load], new: New, made: Commit
) -> None:
    """Before the ledger shows the commit: raw content without its commit does not count, and the
    next lander removes it. Once only, so not where another lander may come first (`Conflict`)."""
    raw.store.delete_unfinished({each.id for each in store.ledger().commits})
    load_ids = pa.array([load.load_id for load in wanted], pa.string())
    place_of = {load.place: place for place, load in enumerate(wanted)}
    loads, hashes = [], []
    for table in RECORD_TABLES:
        rows = spool.keys(table)
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


def _decide(store: Store, spool: Spool, loads: list[Load]) -> tuple[list[Load], New, Commit]:
    ledger = store.ledger()
    known = {(size, sha256) for size, sha256, _ in ledger.contents()}
    for load in loads:
        load.was_landed_before = (load.bytes, load.content_sha256) in known
    wanted = [load for load in loads if not load.was_landed_before]
    new = find_new(store, ledger, spool, [load.place for load in wanted])
    for load in wanted:
        counts = new.counts[load.place]
        load.records_landed, load.records_duplicate = counts.landed, counts.duplicate
        load.redactions = counts.redactions
    made = Commit(new_commit_id(), ledger.next_landed_at(), ledger.next_number(), new.reach)
    return wanted, new, made


def _write(
    spool: Spool,
    wanted: list[Load],
    new: New,
    made: Commit,
    staging: Path,
    beside: Executor | None,
) -> dict[str, Path]:
    """The commit's files, in `staging`: a table without new rows has none."""
    of_place = {load.place: load for load in wanted}

    def written(table: str) -> tuple[str, Path, int]:
        path = staging / f"{table}.parquet"
        if table in new.masks:
            parts = _new_rows(spool, table, new.masks[table], of_place, made)
        else:
            rows = _rejects(wanted) if table == "rejects" else _ledger(wanted)
            parts = iter([_stamped(rows, table, None, made)])
        metadata = made.metadata() if table == "loads" else None
        return table, path, write_table(path, table, parts, metadata)

    tables = [table for table in COMMITTED if table in new.masks or table in ("rejects", "loads")]
    # The largest first, so that two threads end together.
    tables.sort(key=lambda table: -len(new.masks.get(table, ())))
    done = map(written, tables) if beside is None else beside.map(written, tables)
    return {table: path for table, path, rows in done if rows}


def _new_rows(
    spool: Spool, table: str, mask: Mask, loads: Mapping[int, Load], made: Commit
) -> Iterator[pa.Table]:
    keys = spool.keys(table)
    assert keys is not None
    start = 0
    for rows in spool.tables(table):
        chosen = slice(start, start + rows.num_rows)
        start += rows.num_rows
        if not mask[chosen].any():
            continue
        places = keys.load[chosen]
        # The rows of one call of `Spool.add` are of one load.
        new = rows if mask[chosen].all() else rows.filter(pa.array(mask[chosen]))
        yield _stamped(new, table, loads[int(places[0])], made)


def _stamped(rows: pa.Table, table: str, of: Load | None, made: Commit) -> pa.Table:
    """All columns of the landed table, in its order; what is the same in each row stands once."""
    columns = []
    for each in TABLES[table]:
        if each.name == "landed_at":
            columns.append(_same(pa.scalar(made.landed_at, each.type), rows.num_rows))
        elif each.name in rows.column_names:
            columns.append(rows.column(each.name))
        elif of is not None and each.name in _LINEAGE:
            columns.append(_same(pa.scalar(getattr(of, each.name), each.type), rows.num_rows))
        else:
            columns.append(pa.nulls(rows.num_rows, each.type))
    return pa.table(columns, names=TABLES[table].names)


def _same(value: pa.Scalar, rows: int) -> pa.Array:
    return pa.repeat(value, rows)


def _rejects(loads: list[Load]) -> pa.Table:
    rows = [
        {
            "load_id": load.load_id,
            "source_file": load.source_file,
            "record_number": reject.record_number,
            "reason_code": reject.reason.code,
            "reason": reject.text,
            "record_redacted": reject.excerpt,
        }
        for load in loads
        for reject in load.rejects
    ]
    return pa.Table.from_pylist(rows, schema=TABLES["rejects"])


def _ledger(loads: list[Load]) -> pa.Table:
    names = [
        name for name in TABLES["loads"].names if name not in ("landed_at", "spanmart_version")
    ]
    rows = [
        {name: getattr(load, name) for name in names} | {"spanmart_version": __version__}
        for load in loads
    ]
    return pa.Table.from_pylist(rows, schema=TABLES["loads"])
