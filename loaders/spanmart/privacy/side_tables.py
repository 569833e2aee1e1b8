"""Landed tables of no load: retention classes, erased content, audits, checks, pulls. One file an
act, there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from spanmart.durable import replace_durably, synced
from spanmart.landing.schemas import TABLES
from spanmart.landing.store import COMPRESSION, new_commit_id
from spanmart.privacy.policy import Policy

Row = dict[str, Any]
_CLASSES, _ERASED = "retention_classes", "erased_artifacts"
_ROWS_AT_ONCE = 1_000_000
# Of these tables a draft that is found while one holds the landing lock is what a killed process
# left.
WRITTEN_UNDER_LOCK = (_CLASSES, _ERASED, "audits", "checks", "pulls")


def publish_classes(landing: Path, policy: Policy) -> bool:
    """Lands the policy's retention classes where they differ from those landed last; says whether.

    The models take days from here, so that what a fact says of expiry is what `spanmart retention`
    does.
    """
    wanted = {
        name: (days, name == policy.retention.default)
        for name, days in policy.retention.classes.items()
    }
    if _landed_classes(landing) == wanted:
        return False
    add_rows(
        landing,
        _CLASSES,
        [
            {"retention_class": name, "days": days, "is_default": is_default}
            for name, (days, is_default) in wanted.items()
        ],
    )
    return True


def bar_from_landing(landing: Path, artifact_ids: pl.Series, audit_id: str) -> None:
    """Says that this content was erased and must not land again."""
    ids = artifact_ids.unique().sort()
    for start in range(0, len(ids), _ROWS_AT_ONCE):
        some = ids[start : start + _ROWS_AT_ONCE].to_list()
        add_rows(landing, _ERASED, [{"artifact_id": each, "audit_id": audit_id} for each in some])


def erased_artifacts(landing: Path) -> pa.Array:
    """Ids of all content that data-subject requests took away: a lander leaves it out."""
    files = sorted((landing / _ERASED).glob(f"landed_on=*/*.{_ERASED}.parquet"))
    return distinct_ids(
        [pq.read_table(path, columns=["artifact_id"], partitioning=None) for path in files]
    )


def holds_erased(key: str) -> bool:
    """Whether a file, by its path below the landing place, is one of erased content."""
    return key.startswith(f"{_ERASED}/") and key.endswith(f".{_ERASED}.parquet")


def distinct_ids(tables: Sequence[pa.Table]) -> pa.Array:
    if not tables:
        return pa.array([], pa.string())
    return pc.unique(pa.concat_tables(tables).column("artifact_id"))


def add_rows(landing: Path, table: str, rows: Sequence[Row]) -> None:
    """Lands rows of a table that no load stands behind; `landed_at` is now.

    For the tables WRITTEN_UNDER_LOCK: to be called while holding the landing lock.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    folder = landing / table / f"landed_on={now.date().isoformat()}"
    folder.mkdir(parents=True, exist_ok=True)
    # Not the name of a commit: a commit without a ledger is debris.
    path = folder / f"{new_commit_id()}.{table}.parquet"
    draft = folder / f".{path.stem}.{os.getpid()}.new"
    stamped = [{**row, "landed_at": now} for row in rows]
    try:
        pq.write_table(
            pa.Table.from_pylist(stamped, schema=TABLES[table]), draft, compression=COMPRESSION
        )
        replace_durably(draft, path)
        synced(folder.parent)
    finally:
        draft.unlink(missing_ok=True)


def rows_of(landing: Path, table: str) -> list[Row]:
    """All rows of such a table, in the order in which they landed."""
    found: list[Row] = []
    for path in sorted((landing / table).glob(f"landed_on=*/*.{table}.parquet")):
        found += pq.read_table(path, schema=TABLES[table], partitioning=None).to_pylist()
    return sorted(found, key=lambda row: row["landed_at"])


def _landed_classes(landing: Path) -> dict[str, tuple[int | None, bool]]:
    rows = rows_of(landing, _CLASSES)
    return {
        row["retention_class"]: (row["days"], row["is_default"])
        for row in rows
        if row["landed_at"] == rows[-1]["landed_at"]
    }
