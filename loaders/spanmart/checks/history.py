"""The landed `checks` table: what earlier runs found, and the run that is added to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from spanmart.checks.expectations import CRITICAL
from spanmart.checks.suite import FAILED
from spanmart.landing.schemas import CHECKS
from spanmart.privacy.landed_files import LandedFiles
from spanmart.privacy.side_tables import add_rows

Row = dict[str, Any]
_TABLE = "checks"


class DamagedHistory(Exception):
    """An earlier run cannot be read, so that nobody knows up to where all was well."""


def watermark(landing: Path) -> datetime | None:
    """The newest landing time up to which no critical expectation failed.

    A stretch that failed is looked at again until it passes, so that a failure that was not dealt
    with cannot be slept through.
    """
    passed = []
    for path in _files(landing):
        rows = _read(path, ["landed_until", "severity", "status"]).to_pylist()
        if not any(row["severity"] == CRITICAL and row["status"] == FAILED for row in rows):
            passed += [row["landed_until"] for row in rows]
    return max(passed, default=None)


def add(landing: Path, rows: Sequence[Row]) -> None:
    """Makes the rows of a run visible, all at once."""
    with LandedFiles(landing).locked():
        add_rows(landing, _TABLE, rows)


def latest(landing: Path, runs: int) -> list[list[Row]]:
    """The rows of the last runs, oldest first."""
    return [_read(path, CHECKS.names).to_pylist() for path in _files(landing)[-runs:]]


def _files(landing: Path) -> list[Path]:
    """One a run, in the order in which they ended: their names begin with the time."""
    found = (landing / _TABLE).glob(f"landed_on=*/*.{_TABLE}.parquet")
    return sorted(found, key=lambda path: path.name)


def _read(path: Path, columns: list[str]) -> pa.Table:
    try:
        return pq.read_table(path, columns=columns, schema=CHECKS, partitioning=None)
    except (pa.ArrowException, OSError) as error:
        raise DamagedHistory(
            f"{path} cannot be read ({type(error).__name__}): delete it; what it checked is "
            "checked again unless a later check passed"
        ) from error
