"""Datadog LLM Observability span events: as the tracer sends them, as the intake API takes them, as
the export API gives them.

    {"span_id", "trace_id", "start_ns", "meta": {...}, "metrics": {...}, "tags": ["k:v"]}
    {"event_type": "span", "spans": [...]}, or a list of these
    {"data": {"type": "span", "attributes": {"ml_app", "tags", "session_id", "spans": [...]}}}
    {"data": [{"type": "span", "attributes": {...}}], "meta": {...}}

Span ids are decimal numbers of 64 bits, written here as 16 hexadecimal digits; the ids as they came
are kept beside. Token counts include the cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import CLAIMED, Head, Verdict, declined
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="Datadog LLM Observability span events",
    status=Status.BY_SPECIFICATION,
    record_key="trace id and span id",
    version="a span event is sent once, when the span has ended",
)

# A decimal number in hexadecimal; 32 digits are hexadecimal already, however they look.
HEX_ID = """
    case
        when regexp_full_match({0}, '[0-9]{{1,31}}')
            then lower(lpad(to_hex(try_cast({0} as uhugeint)), {1}, '0'))
        else {0}
    end
"""
# The value of the first tag with this name: `env:prod`.
TAG = """
    substr(list_filter({0}, lambda tag: starts_with(tag, '{1}:'))[1], length('{1}') + 2)
"""
_OWN_TAGS = (
    *("env", "service", "version", "ml_app", "session_id", "user_id", "usr.id", "user_handle"),
    *("user_name", "source", "language", "ddtrace.version", "error", "error_type"),
)
_KINDS = {
    "llm": "LLM",
    "agent": "AGENT",
    "workflow": "CHAIN",
    "task": "CHAIN",
    "step": "CHAIN",
    "tool": "TOOL",
    "embedding": "EMBEDDING",
    "retrieval": "RETRIEVER",
}
_KIND_MAP = ", ".join(f"'{ours}': '{theirs}'" for ours, theirs in _KINDS.items())

# In Datadog's own exports a cost that it estimated is in billionths of a dollar; a cost that the
# SDK was given is in dollars. No token costs a dollar, and none less than a billionth of one, so
# more than a dollar a token says which it is. Without tokens nothing tells: no cost.
_COST = """
    case
        when try_cast(metrics ->> 'total_cost' as double) = 0 then metrics ->> 'total_cost'
        when try_cast(metrics ->> 'total_cost' as double) > tokens
            then cast(
                try_cast(metrics ->> 'total_cost' as decimal(20, 3))
                * cast('0.000000001' as decimal(10, 9)) as varchar)
        when tokens > 0 then metrics ->> 'total_cost'
    end
"""

SPANS = f"""
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
    where coalesce(body ->> 'type', 'span') = 'span'
),
spans as (
    select
        record_number,
        payload,
        unnest(coalesce(elements(payload -> 'spans'), [payload])) as span
    from payloads
),
parts as materialized (
    select
        record_number,
        span,
        span -> 'metrics' as metrics,
        span -> 'meta' as meta,
        coalesce(span -> '$.meta.input', span -> 'input') as input,
        coalesce(span -> '$.meta.output', span -> 'output') as output,
        coalesce(span -> '$.meta.metadata', span -> 'metadata') as metadata,
        lower(coalesce(
            span ->> '$.meta.span.kind', span ->> '$.meta."span.kind"', span ->> '$.meta.kind',
            span ->> 'span_kind'
        )) as kind,
        list_concat(
            coalesce(try_cast(span -> 'tags' as varchar[]), []),
            -- Of all spans of a payload.
            coalesce(
                case when (payload -> 'spans') is not null
                    then try_cast(payload -> 'tags' as varchar[]) end,
                []
            )
        ) as tags,
        coalesce(span ->> 'ml_app', payload ->> 'ml_app') as ml_app,
        coalesce(span ->> 'session_id', payload ->> 'session_id') as session_id,
        coalesce(span ->> 'trace_id', span ->> '$._dd.apm_trace_id') as source_trace_id,
        span ->> 'span_id' as source_span_id,
        nullif(span ->> 'parent_id', 'undefined') as parent_id,
        coalesce(span ->> 'start_ns', span ->> 'start') as start_ns
    from spans
),
counted as materialized (
    select
        *,
        coalesce(
            try_cast(metrics ->> 'total_tokens' as double),
            try_cast(metrics ->> 'input_tokens' as double)
            + coalesce(try_cast(metrics ->> 'output_tokens' as double), 0)
        ) as tokens,
        coalesce(
            input ->> 'value', input ->> 'messages', input ->> 'documents',
            case when json_type(input) = 'VARCHAR' then input ->> '$' end
        ) as input_text,
        coalesce(
            output ->> 'value', output ->> 'messages', output ->> 'documents',
            case when json_type(output) = 'VARCHAR' then output ->> '$' end
        ) as output_text
    from parts
)
select
    record_number,
    source_trace_id,
    source_span_id,
    {HEX_ID.format("source_trace_id", 32)} as trace_id,
    {HEX_ID.format("source_span_id", 16)} as span_id,
    {HEX_ID.format("nullif(parent_id, '0')", 16)} as parent_span_id,
    span ->> 'name' as name,
    case when kind in ('llm', 'embedding') then 'client' else 'internal' end as kind,
    nanos_of(start_ns, 1) as start_time_unix_nano,
    try(nanos_of(start_ns, 1) + nanos_of(span ->> 'duration', 1)) as end_time_unix_nano,
    coalesce(span ->> 'status', case when try_cast(span ->> 'error' as int) > 0 then 'error' end)
        as status_code,
    coalesce(nullif(span ->> 'status_message', ''), span ->> '$.meta.error.message')
        as status_message,
    'datadog.llm_spans' as scope_name,
    map_concat(
        map {{
            'openinference.span.kind': coalesce(map {{{_KIND_MAP}}}[kind], upper(kind)),
            'llm.model_name': coalesce(meta ->> 'model_name', span ->> 'model_name'),
            'gen_ai.provider.name': coalesce(meta ->> 'model_provider', span ->> 'model_provider'),
            'gen_ai.usage.input_tokens': metrics ->> 'input_tokens',
            'gen_ai.usage.output_tokens': metrics ->> 'output_tokens',
            'gen_ai.usage.total_tokens': metrics ->> 'total_tokens',
            'gen_ai.usage.cache_read.input_tokens': metrics ->> 'cache_read_input_tokens',
            'gen_ai.usage.cache_write.input_tokens': metrics ->> 'cache_write_input_tokens',
            'gen_ai.usage.reasoning.output_tokens': metrics ->> 'reasoning_output_tokens',
            'spanmart.usage.cache_write_5m.input_tokens': metrics ->> 'ephemeral_5m_input_tokens',
            'spanmart.usage.cache_write_1h.input_tokens': metrics ->> 'ephemeral_1h_input_tokens',
            'gen_ai.usage.cost': {_COST},
            'spanmart.model.time_to_first_token_ms': cast(
                try_cast(metrics ->> 'time_to_first_token' as double) * 1000 as varchar),
            'gen_ai.response.finish_reasons':
                '["' || coalesce(metadata ->> 'finish_reason', metadata ->> 'stop_reason') || '"]',
            'gen_ai.request.temperature': metadata ->> 'temperature',
            'gen_ai.request.max_tokens': metadata ->> 'max_tokens',
            'gen_ai.prompt.name': coalesce(
                input ->> '$.prompt.id', input ->> '$.prompt.name'),
            'gen_ai.prompt.version': input ->> '$.prompt.version',
            'llm.prompt_template.template': coalesce(
                input ->> '$.prompt.template', input ->> '$.prompt.chat_template'),
            'llm.prompt_template.variables': input ->> '$.prompt.variables',
            'gen_ai.tool.definitions': meta ->> 'tool_definitions',
            'gen_ai.retrieval.documents': cast(to_json(list_transform(
                case when kind = 'retrieval' then elements(output -> 'documents') end,
                lambda document: {{
                    'id': coalesce(document ->> 'id', document ->> 'name'),
                    'score': document -> 'score'
                }}
            )) as varchar),
            'llm.expected.output': meta ->> 'expected_output',
            'error.type': coalesce(
                span ->> '$.meta.error.type', {TAG.format("tags", "error_type")}),
            'exception.stacktrace': span ->> '$.meta.error.stack',
            'session.id': coalesce(session_id, {TAG.format("tags", "session_id")}),
            'user.id': coalesce(
                {TAG.format("tags", "user_id")}, {TAG.format("tags", "usr.id")},
                {TAG.format("tags", "user_handle")}
            ),
            'metadata': nullif(cast(metadata as varchar), '{{}}'),
            'tag.tags': nullif(cast(to_json(list_filter(
                tags, lambda tag: split_part(tag, ':', 1) not in {_OWN_TAGS}
            )) as varchar), '[]'),
            'datadog.apm_trace_id': span ->> '$._dd.apm_trace_id'
        }},
        case
            when kind = 'tool' then map {{
                'gen_ai.tool.name': span ->> 'name',
                'gen_ai.tool.call.id': metadata ->> 'tool_id',
                'gen_ai.tool.call.arguments': input_text,
                'gen_ai.tool.call.result': output_text
            }}
            else map {{'input.value': input_text, 'output.value': output_text}}
        end
    ) as attributes,
    map {{
        'service.name': coalesce(
            span ->> 'service', {TAG.format("tags", "service")}, ml_app,
            {TAG.format("tags", "ml_app")}
        ),
        'service.version': {TAG.format("tags", "version")},
        'deployment.environment.name': {TAG.format("tags", "env")},
        'datadog.ml_app': coalesce(ml_app, {TAG.format("tags", "ml_app")})
    }} as resource_attributes,
    list_transform(elements(span -> 'span_links'), lambda link: {{
        'trace_id': {HEX_ID.format("(link ->> 'trace_id')", 32)},
        'span_id': {HEX_ID.format("(link ->> 'span_id')", 16)},
        'attributes': texts_of(link -> 'attributes')
    }}) as links
from counted
where coalesce(source_trace_id, source_span_id) is not null
"""
NOTHING = "json_array_length(row -> 'data') = 0 or json_array_length(row -> 'spans') = 0"


def sniff(head: Head) -> Verdict:
    if any(map(_is_span, _payloads(head))):
        return CLAIMED
    return declined("no span event: span_id, start_ns and meta")


def read(stream: BinaryIO) -> Iterator[Batch]:
    return reading.read(stream, reading.Queries(spans=SPANS, nothing=NOTHING))


def _payloads(head: Head) -> Iterator[Mapping[str, Any]]:
    """Span events, and what holds some."""
    for record in head.records:
        data = record.get("data", record)
        for body in data if isinstance(data, list) else [data]:
            payload = body.get("attributes", body) if isinstance(body, dict) else None
            if isinstance(payload, dict):
                spans = payload.get("spans")
                yield from (
                    [payload]
                    if not isinstance(spans, list)
                    else [one for one in spans if isinstance(one, dict)]
                )


def _is_span(span: Mapping[str, Any]) -> bool:
    marks = {"meta", "metrics", "ml_app", "span_kind", "_dd"}
    return {"span_id", "start_ns"} <= span.keys() and bool(marks & span.keys())
