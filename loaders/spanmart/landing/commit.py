"""A commit: what is new among the prepared records is stamped, written, and made visible at
once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from spanmart import __version__
from spanmart.landing.schemas import RECORD_TABLES, TABLES
from spanmart.landing.spool import Spool
from spanmart.landing.store import COMPRESSION, Store, new_commit_id
from spanmart.records import Mask
from spanmart.rejects import Reject

# Sealed row groups are what readers skip by time; larger ones skip less, smaller ones compress
# less.
_ROW_GROUP_ROWS = 65_536
_TIME_COLUMN = {
    "spans": "start_time_unix_nano",
    "log_records": "time_unix_nano",
    "feedback": "time_unix_nano",
}


@dataclass
class Load:
    """One file on its way into the ledger."""

    load_id: str
    source: str
    source_format: str
    source_file: str
    content_sha256: str
    bytes: int
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(tzinfo=None))
    records_read: int = 0
    records_landed: int = 0
    records_duplicate: int = 0
    redactions: int = 0
    rejects: list[Reject] = field(default_factory=list)
    # Set when another lander has landed the same content in the meantime.
    was_landed_before: bool = False

    @property
    def records_rejected(self) -> int:
        return len(self.rejects)


def commit(store: Store, spool: Spool, loads: list[Load], staging: Path) -> None:
    """Lands what the spool holds for these loads, and completes their counts."""
    with store.committing():
        known = set(store.loads().column("content_sha256").to_pylist())
        for load in loads:
            load.was_landed_before = load.content_sha256 in known
        wanted = {load.load_id: load for load in loads if not load.was_landed_before}
        if not wanted:
            return
        commit_id, landed_at = new_commit_id(), store.next_landed_at()
        drafts: dict[str, Path] = {}
        for table in RECORD_TABLES:
            new = _new_records(store, spool, table, wanted)
            _write(drafts, staging, table, new, landed_at)
        _write(drafts, staging, "artifacts", _new_artifacts(store, spool, wanted), landed_at)
        _write(drafts, staging, "rejects", iter([_rejects(wanted)]), landed_at)
        _write(drafts, staging, "loads", iter([_ledger(wanted)]), landed_at)
        store.publish(drafts, commit_id, landed_at)


def _new_records(
    store: Store, spool: Spool, table: str, loads: dict[str, Load]
) -> Iterator[pa.Table]:
    """The records that are not there yet, each once; counts what is new and what is not."""
    hashes = [_key_columns(each, table) for each in spool.tables(table)]
    if not hashes:
        return
    keys = pl.concat(hashes)
    # Left out before anything is compared: a file that could not be read to its end may have left
    # rows in the spool, and none of them may make another file's record look like a duplicate.
    is_wanted = keys["load_id"].is_in(list(loads)).to_numpy()
    is_new = np.zeros(len(keys), dtype=bool)
    is_new[is_wanted] = _is_new(store, table, keys.filter(is_wanted))
    start = 0
    for rows in spool.tables(table):
        chosen = is_new[start : start + rows.num_rows]
        start += rows.num_rows
        landed = rows.filter(pa.array(chosen))
        _count(loads, rows, landed)
        yield landed


def _key_columns(rows: pa.Table, table: str) -> pl.DataFrame:
    frame = pl.from_arrow(rows.select(["record_hash", "load_id", _TIME_COLUMN[table]]))
    assert isinstance(frame, pl.DataFrame)
    return frame.rename({_TIME_COLUMN[table]: "time"})


def _is_new(store: Store, table: str, keys: pl.DataFrame) -> Mask:
    """First of its hash here, and its hash not landed. Equal records have equal times, so only
    files and row groups that reach into the span of time of the new records are read."""
    is_new = keys["record_hash"].is_first_distinct()
    files = store.files(table)
    if files:
        time = pl.col(_TIME_COLUMN[table])
        in_reach = time.is_between(keys["time"].min(), keys["time"].max())
        if keys["time"].null_count():
            in_reach = in_reach.fill_null(True) | time.is_null()
        landed = (
            pl.scan_parquet(files, glob=False, hive_partitioning=False)
            .filter(in_reach)
            .select("record_hash")
            .join(keys.lazy().select("record_hash"), on="record_hash", how="semi")
            .collect()
        )
        is_new &= ~keys["record_hash"].is_in(landed["record_hash"].implode())
    mask: Mask = is_new.to_numpy()
    return mask


def _count(loads: dict[str, Load], rows: pa.Table, landed: pa.Table) -> None:
    for load_id, count in _per_load(rows).items():
        if load_id in loads:
            loads[load_id].records_duplicate += count
    for load_id, count in _per_load(landed).items():
        loads[load_id].records_landed += count
        loads[load_id].records_duplicate -= count
    sums = landed.select(["load_id", "redaction_count"]).group_by("load_id")
    for row in sums.aggregate([("redaction_count", "sum")]).to_pylist():
        loads[row["load_id"]].redactions += row["redaction_count_sum"]


def _per_load(rows: pa.Table) -> dict[str, int]:
    counts = rows.column("load_id").value_counts().to_pylist()
    return {each["values"]: each["counts"] for each in counts}


def _new_artifacts(store: Store, spool: Spool, loads: dict[str, Load]) -> Iterator[pa.Table]:
    """Each content once, whoever refers to it and however often."""
    # A load that landed no record refers to nothing that is not there.
    wanted = [load_id for load_id, load in loads.items() if load.records_landed]
    ids = [pl.Series(values=each.column("artifact_id")) for each in spool.tables("artifacts")]
    if not ids or not wanted:
        return
    new_ids = pl.concat(ids).unique().to_frame("artifact_id")
    files = store.files("artifacts")
    if files:
        landed = (
            pl.scan_parquet(files, glob=False, hive_partitioning=False)
            .select("artifact_id")
            .join(new_ids.lazy(), on="artifact_id", how="semi")
            .collect()
        )
        new_ids = new_ids.join(landed, on="artifact_id", how="anti")
    missing = set(new_ids["artifact_id"].to_list())
    for rows in spool.tables("artifacts"):
        load_ids = rows.column("load_id").to_pylist()
        chosen = np.zeros(rows.num_rows, dtype=bool)
        for row, artifact_id in enumerate(rows.column("artifact_id").to_pylist()):
            if artifact_id in missing and load_ids[row] in loads:
                chosen[row] = True
                missing.discard(artifact_id)
        yield rows.filter(pa.array(chosen))


def _rejects(loads: dict[str, Load]) -> pa.Table:
    rows = [
        {
            "load_id": load.load_id,
            "source_file": load.source_file,
            "record_number": reject.record_number,
            "reason_code": reject.reason.code,
            "reason": reject.text,
            "record_redacted": reject.excerpt,
        }
        for load in loads.values()
        for reject in load.rejects
    ]
    return pa.Table.from_pylist(rows, schema=TABLES["rejects"])


def _ledger(loads: dict[str, Load]) -> pa.Table:
    names = [
        name for name in TABLES["loads"].names if name not in ("landed_at", "spanmart_version")
    ]
    rows = [
        {name: getattr(load, name) for name in names} | {"spanmart_version": __version__}
        for load in loads.values()
    ]
    return pa.Table.from_pylist(rows, schema=TABLES["loads"])


def _write(
    drafts: dict[str, Path],
    staging: Path,
    table: str,
    parts: Iterator[pa.Table],
    landed_at: datetime,
) -> None:
    """Writes a table of the commit, unless it has no rows."""
    schema = TABLES[table]
    path = staging / f"{table}.parquet"
    writer: pq.ParquetWriter | None = None
    for part in parts:
        if part.num_rows == 0:
            continue
        if writer is None:
            writer = pq.ParquetWriter(path, schema, compression=COMPRESSION)
            drafts[table] = path
        writer.write_table(_stamped(part, schema, landed_at), row_group_size=_ROW_GROUP_ROWS)
    if writer is not None:
        writer.close()


def _stamped(part: pa.Table, schema: pa.Schema, landed_at: datetime) -> pa.Table:
    """All columns of the landed table, in its order."""
    columns = []
    for each in schema:
        if each.name == "landed_at":
            columns.append(pa.repeat(pa.scalar(landed_at, each.type), part.num_rows))
        elif each.name in part.column_names:
            columns.append(part.column(each.name))
        else:
            columns.append(pa.nulls(part.num_rows, each.type))
    return pa.table(columns, schema=schema)
