"""AWS X-Ray segment documents: as the daemon gets them, a document a line or one after the other;
and as BatchGetTraces and PutTraceSegments wrap them, a JSON text inside JSON.

Subsegments lie inside their segment, as deep as calls go; each is a span of its own, whose parent
is what it lies in. A segment in progress is written before its end, and the whole of it later under
the same id. Spans that OpenTelemetry exported to X-Ray have their attributes as annotations, whose
names have underscores for dots, and as metadata under their own names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import CLAIMED, Head, Verdict, declined
from spanmart.formats._sql import reading
from spanmart.formats._underscored import CONVENTIONS, restored
from spanmart.records import Batch

ABOUT = About(
    title="AWS X-Ray segment documents, BatchGetTraces",
    status=Status.BY_SPECIFICATION,
    record_key="trace id and segment id",
    version="end time, or start time of a segment in progress: the later one replaces it",
)

_RESOURCE = "otel.resource."

SPANS = f"""
with recursive
documents as (
    select
        record_number,
        unnest(coalesce(
            case when (row -> 'Traces') is not null then flatten(list_transform(
                elements(row -> 'Traces'),
                lambda trace: list_transform(
                    elements(trace -> 'Segments'),
                    lambda segment: {{
                        'trace_id': trace ->> 'Id', 'document': inner_json(segment -> 'Document')
                    }}
                )
            )) end,
            list_transform(
                coalesce(elements(row -> 'TraceSegmentDocuments'), [row]),
                lambda document: {{'trace_id': null, 'document': inner_json(document)}}
            )
        ), recursive := true)
    from records
    where not coalesce({{nothing}}, false)
),
segments as (
    select
        record_number,
        coalesce(document ->> 'trace_id', trace_id) as trace_id,
        document ->> 'parent_id' as parent_id,
        document,
        document as root
    from documents
    union all
    select
        record_number,
        trace_id,
        document ->> 'id',
        unnest(elements(document -> 'subsegments')),
        root
    from segments
),
described as materialized (
    select
        *,
        epoch_nanos(document ->> 'start_time') as start_time_unix_nano,
        case when document ->> 'in_progress' is distinct from 'true'
            then epoch_nanos(document ->> 'end_time') end as end_time_unix_nano,
        texts_of(document -> '$.metadata.default') as own_metadata,
        list_transform(elements(document -> '$.cause.exceptions'), lambda exception: {{
            'type': exception ->> 'type',
            'message': exception ->> 'message',
            'stack': list_aggregate(list_transform(
                elements(exception -> 'stack'),
                lambda frame: concat(
                    frame ->> 'path', ':', frame ->> 'line', ' ', frame ->> 'label'
                )
            ), 'string_agg', chr(10))
        }}) as exceptions,
        coalesce(
            document ->> 'fault' = 'true'
            or document ->> 'error' = 'true'
            or document ->> 'throttle' = 'true',
            false
        ) as has_failed
    from segments
)
select
    record_number,
    trace_id,
    document ->> 'id' as span_id,
    parent_id as parent_span_id,
    document ->> 'name' as name,
    case
        when document ->> 'namespace' in ('aws', 'remote') then 'client'
        when document ->> 'id' = root ->> 'id' and document ->> 'type' is distinct from 'subsegment'
            then 'server'
        else 'internal'
    end as kind,
    start_time_unix_nano,
    end_time_unix_nano,
    nanos_timestamp(coalesce(end_time_unix_nano, start_time_unix_nano)) as source_version_at,
    case when has_failed then 'error' end as status_code,
    exceptions[1].message as status_message,
    'xray.segments' as scope_name,
    map_concat(
        map {{
            'error.type': coalesce(
                exceptions[1].type,
                case when document ->> 'throttle' = 'true' then 'throttle' end,
                case when has_failed then document ->> '$.http.response.status' end
            ),
            'http.request.method': document ->> '$.http.request.method',
            'url.full': document ->> '$.http.request.url',
            'http.response.status_code': document ->> '$.http.response.status',
            'user.id': coalesce(document ->> 'user', root ->> 'user'),
            'db.query.text': document ->> '$.sql.sanitized_query',
            'aws.xray.namespace': document ->> 'namespace',
            'aws.xray.origin': document ->> 'origin',
            -- What an application notes of its own; names of the conventions are attributes below.
            'metadata': nullif(cast(to_json(map_from_entries(list_filter(
                map_entries(texts_of(document -> 'annotations')),
                lambda pair: not regexp_matches(pair.key, '{CONVENTIONS}')
            ))) as varchar), '{{}}')
        }},
        prefixed('aws.', texts_of(document -> 'aws')),
        prefixed('aws.xray.metadata.', texts_of(
            case when json_type(document -> 'metadata') = 'OBJECT'
                then json_merge_patch(document -> 'metadata', json '{{"default": null}}') end
        )),
        {restored("texts_of(document -> 'annotations')")},
        map_from_entries(list_filter(
            map_entries(own_metadata), lambda pair: not starts_with(pair.key, '{_RESOURCE}')
        ))
    ) as attributes,
    map_concat(
        map {{
            -- A subsegment that came alone is named for what it calls; its service is not known.
            'service.name': case
                when root ->> 'type' is distinct from 'subsegment' then root ->> 'name'
            end,
            'service.version': root ->> '$.service.version',
            'cloud.region': root ->> '$.aws.region'
        }},
        map_from_entries(list_transform(
            list_filter(
                map_entries(own_metadata), lambda pair: starts_with(pair.key, '{_RESOURCE}')
            ),
            lambda pair: {{'key': substr(pair.key, {len(_RESOURCE) + 1}), 'value': pair.value}}
        ))
    ) as resource_attributes,
    list_transform(exceptions, lambda exception: {{
        'time_unix_nano': coalesce(end_time_unix_nano, start_time_unix_nano),
        'name': 'exception',
        'attributes': map {{
            'exception.type': exception.type,
            'exception.message': exception.message,
            'exception.stacktrace': exception.stack
        }}
    }}) as events
from described
"""
# The line before a document in what a daemon is sent, and an answer without traces.
NOTHING = """
    (row ->> 'format' = 'json' and (row -> 'version') is not null)
    or json_array_length(row -> 'Traces') = 0
"""
SPANS = SPANS.replace("{nothing}", NOTHING)


def sniff(head: Head) -> Verdict:
    if any(map(_is_xray, head.records)):
        return CLAIMED
    return declined("no segment: id, trace_id and start_time")


def read(stream: BinaryIO) -> Iterator[Batch]:
    return reading.read(stream, reading.Queries(spans=SPANS, nothing=NOTHING))


def _is_xray(record: Mapping[str, Any]) -> bool:
    if "Traces" in record or "TraceSegmentDocuments" in record:
        return "UnprocessedTraceIds" in record or '"Document' in json.dumps(record)
    trace_id = record.get("trace_id")
    is_segment = {"id", "name", "start_time"} <= record.keys()
    return is_segment and isinstance(trace_id, str) and trace_id.startswith("1-")
