"""Traces of the OpenAI Agents SDK, as its own exporter posts them to /v1/traces/ingest.

[openai-agents 0.24 `tracing/span_data.py`, recorded.] `{"data": [...]}` with objects `trace` and
`trace.span`; recorded as requests, as bodies, or as objects one by one. A trace object has no times
and may come without its spans, and they without it.

A model call's usage stands on its `generation` or `response` span, and again on the spans of its
turn and of its task above: the tree says so, and the models count the deepest. Chat completions do
not say here why they ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from spanmart.formats import About, Status, _requests
from spanmart.formats._head import CLAIMED, Head, Verdict, declined
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="The OpenAI Agents SDK's own traces (posts to /v1/traces/ingest)",
    status=Status.RECORDED,
    record_key="trace_id and id",
    version="a span is posted once, when it has ended",
)

_OBJECTS = ("trace", "trace.span")

_SPANS = f"""
with {_requests.REQUESTS},

objects as materialized (
    select
        record_number,
        unnest(json_transform(sent, '{{
            "object": "VARCHAR", "id": "VARCHAR", "trace_id": "VARCHAR", "parent_id": "VARCHAR",
            "workflow_name": "VARCHAR", "group_id": "VARCHAR", "metadata": "JSON",
            "started_at": "VARCHAR", "ended_at": "VARCHAR", "span_data": "JSON",
            "error": {{"message": "VARCHAR", "data": "JSON"}}
        }}'))
    from (
        select
            record_number,
            unnest(
                case when json_type(body -> 'data') = 'ARRAY' then elements(body -> 'data')
                    else [body] end
            ) as sent
        from requests
    )
    where (sent ->> 'object') in ('trace', 'trace.span')
),

opened as materialized (
    select
        *,
        json_transform(span_data, '{{
            "type": "VARCHAR", "name": "VARCHAR", "model": "VARCHAR", "model_config": "JSON",
            "usage": "JSON", "data": "JSON", "input": "VARCHAR", "output": "JSON",
            "response_id": "VARCHAR", "triggered": "VARCHAR", "from_agent": "VARCHAR",
            "to_agent": "VARCHAR", "server": "VARCHAR"
        }}') as of_span
    from objects
),

named as materialized (
    select
        *,
        json_transform(of_span.data, '{{
            "sdk_span_type": "VARCHAR", "usage": "JSON", "agent_name": "VARCHAR"
        }}') as of_sdk,
        -- Turns and tasks are custom spans of the SDK itself.
        case
            when of_span.type = 'custom' then coalesce(of_span.data ->> 'sdk_span_type', 'custom')
            else of_span.type
        end as type,
        json_transform(
            coalesce(dict_of(of_span.usage), dict_of(of_span.data -> 'usage')),
            '{{
                "input_tokens": "BIGINT", "output_tokens": "BIGINT", "total_tokens": "BIGINT",
                "prompt_tokens": "BIGINT", "completion_tokens": "BIGINT",
                "cached_input_tokens": "VARCHAR", "cache_write_input_tokens": "VARCHAR",
                "input_tokens_details": {{
                    "cached_tokens": "VARCHAR", "cache_write_tokens": "VARCHAR"
                }},
                "output_tokens_details": {{"reasoning_tokens": "VARCHAR"}}
            }}'
        ) as usage,
        json_transform(dict_of(of_span.model_config), '{{
            "temperature": "VARCHAR", "top_p": "VARCHAR", "max_tokens": "VARCHAR",
            "base_url": "VARCHAR"
        }}') as config
    from opened
),

counted as (
    select
        *,
        coalesce(usage.input_tokens, usage.prompt_tokens) as input_tokens,
        coalesce(usage.output_tokens, usage.completion_tokens) as output_tokens,
        type in ('generation', 'response') as is_model,
        type is null or type not in ('generation', 'response', 'function') as is_other,
        regexp_extract(error.data ->> 'error', 'Error code: (\\d{{3}})', 1) as http_status,
        -- A chat completion's messages, a response's items, or, of a stream, a response as a whole.
        json_transform(of_span.output, '[{{
            "type": "VARCHAR", "tool_calls": ["JSON"], "object": "VARCHAR", "id": "VARCHAR",
            "status": "VARCHAR", "incomplete_details": {{"reason": "VARCHAR"}},
            "output": [{{"type": "VARCHAR", "provider_data": {{"response_id": "VARCHAR"}}}}]
        }}]') as answers
    from named
)

select
    record_number,
    trace_id_of(regexp_replace(coalesce(trace_id, id), '^trace_', '')) as trace_id,
    coalesce(trace_id, id) as source_trace_id,
    span_id_of(id) as span_id,
    id as source_span_id,
    span_id_of(parent_id) as parent_span_id,
    coalesce(workflow_name, of_span.name, type || ' ' || of_span.model, type, 'trace') as name,
    case when is_model then 'client' else 'internal' end as kind,
    moment_nanos(started_at) as start_time_unix_nano,
    moment_nanos(ended_at) as end_time_unix_nano,
    case when error.message is not null or error.data is not null then 'error' end as status_code,
    nullif(concat_ws(': ', error.message, error.data ->> 'error'), '') as status_message,
    map {{
        'spanmart.record.kind': case when object = 'trace' then 'trace' end,
        'gen_ai.operation.name': case type
            when 'generation' then 'chat'
            when 'response' then 'chat'
            when 'agent' then 'invoke_agent'
            when 'function' then 'execute_tool'
        end,
        'openinference.span.kind': case type
            when 'generation' then 'LLM'
            when 'response' then 'LLM'
            when 'agent' then 'AGENT'
            when 'function' then 'TOOL'
            when 'guardrail' then 'GUARDRAIL'
            when 'turn' then 'CHAIN'
            when 'task' then 'CHAIN'
            when 'handoff' then 'CHAIN'
        end,
        'openai_agents.span.type': of_span.type,
        'gen_ai.provider.name': case
            when type = 'response' or contains(config.base_url, '//api.openai.com') then 'openai'
            when contains(config.base_url, '.openai.azure.com') then 'azure.ai.openai'
        end,
        'gen_ai.request.model': of_span.model,
        'gen_ai.response.id': coalesce(
            said(of_span.response_id),
            answers[1].output[1].provider_data.response_id,
            case when answers[1].object = 'response' then nullif(answers[1].id, '__fake_id__') end
        ),
        'gen_ai.response.finish_reasons': case
            when answers[1].object = 'response'
                and coalesce(answers[1].incomplete_details.reason, answers[1].status) is not null
                then cast(
                    to_json([coalesce(answers[1].incomplete_details.reason, answers[1].status)])
                    as varchar
                )
        end,
        'gen_ai.request.temperature': config.temperature,
        'gen_ai.request.top_p': config.top_p,
        'gen_ai.request.max_tokens': config.max_tokens,
        'gen_ai.usage.input_tokens': case
            when input_tokens + output_tokens > 0 then cast(input_tokens as varchar)
        end,
        'gen_ai.usage.output_tokens': case
            when input_tokens + output_tokens > 0 then cast(output_tokens as varchar)
        end,
        'gen_ai.usage.total_tokens': case
            when input_tokens + output_tokens > 0 then cast(usage.total_tokens as varchar)
        end,
        'gen_ai.usage.cache_read.input_tokens': case
            when input_tokens + output_tokens > 0
                then coalesce(usage.input_tokens_details.cached_tokens, usage.cached_input_tokens)
        end,
        'gen_ai.usage.cache_write.input_tokens': case
            when input_tokens + output_tokens > 0
                then coalesce(
                    usage.input_tokens_details.cache_write_tokens, usage.cache_write_input_tokens
                )
        end,
        'gen_ai.usage.reasoning.output_tokens': case
            when input_tokens + output_tokens > 0
                then usage.output_tokens_details.reasoning_tokens
        end,
        'spanmart.model.tool_calls_proposed': case
            when is_model then cast(
                list_sum(list_transform(
                    answers,
                    lambda each: coalesce(len(each.tool_calls), 0)
                    + case when each.type = 'function_call' then 1 else 0 end
                    + coalesce(
                        len(list_filter(each.output, lambda item: item.type = 'function_call')), 0
                    )
                )) as varchar
            )
        end,
        'gen_ai.tool.name': case when type = 'function' then of_span.name end,
        'gen_ai.tool.call.arguments': case when type = 'function' then said(of_span.input) end,
        'gen_ai.tool.call.result': case
            when type = 'function' then said(of_span.output ->> '$')
        end,
        'gen_ai.input.messages': case when is_model then said(of_span.input) end,
        'output.value': case when is_model then said(of_span.output ->> '$') end,
        'input.value': case
            when is_other and of_sdk.sdk_span_type is null then said(of_span.data ->> '$')
        end,
        'gen_ai.agent.name': case
            when type = 'agent' then of_span.name else of_sdk.agent_name
        end,
        'openai_agents.handoff.from_agent': of_span.from_agent,
        'openai_agents.handoff.to_agent': of_span.to_agent,
        'openai_agents.mcp.server': of_span.server,
        'spanmart.validator.name': case when type = 'guardrail' then of_span.name end,
        'spanmart.validator.is_passed': case
            when type = 'guardrail'
                then case of_span.triggered when 'true' then 'false' when 'false' then 'true' end
        end,
        'http.response.status_code': said(http_status),
        'error.type': coalesce(
            said(http_status),
            case when contains(error.data ->> 'error', 'timed out') then 'timeout' end
        ),
        'session.id': said(group_id),
        'metadata': said(cast(metadata as varchar))
    }} as attributes,
    'openai_agents.trace' as scope_name
from counted
where id is not null and (object = 'trace' or trace_id is not null)
"""


def sniff(head: Head) -> Verdict:
    for request in _requests.requests(head):
        for record in request.records:
            page = record.get("data")
            objects = page if isinstance(page, list) else [record]
            if any(isinstance(each, dict) and _is_ours(each) for each in objects):
                return CLAIMED
    return declined("no object that is a trace or a trace.span")


def read(stream: BinaryIO) -> Iterator[Batch]:
    return reading.read(stream, reading.Queries(spans=_SPANS, nothing=_requests.IS_EMPTY))


def _is_ours(each: dict[str, object]) -> bool:
    return each.get("object") in _OBJECTS and ("workflow_name" in each or "span_data" in each)
