"""Google Cloud Trace V2 spans, as sinks exported them to BigQuery and as the V2 API takes them.

A row of BigQuery holds the span in a column `span` and has all columns of its table, most of them
NULL. Column names have letters, digits and underscores: `gen_ai.usage.input_tokens` came out as
`gen_ai_usage_input_tokens`. Attributes of a resource and the scope are labels among the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import CLAIMED, Container, Head, Verdict, declined
from spanmart.formats._sql import reading
from spanmart.formats._underscored import restored
from spanmart.records import Batch

ABOUT = About(
    title="Google Cloud Trace V2 spans (BigQuery sink, API)",
    status=Status.BY_SPECIFICATION,
    record_key="trace id and span id",
    version="a span is written once, when it has ended",
)

# A value is typed ({"stringValue": {"value": "x"}}, {"intValue": "1"}) or plain.
_ATTRIBUTES = """
    map_from_entries(list_transform(
        map_entries(coalesce(
            try_cast({0} -> 'attributeMap' as map(varchar, json)),
            map([]::varchar[], []::json[])
        )),
        lambda label: {{
            'key': label.key,
            'value': case
                when json_type(label.value) <> 'OBJECT' then label.value ->> '$'
                else coalesce(
                    label.value ->> '$.stringValue.value', label.value ->> '$.string_value.value',
                    label.value ->> 'intValue', label.value ->> 'int_value',
                    label.value ->> 'boolValue', label.value ->> 'bool_value',
                    label.value ->> 'value'
                )
            end
        }}
    ))
"""
# What OpenTelemetry's exporter writes as labels of the span and is none: the scope, the resource.
_RESOURCE = "^(service|deployment|telemetry|host|cloud|k8s|faas|gcp|process|container)[.]"
_GOOGLE_RESOURCE = "^g[.]co/r/"

SPANS = f"""
with
bodies as (
    select record_number, unnest(coalesce(elements(row -> 'spans'), [row])) as body
    from records
),
spans as (
    select record_number, coalesce(body -> 'span', body) as span
    from bodies
),
described as materialized (
    select
        record_number,
        span,
        {restored(_ATTRIBUTES.format("(span -> 'attributes')"))} as labels
    from spans
)
select
    record_number,
    regexp_extract(span ->> 'name', '/traces/([^/]+)', 1) as trace_id,
    coalesce(span ->> 'spanId', regexp_extract(span ->> 'name', '/spans/([^/]+)', 1)) as span_id,
    span ->> 'parentSpanId' as parent_span_id,
    coalesce(span ->> '$.displayName.value', span ->> 'displayName') as name,
    span ->> 'spanKind' as kind,
    iso_nanos(span ->> 'startTime') as start_time_unix_nano,
    iso_nanos(span ->> 'endTime') as end_time_unix_nano,
    -- A code of google.rpc: all but 0 are errors.
    case when try_cast(span ->> '$.status.code' as int) > 0 then 'error' end as status_code,
    nullif(span ->> '$.status.message', '') as status_message,
    coalesce(labels['otel.scope.name'], labels['otel.library.name']) as scope_name,
    coalesce(labels['otel.scope.version'], labels['otel.library.version']) as scope_version,
    map_from_entries(list_filter(
        map_entries(labels),
        lambda pair: not regexp_matches(pair.key, '{_RESOURCE}|{_GOOGLE_RESOURCE}|^otel[.]')
    )) as attributes,
    map_concat(
        map {{
            'service.name': coalesce(
                labels['g.co/r/generic_task/job'], labels['g_co_r_generic_task_job']),
            'gcp.project_id': regexp_extract(span ->> 'name', '^projects/([^/]+)', 1)
        }},
        map_from_entries(list_filter(
            map_entries(labels), lambda pair: regexp_matches(pair.key, '{_RESOURCE}')
        ))
    ) as resource_attributes,
    list_transform(
        list_filter(
            elements(span -> '$.timeEvents.timeEvent'),
            lambda event: (event -> 'annotation') is not null
        ),
        lambda event: {{
            'time_unix_nano': iso_nanos(event ->> 'time'),
            'name': coalesce(
                event ->> '$.annotation.description.value', event ->> '$.annotation.description'),
            'attributes': {restored(_ATTRIBUTES.format("(event -> '$.annotation.attributes')"))}
        }}
    ) as events,
    list_transform(elements(span -> '$.links.link'), lambda link: {{
        'trace_id': link ->> 'traceId',
        'span_id': link ->> 'spanId',
        'attributes': {restored(_ATTRIBUTES.format("(link -> 'attributes')"))}
    }}) as links
from described
where span ->> 'name' is not null
"""


def sniff(head: Head) -> Verdict:
    if head.container is Container.PARQUET:
        # The span is one nested column, and what is in it does not show at the head of a file.
        others = set(head.columns) - {"span", "_PARTITIONTIME", "_PARTITIONDATE"}
        return declined("columns beside span") if others else head.has("span")
    if any(_is_span(span) for record in head.records for span in _spans(record)):
        return CLAIMED
    return declined("no span with displayName and the name projects/.../traces/.../spans/...")


def read(stream: BinaryIO) -> Iterator[Batch]:
    nothing = "json_array_length(row -> 'spans') = 0"
    return reading.read(stream, reading.Queries(spans=SPANS, nothing=nothing))


def _spans(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    spans = record.get("spans")
    for body in spans if isinstance(spans, list) else [record]:
        span = body.get("span", body) if isinstance(body, dict) else None
        if isinstance(span, dict):
            yield span


def _is_span(span: Mapping[str, Any]) -> bool:
    name = span.get("name")
    is_name = isinstance(name, str) and name.startswith("projects/") and "/traces/" in name
    return is_name and "displayName" in span
