"""What both exports of LiteLLM have: a call a record, under names that differ a little.

A format gives `statement` the CTE `calls`, one row a call, made of `rows (record_number, row)`;
here they become spans. Names of attributes are those of LiteLLM's own OpenTelemetry exporter.

- Counts of 0 in all three places are LiteLLM's way to say nothing: failures, rerankers, streams
  that sent no usage. They are no attributes.
- Input tokens hold the cache, for Anthropic too: LiteLLM adds what Anthropic leaves out.
- A hit of LiteLLM's own cache has tokens and costs nothing.
- `provider/model` is LiteLLM's way to address a model; models are named without it.
"""

from __future__ import annotations

from spanmart.formats import _answers

# The element of a page's `data`, or the record itself.
_ROWS = """
rows as materialized (
    select
        record_number,
        unnest(
            case when json_type(page) = 'ARRAY' then cast(page as json[]) else [row] end
        ) as row
    from (select record_number, row, row -> 'data' as page from records)
)
"""

IS_EMPTY_PAGE = "json_array_length(row -> 'data') = 0"

# As a struct: one look at a document, where each `->>` is another. 118 payloads of 11 KB take 2 s
# with `->>` for each member, and 0.05 s so.
METADATA = """'{
    "usage_object": "JSON", "additional_usage_values": "JSON", "error_information": "JSON",
    "requester_metadata": "JSON", "spend_logs_metadata": "JSON", "trace_id": "VARCHAR",
    "prompt_management_metadata": {"prompt_id": "VARCHAR", "prompt_version": "VARCHAR"},
    "mcp_tool_call_metadata": {
        "name": "VARCHAR", "namespaced_tool_name": "VARCHAR", "arguments": "VARCHAR",
        "result": "VARCHAR"
    },
    "user_api_key_org_id": "VARCHAR", "user_api_key_team_id": "VARCHAR",
    "user_api_key_user_id": "VARCHAR", "user_api_key_end_user_id": "VARCHAR",
    "user_api_key_alias": "VARCHAR", "user_api_key_team_alias": "VARCHAR",
    "attempted_retries": "VARCHAR", "status": "VARCHAR"
}'"""
PARAMETERS = """'{
    "temperature": "VARCHAR", "top_p": "VARCHAR", "max_tokens": "VARCHAR", "user": "VARCHAR",
    "max_completion_tokens": "VARCHAR", "max_output_tokens": "VARCHAR", "dimensions": "VARCHAR",
    "top_n": "VARCHAR", "tools": "VARCHAR", "stream": "VARCHAR", "messages": "VARCHAR",
    "input": "VARCHAR"
}'"""
ERROR = """'{"error_class": "VARCHAR", "error_code": "VARCHAR", "error_message": "VARCHAR"}'"""
_TOKENS = """{
        "cached_tokens": "VARCHAR", "cache_creation_tokens": "VARCHAR",
        "cache_write_tokens": "VARCHAR", "audio_tokens": "VARCHAR", "reasoning_tokens": "VARCHAR",
        "cache_creation_token_details": {
            "ephemeral_5m_input_tokens": "VARCHAR", "ephemeral_1h_input_tokens": "VARCHAR"
        }
    }"""
USAGE = f"""'{{
    "cache_read_input_tokens": "VARCHAR", "cache_creation_input_tokens": "VARCHAR",
    "service_tier": "VARCHAR",
    "prompt_tokens_details": {_TOKENS}, "input_tokens_details": {_TOKENS},
    "completion_tokens_details": {_TOKENS}, "output_tokens_details": {_TOKENS}
}}'"""

# What the application said, and what the key or team adds to each of its calls.
FREE_METADATA = """case
            when dict_of(about.requester_metadata) is null
                then said(cast(dict_of(about.spend_logs_metadata) as varchar))
            when dict_of(about.spend_logs_metadata) is null
                then said(cast(dict_of(about.requester_metadata) as varchar))
            else cast(
                json_merge_patch(
                    dict_of(about.requester_metadata), dict_of(about.spend_logs_metadata)
                ) as varchar
            )
        end"""

_SPANS = """
named_calls as (
    select
        *,
        case
            when regexp_matches(call_type, '^a?text_completion$') then 'text_completion'
            when regexp_matches(call_type, '^a?completion$|responses$|^anthropic_messages|realtime')
                then 'chat'
            when contains(call_type, 'generate_content') then 'generate_content'
            when regexp_matches(call_type, 'embedding$') then 'embeddings'
            when regexp_matches(call_type, 'rerank$') then 'rerank'
            when regexp_matches(call_type, '^a?(vector_store_)?search$') then 'retrieval'
            when call_type = 'call_mcp_tool' then 'execute_tool'
            -- A provider's own API through the gateway.
            when contains(call_type, 'pass_through') and completion_tokens > 0 then 'chat'
            else call_type
        end as operation,
        -- `openai/gpt-4o` is how LiteLLM is asked for OpenAI's gpt-4o.
        case
            when starts_with(model, provider || '/') then substr(model, length(provider) + 2)
            else model
        end as model_name,
        coalesce(prompt_tokens, 0) + coalesce(completion_tokens, 0) + coalesce(total_tokens, 0) > 0
            as has_usage,
        coalesce(usage.prompt_tokens_details, usage.input_tokens_details) as of_input,
        coalesce(usage.completion_tokens_details, usage.output_tokens_details) as of_output,
        {finish_reasons} as finish_reasons,
        {tool_calls} as tool_calls
    from calls
)

select
    record_number,
    trace_id_of(coalesce(source_trace_id, call_id)) as trace_id,
    coalesce(source_trace_id, call_id) as source_trace_id,
    span_id_of(call_id) as span_id,
    call_id as source_span_id,
    coalesce(operation || ' ' || coalesce(tool_name, model_name), operation) as name,
    'client' as kind,
    started_nanos as start_time_unix_nano,
    ended_nanos as end_time_unix_nano,
    nanos_timestamp(coalesce(updated_nanos, ended_nanos)) as source_version_at,
    case status when 'success' then 'ok' when 'failure' then 'error' end as status_code,
    case when status = 'failure' then coalesce(said(error.error_message), said(error_text)) end
        as status_message,
    map_concat(
        map {{
            'gen_ai.operation.name': operation,
            'openinference.span.kind': case operation
                when 'chat' then 'LLM'
                when 'text_completion' then 'LLM'
                when 'generate_content' then 'LLM'
                when 'embeddings' then 'EMBEDDING'
                when 'rerank' then 'RERANKER'
                when 'retrieval' then 'RETRIEVER'
                when 'execute_tool' then 'TOOL'
            end,
            'gen_ai.provider.name': provider,
            'gen_ai.request.model': case when operation <> 'execute_tool' then model_name end,
            'gen_ai.response.model': said(response.model),
            -- A call that was answered has the answer's id, told apart by a suffix where LiteLLM's
            -- cache answered again; another has a UUID.
            'gen_ai.response.id': case
                when operation <> 'embeddings' and try_cast(call_id as uuid) is null then call_id
            end,
            'gen_ai.response.finish_reasons': finish_reasons,
            'spanmart.model.tool_calls_proposed': cast(tool_calls as varchar),
            'gen_ai.request.stream': is_streaming,
            'gen_ai.request.temperature': parameters.temperature,
            'gen_ai.request.top_p': parameters.top_p,
            'gen_ai.request.max_tokens': coalesce(
                parameters.max_completion_tokens,
                parameters.max_output_tokens,
                parameters.max_tokens
            ),
            'gen_ai.embeddings.dimension.count': case
                when operation = 'embeddings' then parameters.dimensions
            end,
            'reranker.top_k': case when operation = 'rerank' then parameters.top_n end,
            'gen_ai.usage.input_tokens': case
                when has_usage then cast(prompt_tokens as varchar)
            end,
            'gen_ai.usage.output_tokens': case
                when has_usage then cast(completion_tokens as varchar)
            end,
            'gen_ai.usage.total_tokens': case when has_usage then cast(total_tokens as varchar) end,
            'gen_ai.usage.cache_read.input_tokens': case
                when has_usage then coalesce(of_input.cached_tokens, usage.cache_read_input_tokens)
            end,
            'gen_ai.usage.cache_write.input_tokens': case
                when has_usage
                    then coalesce(
                        usage.cache_creation_input_tokens,
                        of_input.cache_creation_tokens,
                        of_input.cache_write_tokens
                    )
            end,
            'gen_ai.usage.cache_creation.ephemeral_5m_input_tokens':
                of_input.cache_creation_token_details.ephemeral_5m_input_tokens,
            'gen_ai.usage.cache_creation.ephemeral_1h_input_tokens':
                of_input.cache_creation_token_details.ephemeral_1h_input_tokens,
            'gen_ai.usage.reasoning.output_tokens': of_output.reasoning_tokens,
            'gen_ai.usage.audio.input_tokens': of_input.audio_tokens,
            'gen_ai.usage.audio.output_tokens': of_output.audio_tokens,
            'gen_ai.usage.cost': cost,
            'gen_ai.openai.response.service_tier': coalesce(
                said(response.service_tier), said(usage.service_tier)
            ),
            'spanmart.model.time_to_first_token_ms': case
                when
                    operation in ('chat', 'text_completion', 'generate_content')
                    -- Where nothing was streamed, it is the end.
                    and first_token_nanos between started_nanos and ended_nanos - 1
                    and coalesce(is_streaming, 'true') = 'true'
                    then cast((first_token_nanos - started_nanos) / 1e6 as varchar)
            end,
            'spanmart.cache.status': case lower(cache_hit)
                when 'true' then 'hit' when 'false' then 'miss'
            end,
            'spanmart.retry.count': retries,
            'spanmart.model.is_blocked': case
                when guardrail_status in ('guardrail_intervened', 'blocked') then 'true'
            end,
            'error.type': case
                when status = 'failure'
                    then coalesce(said(error.error_class), said(error.error_code))
            end,
            'http.response.status_code': case
                when status = 'failure' then cast(try_cast(error.error_code as integer) as varchar)
            end,
            'gen_ai.tool.name': tool_name,
            'gen_ai.tool.call.arguments': said(tool_call.arguments),
            'gen_ai.tool.call.result': said(tool_call.result),
            'gen_ai.tool.definitions': said(parameters.tools),
            'gen_ai.input.messages': coalesce(
                messages, said(parameters.messages), said(parameters.input)
            ),
            -- Vectors are no answer that anybody reads.
            'output.value': case when operation <> 'embeddings' then answer end,
            'session.id': session_id,
            'user.id': user_id,
            'tenant.id': case
                when json_extract_string(free_metadata, ['tenant_id', 'tenant']) = [null, null]
                    or free_metadata is null
                    then tenant_id
            end,
            'tag.tags': tags,
            'metadata': free_metadata,
            'gen_ai.prompt.name': said(about_prompt.prompt_id),
            'gen_ai.prompt.version': said(about_prompt.prompt_version),
            'litellm.call_id': litellm_call_id,
            'litellm.model_group': model_group,
            'metadata.user_api_key_alias': key_alias,
            'metadata.user_api_key_team_alias': team_alias
        }},
        prefixed('gen_ai.cost.', texts_of(cost_breakdown))
    ) as attributes,
    '{scope}' as scope_name
from named_calls
where call_id is not null and call_type is not null
"""


def statement(calls: str, scope: str) -> str:
    """The SELECT of a format that makes the CTE `calls` of `rows`."""
    spans = _SPANS.format(
        scope=scope,
        finish_reasons=_answers.finish_reasons("response"),
        tool_calls=_answers.tool_calls("response"),
    )
    return f"with {_ROWS},\n{calls},\n{spans}"
