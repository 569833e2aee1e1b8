"""Helicone's requests: what `npx @helicone/export` and its query API give, a call a record.

[Helicone `llm-mapper/types.ts`, HeliconeRequest.] The calls of a session are a trace; a call
without one is a trace of its own. `Helicone-Session-Path` names the place of a call among the steps
of its session, not the call above it: it is an attribute, and there is no tree.

`feedback_rating` and `scores` become feedback about the call. `signed_body_url` is not followed:
bodies are there where the export was asked to include them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from spanmart.formats import About, Status, _answers
from spanmart.formats._head import CLAIMED, Head, Verdict
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="Helicone's requests (JSON, JSON Lines or CSV)",
    status=Status.BY_SPECIFICATION,
    record_key="request_id",
    version="updated_at, else the latest of response_created_at and feedback_created_at",
)

_MARKS = ("request_id", "request_created_at", "response_status", "delay_ms")

# Statuses below 0 are no HTTP statuses: -2 is a request that has no answer yet, the others say why
# Helicone gave up.
_CALLS = f"""
with requests as materialized (
    select
        record_number,
        unnest(json_transform(request, '{{
            "request_id": "VARCHAR", "request_created_at": "VARCHAR", "request_path": "VARCHAR",
            "request_body": "JSON", "request_user_id": "VARCHAR", "request_model": "VARCHAR",
            "request_properties": "JSON", "properties": "JSON", "model_override": "VARCHAR",
            "model": "VARCHAR", "provider": "VARCHAR", "response_id": "VARCHAR",
            "response_created_at": "VARCHAR", "response_status": "VARCHAR",
            "response_body": "JSON", "response_model": "VARCHAR", "delay_ms": "DOUBLE",
            "time_to_first_token": "VARCHAR", "prompt_tokens": "VARCHAR",
            "prompt_cache_write_tokens": "VARCHAR", "prompt_cache_read_tokens": "VARCHAR",
            "completion_tokens": "VARCHAR", "total_tokens": "VARCHAR",
            "reasoning_tokens": "VARCHAR", "prompt_audio_tokens": "VARCHAR",
            "completion_audio_tokens": "VARCHAR", "cost": "VARCHAR", "costUSD": "VARCHAR",
            "prompt_id": "VARCHAR", "prompt_version": "VARCHAR", "feedback_id": "VARCHAR",
            "feedback_rating": "VARCHAR", "feedback_created_at": "VARCHAR", "scores": "JSON",
            "cache_enabled": "VARCHAR", "cache_reference_id": "VARCHAR", "updated_at": "VARCHAR",
            "country_code": "VARCHAR"
        }}'))
    from (
        select
            record_number,
            unnest(
                case when json_type(page) = 'ARRAY' then cast(page as json[]) else [row] end
            ) as request
        from (select record_number, row, row -> 'data' as page from records)
    )
),

opened as materialized (
    select
        *,
        coalesce(dict_of(request_properties), dict_of(properties)) as free_properties,
        json_transform(
            coalesce(dict_of(request_properties), dict_of(properties)),
            '{{
                "Helicone-Session-Id": "VARCHAR", "Helicone-Session-Path": "VARCHAR",
                "Helicone-Session-Name": "VARCHAR", "Helicone-User-Id": "VARCHAR",
                "Helicone-Prompt-Id": "VARCHAR", "Helicone-Prompt-Version": "VARCHAR",
                "Environment": "VARCHAR"
            }}'
        ) as property,
        json_transform(dict_of(request_body), '{{
            "model": "VARCHAR", "messages": "VARCHAR", "input": "VARCHAR", "prompt": "VARCHAR",
            "contents": "VARCHAR", "system": "VARCHAR", "tools": "VARCHAR", "stream": "VARCHAR",
            "temperature": "VARCHAR", "top_p": "VARCHAR", "max_tokens": "VARCHAR",
            "max_completion_tokens": "VARCHAR", "max_output_tokens": "VARCHAR"
        }}') as asked,
        json_transform(dict_of(response_body), {_answers.SHAPE}) as answer,
        try_cast(response_status as integer) as http_status,
        moment_nanos(request_created_at) as started_nanos,
        moment_nanos(response_created_at) as responded_nanos,
        lower(said(provider)) as provider_name
    from requests
),

calls as materialized (
    select
        *,
        said(property."Helicone-Session-Id") as session_id,
        case
            when responded_nanos is not null then responded_nanos
            when delay_ms >= 0 and http_status > 0
                then started_nanos + cast(delay_ms * 1000000 as bigint)
        end as ended_nanos,
        greatest(
            moment_nanos(updated_at), responded_nanos, moment_nanos(feedback_created_at)
        ) as version_nanos,
        coalesce(try_cast(prompt_tokens as bigint), 0)
        + coalesce(try_cast(completion_tokens as bigint), 0) > 0 as has_usage,
        case http_status when -1 then 'timeout' when -3 then 'cancelled' when -4 then 'threat' end
            as gave_up,
        -- A path of the provider's API says what it does.
        case
            when contains(request_path, 'embedding') then 'embeddings'
            when contains(request_path, 'rerank') then 'rerank'
            when regexp_matches(request_path, 'images|audio|moderations|files|batches|models$')
                then regexp_extract(request_path, 'images|audio|moderations|files|batches|models$')
            else 'chat'
        end as operation,
        coalesce(
            said(model_override), said(request_model), said(asked.model), said("model")
        ) as asked_model
    from opened
)
"""

SPANS = f"""{_CALLS}
select
    record_number,
    trace_id_of(coalesce(session_id, request_id)) as trace_id,
    coalesce(session_id, request_id) as source_trace_id,
    span_id_of(request_id) as span_id,
    request_id as source_span_id,
    coalesce(operation || ' ' || asked_model, operation) as name,
    'client' as kind,
    started_nanos as start_time_unix_nano,
    ended_nanos as end_time_unix_nano,
    nanos_timestamp(version_nanos) as source_version_at,
    case
        when http_status between 200 and 399 then 'ok'
        when http_status >= 400 or gave_up is not null then 'error'
    end as status_code,
    case
        when http_status >= 400
            then coalesce(
                said(dict_of(response_body) ->> '$.error.message'),
                said(dict_of(response_body) ->> 'error'),
                'HTTP ' || http_status
            )
    end as status_message,
    map {{
        'gen_ai.operation.name': operation,
        'openinference.span.kind': case operation
            when 'chat' then 'LLM' when 'embeddings' then 'EMBEDDING' when 'rerank' then 'RERANKER'
        end,
        'gen_ai.provider.name': case provider_name
            when 'aws' then 'aws.bedrock' when 'azure' then 'azure.ai.openai' else provider_name
        end,
        'gen_ai.request.model': asked_model,
        'gen_ai.response.model': coalesce(said(response_model), said(answer.model)),
        'gen_ai.response.id': said(answer.id),
        'gen_ai.response.finish_reasons': {_answers.finish_reasons("answer")},
        'spanmart.model.tool_calls_proposed': cast({_answers.tool_calls("answer")} as varchar),
        'gen_ai.request.stream': asked.stream,
        'gen_ai.request.temperature': asked.temperature,
        'gen_ai.request.top_p': asked.top_p,
        'gen_ai.request.max_tokens': coalesce(
            asked.max_completion_tokens, asked.max_output_tokens, asked.max_tokens
        ),
        'gen_ai.usage.input_tokens': case when has_usage then said(prompt_tokens) end,
        'gen_ai.usage.output_tokens': case when has_usage then said(completion_tokens) end,
        'gen_ai.usage.total_tokens': case when has_usage then said(total_tokens) end,
        'gen_ai.usage.cache_read.input_tokens': case
            when has_usage then said(prompt_cache_read_tokens)
        end,
        'gen_ai.usage.cache_write.input_tokens': case
            when has_usage then said(prompt_cache_write_tokens)
        end,
        'gen_ai.usage.reasoning.output_tokens': case when has_usage then said(reasoning_tokens) end,
        'gen_ai.usage.audio.input_tokens': case when has_usage then said(prompt_audio_tokens) end,
        'gen_ai.usage.audio.output_tokens': case
            when has_usage then said(completion_audio_tokens)
        end,
        'gen_ai.usage.cost': coalesce(said("costUSD"), said(cost)),
        'spanmart.model.time_to_first_token_ms': said(time_to_first_token),
        -- The zero UUID says that Helicone's cache did not answer.
        'spanmart.cache.status': case
            when regexp_full_match(cache_reference_id, '[0-]*') then
                case when cache_enabled = 'true' then 'miss' end
            when said(cache_reference_id) is not null then 'hit'
        end,
        'error.type': case
            when http_status >= 400 then cast(http_status as varchar)
            else gave_up
        end,
        'http.response.status_code': case when http_status > 0 then response_status end,
        'session.id': session_id,
        'user.id': coalesce(said(request_user_id), said(property."Helicone-User-Id")),
        'gen_ai.prompt.name': coalesce(said(prompt_id), said(property."Helicone-Prompt-Id")),
        'gen_ai.prompt.version': coalesce(
            said(prompt_version), said(property."Helicone-Prompt-Version")
        ),
        'helicone.session.name': said(property."Helicone-Session-Name"),
        'helicone.session.path': said(property."Helicone-Session-Path"),
        'helicone.country_code': said(country_code),
        'deployment.environment.name': coalesce(
            said(property."Environment"), said(free_properties ->> 'environment')
        ),
        'metadata': said(cast(free_properties as varchar)),
        'gen_ai.system_instructions': said(asked.system),
        'gen_ai.input.messages': coalesce(
            said(asked.messages), said(asked.input), said(asked.contents), said(asked.prompt)
        ),
        'gen_ai.tool.definitions': said(asked.tools),
        'output.value': case
            when operation <> 'embeddings' then said(cast(dict_of(response_body) as varchar))
        end
    }} as attributes,
    'helicone.request' as scope_name
from calls
where said(request_id) is not null
"""

FEEDBACK = f"""{_CALLS},

judgements as (
    select
        record_number,
        session_id,
        request_id,
        started_nanos,
        version_nanos,
        coalesce(said(feedback_id), request_id || ':rating') as feedback_id,
        'thumbs' as kind,
        'user' as feedback_source,
        case lower(feedback_rating)
            when 'true' then 1 when '1' then 1 when 'false' then 0 when '0' then 0
        end as score,
        case lower(feedback_rating)
            when 'true' then 'up' when '1' then 'up' when 'false' then 'down' when '0' then 'down'
        end as label,
        cast(null as varchar) as evaluator_name,
        coalesce(moment_nanos(feedback_created_at), version_nanos, started_nanos) as given_nanos
    from calls
    where said(feedback_rating) is not null
    union all
    select
        record_number,
        session_id,
        request_id,
        started_nanos,
        version_nanos,
        request_id || ':' || scored.entry.key as feedback_id,
        'evaluator_label' as kind,
        'evaluator' as feedback_source,
        case lower(scored.entry.value)
            when 'true' then 1 when 'false' then 0 else try_cast(scored.entry.value as double)
        end as score,
        case
            when try_cast(scored.entry.value as double) is null then scored.entry.value
        end as label,
        scored.entry.key as evaluator_name,
        coalesce(version_nanos, started_nanos) as given_nanos
    from (select *, unnest(map_entries(texts_of(dict_of(scores)))) as entry from calls) as scored
    where scored.entry.value is not null
)

select
    record_number,
    feedback_id,
    trace_id_of(coalesce(session_id, request_id)) as trace_id,
    span_id_of(request_id) as span_id,
    session_id as conversation_id,
    kind,
    feedback_source,
    score,
    label,
    evaluator_name,
    given_nanos as time_unix_nano,
    nanos_timestamp(version_nanos) as source_version_at
from judgements
where said(request_id) is not null
"""


def sniff(head: Head) -> Verdict:
    verdict = head.has(*_MARKS)
    pages = [page for record in head.records if isinstance(page := record.get("data"), list)]
    rows = [row for page in pages for row in page if isinstance(row, dict)]
    return CLAIMED if any(set(_MARKS) <= set(row) for row in rows) else verdict


def read(stream: BinaryIO) -> Iterator[Batch]:
    nothing = "json_array_length(row -> 'data') = 0"
    return reading.read(stream, reading.Queries(spans=SPANS, feedback=FEEDBACK, nothing=nothing))
