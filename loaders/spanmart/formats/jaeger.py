"""Jaeger's JSON: pages of its UI and API, single traces, and spans as its Elasticsearch keeps them.

    {"data": [{"traceID", "spans": [...], "processes": {"p1": {...}}}], "total", ...}
    {"traceID", "spans", "processes"}
    {"traceID", "spanID", "startTimeMillis", "process": {...}, "tags" and "tag"}, with or without
        the `_source` of a dump around it

Jaeger has no place for what OpenTelemetry keeps beside a span's attributes, so both write it into
tags (OpenTelemetry specification, "Transformation to non-OTLP formats"); here it goes back: kind,
status, scope and trace state leave the attributes, the name of an event its fields. The first
reference to the same trace is the parent, every other one a link.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import CLAIMED, Head, Verdict, declined
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="Jaeger JSON: UI and API pages, traces, spans of its Elasticsearch index",
    status=Status.BY_SPECIFICATION,
    record_key="trace id and span id",
    version="a span is written once, when it has ended",
)

# Jaeger left the leading zeros of ids out until 1.16; `{}` is an id.
_WHOLE = """
    case when length({0}) > 32 then {0}
    else lpad({0}, case when length({0}) > 16 then 32 else 16 end, '0') end
"""
# A list of {"key", "value"}; or, in Elasticsearch with tags as fields, an object whose names have
# `@` for each dot.
_TAGS = """
    case when json_type({0}) = 'OBJECT' then texts_of({0}) else keyed(
        list_transform(elements({0}), lambda tag: {{
            'key': tag ->> '$.key', 'value': tag ->> '$.value'
        }})
    ) end
"""
_FIELDS = """
    map_from_entries(list_transform(map_entries(texts_of({0})), lambda field: {{
        'key': replace(field.key, '@', '.'), 'value': field.value
    }}))
"""
_NOT_ATTRIBUTES = """
    'span.kind', 'otel.status_code', 'otel.status_description', 'otel.scope.name',
    'otel.scope.version', 'otel.library.name', 'otel.library.version', 'w3c.tracestate',
    'internal.span.format'
"""

SPANS = f"""
with
documents as (
    select record_number, coalesce(row -> '_source', row) as document
    from records
),
traces as (
    select
        record_number,
        unnest(coalesce(elements(document -> 'data'), [document])) as trace
    from documents
),
spans as (
    select
        record_number,
        trace ->> 'traceID' as id_of_trace,
        trace -> 'processes' as processes,
        unnest(coalesce(elements(trace -> 'spans'), [trace])) as span
    from traces
),
identified as materialized (
    select
        record_number,
        span,
        {_WHOLE.format("coalesce(span ->> 'traceID', id_of_trace)")} as trace_id,
        {_WHOLE.format("(span ->> 'spanID')")} as span_id,
        coalesce(span -> 'process', member(processes, span ->> 'processID')) as process,
        map_concat(
            {_TAGS.format("(span -> 'tags')")}, {_FIELDS.format("(span -> 'tag')")}
        ) as tags,
        list_transform(elements(span -> 'references'), lambda reference: {{
            'trace_id': {_WHOLE.format("(reference ->> 'traceID')")},
            'span_id': {_WHOLE.format("(reference ->> 'spanID')")},
            'is_child': reference ->> 'refType' = 'CHILD_OF'
        }}) as relations
    from spans
),
related as materialized (
    select
        *,
        coalesce(
            list_filter(relations, lambda one: one.is_child and one.trace_id = trace_id)[1],
            list_filter(relations, lambda one: one.trace_id = trace_id)[1]
        ) as parent,
        {_TAGS.format("(process -> 'tags')")} as process_tags
    from identified
)
select
    record_number,
    trace_id,
    span_id,
    coalesce(parent.span_id, {_WHOLE.format("(span ->> 'parentSpanID')")}) as parent_span_id,
    tags['w3c.tracestate'] as trace_state,
    span ->> 'operationName' as name,
    tags['span.kind'] as kind,
    nanos_of(span ->> 'startTime', 1000) as start_time_unix_nano,
    try(nanos_of(span ->> 'startTime', 1000) + nanos_of(span ->> 'duration', 1000))
        as end_time_unix_nano,
    case
        when tags['otel.status_code'] is not null then tags['otel.status_code']
        when tags['error'] = 'true' then 'error'
    end as status_code,
    tags['otel.status_description'] as status_message,
    coalesce(tags['otel.scope.name'], tags['otel.library.name']) as scope_name,
    coalesce(tags['otel.scope.version'], tags['otel.library.version']) as scope_version,
    try_cast(span ->> 'flags' as bigint) as flags,
    map_concat(
        map_from_entries(list_filter(
            map_entries(tags),
            lambda tag: tag.key not in ({_NOT_ATTRIBUTES})
                and not (tag.key = 'error' and tag.value = 'true')
        )),
        map {{'jaeger.warnings': nullif(span ->> 'warnings', '[]')}}
    ) as attributes,
    map_concat(
        process_tags,
        {_FIELDS.format("(process -> 'tag')")},
        map {{'service.name': process ->> 'serviceName'}}
    ) as resource_attributes,
    list_transform(
        list_transform(elements(span -> 'logs'), lambda log: {{
            'time': nanos_of(log ->> 'timestamp', 1000),
            'fields': {_TAGS.format("(log -> 'fields')")}
        }}),
        lambda log: {{
            'time_unix_nano': log.time,
            'name': log.fields['event'],
            'attributes': map_from_entries(
                list_filter(map_entries(log.fields), lambda field: field.key <> 'event')
            )
        }}
    ) as events,
    list_transform(
        list_filter(
            relations,
            lambda one: not (
                one.trace_id = parent.trace_id
                and one.span_id = parent.span_id
                and one.is_child = parent.is_child
            ) or parent is null
        ),
        lambda one: {{
            'trace_id': one.trace_id,
            'span_id': one.span_id,
            -- What OpenTelemetry calls a link is a FOLLOWS_FROM of Jaeger; the other kind is not.
            'attributes': map {{
                'opentracing.ref_type': case when one.is_child then 'child_of' end
            }}
        }}
    ) as links
from related
where coalesce(trace_id, span_id) is not null
"""
# A page on which nothing was found, and a trace whose spans are gone.
NOTHING = """
    json_array_length(row -> 'data') = 0
    or (row ->> 'traceID' is not null and json_array_length(row -> 'spans') = 0)
"""


def sniff(head: Head) -> Verdict:
    if any(map(_is_jaeger, head.records)):
        return CLAIMED
    return declined("no data, trace or span with traceID and spanID")


def read(stream: BinaryIO) -> Iterator[Batch]:
    return reading.read(stream, reading.Queries(spans=SPANS, nothing=NOTHING))


def _is_jaeger(record: Mapping[str, Any]) -> bool:
    data = record.get("data")
    if isinstance(data, list) and data:
        return isinstance(data[0], dict) and _is_trace(data[0])
    source = record.get("_source", record)
    return isinstance(source, dict) and (
        _is_trace(source) or {"traceID", "spanID", "operationName"} <= source.keys()
    )


def _is_trace(trace: Mapping[str, Any]) -> bool:
    spans = trace.get("spans")
    if "traceID" not in trace or not isinstance(spans, list):
        return False
    # The last span that is seen may be cut off before its id; the first one is not.
    return not spans or (isinstance(spans[0], dict) and "spanID" in spans[0])
