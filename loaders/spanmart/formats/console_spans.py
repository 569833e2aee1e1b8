"""What OpenTelemetry's ConsoleSpanExporter prints: a JSON object a span, one after the other.

Ids are `0x` and hex, times ISO-8601, enums the names of Python's enum members. Python prints the
object over many lines unless it is told otherwise, and so may log collectors that saved it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import Container, Head, Verdict
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="OpenTelemetry's ConsoleSpanExporter",
    status=Status.RECORDED,
    record_key="trace id and span id",
    version="a span is printed once, when it has ended",
)

SPANS = """
select
    record_number,
    row ->> '$.context.trace_id' as trace_id,
    row ->> '$.context.span_id' as span_id,
    row ->> '$.parent_id' as parent_span_id,
    nullif(row ->> '$.context.trace_state', '[]') as trace_state,
    row ->> '$.name' as name,
    split_part(row ->> '$.kind', '.', 2) as kind,
    iso_nanos(row ->> '$.start_time') as start_time_unix_nano,
    iso_nanos(row ->> '$.end_time') as end_time_unix_nano,
    row ->> '$.status.status_code' as status_code,
    row ->> '$.status.description' as status_message,
    texts_of(row -> '$.attributes') as attributes,
    texts_of(row -> '$.resource.attributes') as resource_attributes,
    list_transform(
        elements(row -> '$.events'),
        lambda event: {
            'time_unix_nano': iso_nanos(event ->> '$.timestamp'),
            'name': event ->> '$.name',
            'attributes': texts_of(event -> '$.attributes')
        }
    ) as events,
    list_transform(
        elements(row -> '$.links'),
        lambda link: {
            'trace_id': link ->> '$.context.trace_id',
            'span_id': link ->> '$.context.span_id',
            'attributes': texts_of(link -> '$.attributes')
        }
    ) as links
from records
where row ->> '$.context.trace_id' is not null
"""


def sniff(head: Head) -> Verdict:
    return head.is_in(Container.JSON) & head.has("context", "parent_id", "start_time", "resource")


def read(stream: BinaryIO) -> Iterator[Batch]:
    return reading.read(stream, reading.Queries(spans=SPANS))
