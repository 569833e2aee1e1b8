"""What a check looks at: the whole commits since the last one, and all of them to join with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from spanmart.checks.expectations import CHECKED_TABLES
from spanmart.landing.schemas import TABLES

# What landing calls the files of a commit; those of other tables have the same name.
_COMMIT_NAME = re.compile(r"\d{8}T\d{12}-[0-9a-f]{8}")


class NothingLanded(Exception):
    """There is no landing directory where one was looked for."""


class DamagedLedger(Exception):
    """The ledger itself cannot be read, so that nobody knows what has landed."""


@dataclass(frozen=True)
class Window:
    """Files of the commits with `after` < landed_at <= `until`, by table, and of those before."""

    after: datetime | None
    until: datetime
    new: dict[str, list[Path]]
    old: dict[str, list[Path]]
    # Versions of spanmart that wrote each new file's commit.
    versions: dict[str, set[str]]
    load_count: int


def find_window(landing: Path, after: datetime | None) -> Window | None:
    """What landed after that time (from the beginning, if None); None when nothing did.

    Raises `NothingLanded` and `DamagedLedger`.
    """
    if not (landing / "loads").is_dir():
        raise NothingLanded(f"nothing has landed in {landing}: run `spanmart land` first")
    new: set[str] = set()
    versions: dict[str, set[str]] = {}
    until, loads = after, 0
    whole = _commits(landing, "loads")
    for commit, path in whole.items():
        rows = _ledger_rows(path).to_pylist()
        times = [row["landed_at"] for row in rows if row["landed_at"] is not None]
        # A row that does not say when it landed is a fault to be found: so it is looked at.
        if after is None or not times or max(times) > after:
            new.add(commit)
            loads += len(rows)
            versions[commit] = {row["spanmart_version"] for row in rows}
            until = max([*times, *([until] if until else [])], default=until)
    if not new:
        return None
    files = {table: _commits(landing, table) for table in CHECKED_TABLES}
    return Window(
        after,
        until or datetime.min,
        {table: [found[name] for name in found if name in new] for table, found in files.items()},
        {
            table: [found[name] for name in found if name in whole and name not in new]
            for table, found in files.items()
        },
        versions,
        loads,
    )


def _commits(landing: Path, table: str) -> dict[str, Path]:
    """The files of a table by the commits that wrote them, in the order of the commits."""
    found = (landing / table).glob("landed_on=*/*.parquet")
    named = {path.stem: path for path in found if _COMMIT_NAME.fullmatch(path.stem)}
    return dict(sorted(named.items()))


def _ledger_rows(path: Path) -> pa.Table:
    wanted = ["landed_at", "spanmart_version"]
    try:
        return pq.read_table(path, columns=wanted, schema=TABLES["loads"], partitioning=None)
    except (pa.ArrowException, OSError) as error:
        raise DamagedLedger(
            f"{path} cannot be read ({type(error).__name__}): restore it from a copy; without it "
            "its load counts as not landed"
        ) from error


def readable(paths: Iterable[Path]) -> tuple[dict[Path, pa.Schema], int]:
    """The schema of each file that is Parquet, and how many are not."""
    schemas: dict[Path, pa.Schema] = {}
    damaged = 0
    for path in paths:
        try:
            schemas[path] = pq.read_schema(path)
        except (pa.ArrowException, OSError):
            damaged += 1
    return schemas, damaged
