"""A record that a format's SQL cannot take costs itself, and nothing beside it."""

from __future__ import annotations

import io
import json

import pytest

from spanmart.formats._sql.engine import UnusableRecords
from spanmart.formats._sql.reading import Queries, read

SPANS = """
select
    record_number,
    row ->> 'trace' as trace_id,
    row ->> 'span' as span_id,
    -- Not try_cast: such a slip in a format must not cost its users a file.
    cast(row ->> 'began' as bigint) as start_time_unix_nano
from records
"""


def lines(*began: str) -> io.BytesIO:
    records = [
        {"trace": f"{number:032x}", "span": f"{number:016x}", "began": each}
        for number, each in enumerate(began, start=1)
    ]
    return io.BytesIO("".join(json.dumps(record) + "\n" for record in records).encode())


def test_a_record_that_breaks_the_statement_is_the_only_reject() -> None:
    secret = "sk-live-4eC39HqLyjWDarjtT1zdp7dc"
    batches = list(read(lines("1", "2", secret, "4", "5"), Queries(spans=SPANS)))
    landed = [
        number
        for batch in batches
        for records in batch.records
        for number in records.columns.column("record_number").to_pylist()
    ]
    rejects = [reject for batch in batches for reject in batch.rejects]
    assert sorted(landed) == [1, 2, 4, 5]
    assert [(reject.record_number, reject.reason.code) for reject in rejects] == [
        (3, "not_of_this_format")
    ]
    # The excerpt is redacted later; the engine's own words would quote the value anywhere.
    assert secret not in rejects[0].detail


def test_a_statement_that_is_wrong_in_itself_is_an_error_at_once() -> None:
    with pytest.raises(UnusableRecords):
        list(read(lines("1", "2"), Queries(spans="select nonsense from records")))
