"""`read` of a format that is SQL over its records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from spanmart.formats._sql import documents
from spanmart.formats._sql.engine import UnusableRecords, run
from spanmart.formats._sql.rows import records_of
from spanmart.records import Batch
from spanmart.rejects import Reason, Reject, excerpt
from spanmart.stages import stage


@dataclass(frozen=True)
class Queries:
    """What a format makes of its records: SELECTs over `records` (record_number BIGINT, row JSON).

    Columns of each: rows.COLUMNS. A record may give any number of rows of any table. `nothing` is
    a condition on `row` that holds for records which rightly give none (a request that was
    answered with an error, an empty page); any other record that gives no row is a reject.
    """

    spans: str | None = None
    log_records: str | None = None
    feedback: str | None = None
    vendor_usage: str | None = None
    nothing: str = "false"

    def by_table(self) -> dict[str, str]:
        given = {
            "spans": self.spans,
            "log_records": self.log_records,
            "feedback": self.feedback,
            "vendor_usage": self.vendor_usage,
        }
        return {table: statement for table, statement in given.items() if statement}


def read(stream: BinaryIO, queries: Queries) -> Iterator[Batch]:
    """Batches of what the queries make of the records of a file (documents.records)."""
    for records, rejects in documents.records(stream):
        batch = Batch(rejects=list(rejects))
        if len(records):
            with stage("decode"):
                _add(batch, records, queries)
        yield batch


def _add(batch: Batch, records: pa.Table, queries: Queries) -> None:
    """What the queries make of the records; a record that they cannot take costs itself only."""
    try:
        made = _made(records, queries)
    except UnusableRecords:
        # What fails without any record is a fault of the format.
        _made(records.slice(0, 0), queries)
        if len(records) == 1:
            batch.rejects.append(_unknown(records.to_pylist()[0]))
            return
        half = len(records) // 2
        _add(batch, records.slice(0, half), queries)
        _add(batch, records.slice(half), queries)
        return
    batch.records.extend(made.records)
    batch.rejects.extend(made.rejects)


def _made(records: pa.Table, queries: Queries) -> Batch:
    batch = Batch()
    seen = []
    for table, statement in queries.by_table().items():
        rows = run(statement, records)
        if rows.num_rows == 0:
            continue
        seen.append(rows.column("record_number").cast(pa.int64()))
        made, rejects = records_of(rows, table)
        batch.rejects.extend(rejects)
        if len(made):
            batch.records.append(made)
    nothing = run(f"select record_number from records where {queries.nothing}", records)
    seen.append(nothing.column("record_number").cast(pa.int64()))
    known = pa.chunked_array([chunk for column in seen for chunk in column.chunks], pa.int64())
    unknown = records.filter(pc.invert(pc.is_in(records["record_number"], known)))
    batch.rejects.extend(map(_unknown, unknown.to_pylist()))
    return batch


def _unknown(row: dict[str, Any]) -> Reject:
    return Reject(row["record_number"], Reason.NOT_OF_THIS_FORMAT, excerpt(row["row"]))
