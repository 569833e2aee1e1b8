"""Datadog LLM Observability evaluation events, as they are submitted: one a line, or in the payload
of the intake API, `{"data": {"type": "evaluation_metric", "attributes": {"metrics": [...]}}}`.

An evaluation is joined to its span by ids, or by a tag whose value an application knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import CLAIMED, Head, Verdict, declined
from spanmart.formats._sql import reading
from spanmart.formats.datadog_llm_spans import HEX_ID
from spanmart.records import Batch

ABOUT = About(
    title="Datadog LLM Observability evaluation events (feedback)",
    status=Status.BY_SPECIFICATION,
    record_key="id; without one, all of the event",
    version="an evaluation is never changed",
)

FEEDBACK = f"""
with
bodies as (
    select
        record_number,
        unnest(case
            when json_type(row -> 'data') = 'ARRAY' then elements(row -> 'data')
            when json_type(row -> 'data') = 'OBJECT' then [row -> 'data']
            else [row]
        end) as body
    from records
),
payloads as (
    select record_number, coalesce(body -> 'attributes', body) as payload
    from bodies
),
metrics as (
    select
        record_number,
        unnest(coalesce(elements(payload -> 'metrics'), [payload])) as metric
    from payloads
),
joined as (
    select
        *,
        coalesce(metric ->> '$.join_on.span.trace_id', metric ->> 'trace_id') as trace_id,
        coalesce(metric ->> '$.join_on.span.span_id', metric ->> 'span_id') as span_id,
        metric ->> '$.join_on.tag.key' as tag_key,
        metric ->> '$.join_on.tag.value' as tag_value,
        coalesce(
            metric ->> 'score_value', metric ->> 'categorical_value', metric ->> 'boolean_value',
            metric ->> 'json_value', metric ->> 'value'
        ) as said
    from metrics
    where metric ->> 'label' is not null
)
select
    record_number,
    metric ->> 'id' as feedback_id,
    {HEX_ID.format("trace_id", 32)} as trace_id,
    {HEX_ID.format("span_id", 16)} as span_id,
    case when tag_key in ('session_id', 'conversation_id', 'thread_id') then tag_value end
        as conversation_id,
    case
        when tag_key not in ('session_id', 'conversation_id', 'thread_id') then tag_value
    end as request_id,
    'evaluator_label' as kind,
    'evaluator' as feedback_source,
    nanos_of(metric ->> 'timestamp_ms', 1000000) as time_unix_nano,
    case metric ->> 'metric_type'
        when 'score' then try_cast(said as double)
        when 'boolean' then case said when 'true' then 1 when 'false' then 0 end
    end as score,
    case when metric ->> 'metric_type' in ('categorical', 'boolean') then said end as label,
    -- What an evaluator says in an object may hold what a user wrote: content, as its reasoning is.
    coalesce(
        metric ->> 'reasoning', case when metric ->> 'metric_type' = 'json' then said end
    ) as comment,
    metric ->> 'label' as evaluator_name,
    map {{
        'datadog.ml_app': metric ->> 'ml_app',
        'datadog.assessment': metric ->> 'assessment',
        'datadog.join_on.tag': tag_key,
        'tag.tags': nullif(cast(metric -> 'tags' as varchar), '[]')
    }} as attributes
from joined
"""


def sniff(head: Head) -> Verdict:
    if any(map(_is_evaluation, head.records)):
        return CLAIMED
    return declined("no evaluation: label and metric_type")


def read(stream: BinaryIO) -> Iterator[Batch]:
    return reading.read(stream, reading.Queries(feedback=FEEDBACK))


def _is_evaluation(record: Mapping[str, Any]) -> bool:
    data = record.get("data", record)
    body = data[0] if isinstance(data, list) and data else data
    payload = body.get("attributes", body) if isinstance(body, dict) else {}
    metrics = payload.get("metrics") if isinstance(payload, dict) else None
    event = metrics[0] if isinstance(metrics, list) and metrics else payload
    return isinstance(event, dict) and {"label", "metric_type"} <= event.keys()
