"""Spans as Google Cloud Observability keeps them: rows of the view `_AllSpans` of a linked BigQuery
dataset, as JSON Lines or Parquet.

They are OpenTelemetry's, with attributes as JSON under their own names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import Head, Verdict
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="Google Cloud Observability spans (view _AllSpans)",
    status=Status.BY_SPECIFICATION,
    record_key="trace id and span id",
    version="a span is written once, when it has ended",
)

_KINDS = "['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']"


def _attributes(place: str) -> str:
    return f"dotted_texts(inner_json({place}))"


# A resource and a scope hold their attributes in a member, or are them.
_RESOURCE = "inner_json(row -> 'resource')"

SPANS = f"""
select
    record_number,
    row ->> 'trace_id' as trace_id,
    row ->> 'span_id' as span_id,
    row ->> 'parent_span_id' as parent_span_id,
    said(row ->> 'trace_state') as trace_state,
    row ->> 'name' as name,
    coalesce(
        {_KINDS}[try_cast(row ->> 'kind' as int) + 1],
        replace(upper(row ->> 'kind'), 'SPAN_KIND_', '')
    ) as kind,
    moment_nanos(coalesce(row ->> 'start_time', row ->> 'start_time_unix_nano'))
        as start_time_unix_nano,
    coalesce(
        moment_nanos(coalesce(row ->> 'end_time', row ->> 'end_time_unix_nano')),
        try(
            moment_nanos(coalesce(row ->> 'start_time', row ->> 'start_time_unix_nano'))
            + nanos_of(row ->> 'duration_nano', 1)
        )
    ) as end_time_unix_nano,
    case coalesce(inner_json(row -> 'status') ->> 'code', row ->> 'status_code')
        when '1' then 'ok'
        when '2' then 'error'
        else replace(
            upper(coalesce(inner_json(row -> 'status') ->> 'code', row ->> 'status_code')),
            'STATUS_CODE_', ''
        )
    end as status_code,
    said(inner_json(row -> 'status') ->> 'message') as status_message,
    inner_json(row -> 'instrumentation_scope') ->> 'name' as scope_name,
    inner_json(row -> 'instrumentation_scope') ->> 'version' as scope_version,
    {_attributes("row -> 'attributes'")} as attributes,
    {_attributes(f"coalesce({_RESOURCE} -> 'attributes', {_RESOURCE})")} as resource_attributes,
    list_transform(elements(inner_json(row -> 'events')), lambda event: {{
        'time_unix_nano': moment_nanos(
            coalesce(event ->> 'time', event ->> 'timestamp', event ->> 'time_unix_nano')),
        'name': event ->> 'name',
        'attributes': {_attributes("event -> 'attributes'")}
    }}) as events,
    list_transform(elements(inner_json(row -> 'links')), lambda link: {{
        'trace_id': link ->> 'trace_id',
        'span_id': link ->> 'span_id',
        'attributes': {_attributes("link -> 'attributes'")}
    }}) as links
from records
where row ->> 'trace_id' is not null
"""


def sniff(head: Head) -> Verdict:
    return head.has("trace_id", "span_id", "name", "instrumentation_scope", "attributes")


def read(stream: BinaryIO) -> Iterator[Batch]:
    return reading.read(stream, reading.Queries(spans=SPANS))
