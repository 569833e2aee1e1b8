"""Spans as AWS keeps them for Transaction Search: OpenTelemetry's own in the CloudWatch log group
`aws/spans`, an object a span with attributes as plain members; and the log records of its log
groups for agents, in the same shape.

A record is the object, or what holds its text: an event of a subscription or a row of Logs Insights
(`message`, `@message`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import CLAIMED, Head, Verdict, declined
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="AWS X-Ray Transaction Search: spans of the log group aws/spans",
    status=Status.BY_SPECIFICATION,
    record_key="trace id and span id; a log record: all of it",
    version="a span is written once, when it has ended",
)

_OBJECTS = """
with
documents as (
    select
        record_number,
        unnest(coalesce(
            list_transform(elements(row -> 'logEvents'), lambda event: event -> 'message'),
            [coalesce(row -> '@message', row -> 'message', row)]
        )) as document
    from records
),
objects as materialized (
    select record_number, inner_json(document) as object
    from documents
)
"""

SPANS = f"""
{_OBJECTS}
select
    record_number,
    object ->> 'traceId' as trace_id,
    object ->> 'spanId' as span_id,
    object ->> 'parentSpanId' as parent_span_id,
    nullif(object ->> 'traceState', '') as trace_state,
    object ->> 'name' as name,
    object ->> 'kind' as kind,
    try_cast(object ->> 'flags' as bigint) as flags,
    nanos_of(object ->> 'startTimeUnixNano', 1) as start_time_unix_nano,
    coalesce(
        nanos_of(object ->> 'endTimeUnixNano', 1),
        try(nanos_of(object ->> 'startTimeUnixNano', 1) + nanos_of(object ->> 'durationNano', 1))
    ) as end_time_unix_nano,
    object ->> '$.status.code' as status_code,
    nullif(object ->> '$.status.message', '') as status_message,
    object ->> '$.scope.name' as scope_name,
    object ->> '$.scope.version' as scope_version,
    dotted_texts(object -> 'attributes') as attributes,
    dotted_texts(object -> '$.resource.attributes') as resource_attributes,
    list_transform(elements(object -> 'events'), lambda event: {{
        'time_unix_nano': nanos_of(event ->> 'timeUnixNano', 1),
        'name': event ->> 'name',
        'attributes': dotted_texts(event -> 'attributes')
    }}) as events,
    list_transform(elements(object -> 'links'), lambda link: {{
        'trace_id': link ->> 'traceId',
        'span_id': link ->> 'spanId',
        'attributes': dotted_texts(link -> 'attributes')
    }}) as links
from objects
where object ->> 'startTimeUnixNano' is not null
"""
LOG_RECORDS = f"""
{_OBJECTS}
select
    record_number,
    nullif(object ->> 'traceId', '') as trace_id,
    nullif(object ->> 'spanId', '') as span_id,
    coalesce(object ->> 'eventName', member(object -> 'attributes', 'event.name') ->> '$')
        as event_name,
    nanos_of(
        coalesce(nullif(object ->> 'timeUnixNano', '0'), object ->> 'observedTimeUnixNano'), 1
    ) as time_unix_nano,
    nullif(object ->> 'severityText', '') as severity_text,
    object ->> '$.scope.name' as scope_name,
    object ->> '$.scope.version' as scope_version,
    dotted_texts(object -> 'attributes') as attributes,
    dotted_texts(object -> '$.resource.attributes') as resource_attributes,
    object ->> 'body' as body
from objects
where object ->> 'startTimeUnixNano' is null
    and coalesce(object ->> 'timeUnixNano', object ->> 'observedTimeUnixNano') is not null
"""
# What CloudWatch sends first to see whether a subscription is there.
NOTHING = "row ->> 'messageType' = 'CONTROL_MESSAGE'"


def sniff(head: Head) -> Verdict:
    if any(_is_ours(found) for record in head.records for found in _objects(record)):
        return CLAIMED
    return declined("no traceId, spanId and attributes as plain members")


def read(stream: BinaryIO) -> Iterator[Batch]:
    queries = reading.Queries(spans=SPANS, log_records=LOG_RECORDS, nothing=NOTHING)
    return reading.read(stream, queries)


def _objects(record: Mapping[str, Any]) -> Iterator[Any]:
    events = record.get("logEvents")
    if isinstance(events, list):
        texts = [event.get("message") for event in events if isinstance(event, dict)]
    else:
        texts = [record.get("@message", record.get("message", record))]
    for text in texts:
        try:
            yield json.loads(text) if isinstance(text, str) else text
        except (ValueError, RecursionError):
            yield None


def _is_ours(found: Any) -> bool:
    if not isinstance(found, dict) or not isinstance(found.get("attributes"), dict):
        return False
    times = ("startTimeUnixNano", "timeUnixNano", "observedTimeUnixNano")
    return {"traceId", "spanId", "resource"} <= found.keys() and any(map(found.__contains__, times))
