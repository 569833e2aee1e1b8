"""Up to where a stream was read: the landed `pulls` table.

A row is written after what it speaks of is committed, so that a pull that is killed in between
reads some of it again and lands none of it twice. In a folder it is a file as those of `checks`; in
object storage an object with a name of its own, which no other writer can be at.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from spanmart import __version__
from spanmart.landing import objects
from spanmart.landing.schemas import PULLS
from spanmart.landing.store import COMPRESSION, CannotStore, day_of, new_commit_id, storing
from spanmart.privacy.landed_files import LandedFiles
from spanmart.privacy.side_tables import add_rows
from spanmart.pull.errors import PullFailed

TABLE = "pulls"
_PARALLEL_REQUESTS = 16
_KEY = ("vendor", "host", "project_id", "stream")


@dataclass(frozen=True)
class Of:
    """What a time is remembered for. Two landing places remember apart."""

    vendor: str
    host: str
    project_id: str
    stream: str


@dataclass(frozen=True)
class Read:
    """What was read and landed; times in UTC."""

    of: Of
    project_name: str
    read_from: datetime
    read_until: datetime
    rows: int
    requests: int
    retries: int

    def as_row(self) -> dict[str, Any]:
        return {
            **{name: getattr(self.of, name) for name in _KEY},
            "project_name": self.project_name,
            "read_from": self.read_from.astimezone(UTC).replace(tzinfo=None),
            "read_until": self.read_until.astimezone(UTC).replace(tzinfo=None),
            "row_count": self.rows,
            "request_count": self.requests,
            "retry_count": self.retries,
            "spanmart_version": __version__,
        }


def known(landing: Path | str) -> dict[Of, datetime]:
    """The latest time up to which each stream was read."""
    times: dict[Of, datetime] = {}
    for table in _tables(landing):
        for row in table.to_pylist():
            of, until = Of(*(row[name] for name in _KEY)), row["read_until"]
            if until is not None:
                until = until.replace(tzinfo=UTC)
                times[of] = max(until, times.get(of, until))
    return times


def remember(landing: Path | str, read: Read) -> None:
    """Makes a row visible. Raises CannotStore."""
    with storing(str(landing)):
        if isinstance(landing, Path):
            with LandedFiles(landing).locked():
                add_rows(landing, TABLE, [read.as_row()])
        else:
            _put(landing, read)


def _put(landing: str, read: Read) -> None:
    import obstore

    now = datetime.now(UTC).replace(tzinfo=None)
    sink = io.BytesIO()
    rows = pa.Table.from_pylist([{**read.as_row(), "landed_at": now}], schema=PULLS)
    pq.write_table(rows, sink, compression=COMPRESSION)
    key = f"{TABLE}/{day_of(now)}/{new_commit_id()}.{TABLE}.parquet"
    bucket, prefix = objects.split(landing)
    try:
        with objects.as_os_errors(landing):
            obstore.put(objects.open_bucket(bucket, prefix.strip("/")), key, sink.getvalue())
    except OSError as error:
        raise CannotStore(f"{error}. What landed is whole: run the same command again.") from error


def _tables(landing: Path | str) -> Iterator[pa.Table]:
    if isinstance(landing, Path):
        for path in sorted((landing / TABLE).glob(f"landed_on=*/*.{TABLE}.parquet")):
            yield _table(str(path), str(path))
        return
    import obstore

    bucket, prefix = objects.split(landing)
    with objects.as_os_errors(landing):
        store = objects.open_bucket(bucket, prefix.strip("/"))
        listed = [each["path"] for page in obstore.list(store, TABLE) for each in page]
        keys = [key for key in sorted(listed) if key.endswith(f".{TABLE}.parquet")]

        def content(key: str) -> bytes:
            return bytes(obstore.get(store, key).bytes())

        # A year of nights is a thousand objects.
        with ThreadPoolExecutor(_PARALLEL_REQUESTS) as requests:
            for key, read in zip(keys, requests.map(content, keys), strict=True):
                yield _table(pa.BufferReader(read), f"{landing}/{key}")


def _table(source: Any, name: str) -> pa.Table:
    try:
        return pq.read_table(source, columns=[*_KEY, "read_until"], schema=PULLS, partitioning=None)
    except (pa.ArrowException, OSError) as error:
        raise PullFailed(
            f"{name} cannot be read ({type(error).__name__}): delete it; what it remembers is read "
            "again, and nothing lands twice"
        ) from error
