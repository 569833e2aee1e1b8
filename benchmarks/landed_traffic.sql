-- One row per landed version of the spans of `part` (benchmarks/landed_traffic.py).
with named as (

    select
        *,
        md5('trace ' || trace) as trace_id,
        substr(md5('span ' || span), 1, 16) as span_id,
        case when parent >= 0 then substr(md5('span ' || parent), 1, 16) end as parent_span_id,
        ['openai', 'openai', 'anthropic', 'anthropic', 'gcp.gemini', 'openai', 'openai', 'anthropic'][model + 1]
            as provider,
        [
            'gpt-4o', 'gpt-4o-mini', 'claude-sonnet-4-5', 'claude-haiku-4-5', 'gemini-2.5-pro', 'gpt-4.1',
            'o3-mini', 'a-model-of-our-own'
        ][model + 1] as model_name,
        1777593600000000000 + start as start_nano
    from part

),

said as (

    select
        *,
        case kind
            when 0 then map(
                ['openinference.span.kind', 'spanmart.tenant.id', 'user.id', 'session.id',
                'http.request.header.x-request-id', 'spanmart.task.type', 'spanmart.route.name',
                'http.request.method', 'http.route'],
                ['CHAIN', 'tenant-' || (trace % 50), 'h1_' || md5('user ' || (trace % 9000)),
                'session-' || (trace // 3), 'request-' || trace, 'answer', 'default', 'POST', '/v1/answer']
            )
            when 1 then
                case
                    when says_usage then map(
                        ['gen_ai.operation.name', 'gen_ai.agent.name', 'gen_ai.provider.name',
                        'gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens', 'gen_ai.agent.id'],
                        ['invoke_agent', 'planner', provider, input_tokens::varchar, output_tokens::varchar,
                        'agent-' || (trace % 9)]
                    )
                    else map(
                        ['gen_ai.operation.name', 'gen_ai.agent.name', 'gen_ai.agent.id'],
                        ['invoke_agent', 'planner', 'agent-' || (trace % 9)]
                    )
                end
            when 2 then map(
                ['openinference.span.kind', 'langgraph.node', 'langgraph.step'],
                ['CHAIN', 'node-' || (span % 12), (span % 30)::varchar]
            )
            when 3 then map(
                ['openinference.span.kind', 'llm.model_name', 'llm.provider', 'llm.token_count.prompt',
                'llm.token_count.completion', 'llm.token_count.total', 'llm.invocation_parameters'],
                ['LLM', model_name, provider, input_tokens::varchar, output_tokens::varchar,
                (input_tokens + output_tokens)::varchar, '{"temperature": 0.2, "max_tokens": 4096}']
            )
            when 4 then map(
                ['gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.request.model',
                'gen_ai.response.model', 'gen_ai.response.id', 'gen_ai.response.finish_reasons',
                'gen_ai.request.max_tokens', 'gen_ai.request.temperature', 'gen_ai.usage.input_tokens',
                'gen_ai.usage.output_tokens', 'gen_ai.usage.cache_read.input_tokens', 'server.address',
                'server.port'],
                ['chat', provider, model_name, model_name, 'resp-' || answer, '["stop"]', '4096', '0.2',
                input_tokens::varchar, output_tokens::varchar, cached::varchar, 'api.example.com', '443']
            )
            when 5 then map(
                ['gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.request.model', 'error.type',
                'gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens'],
                ['chat', provider, model_name, '429', '-1', 'None']
            )
            when 6 then map(
                ['gen_ai.operation.name', 'gen_ai.tool.name', 'gen_ai.tool.call.id', 'gen_ai.tool.type'],
                ['execute_tool', 'tool-' || (span % 7), 'call-' || span, 'function']
            )
            when 7 then map(
                ['openinference.span.kind', 'gen_ai.data_source.id', 'spanmart.retrieval.top_k_returned'],
                ['RETRIEVER', 'index-' || (trace % 3), '8']
            )
            else map(
                ['gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.request.model',
                'gen_ai.usage.input_tokens', 'gen_ai.response.model'],
                ['embeddings', 'openai', 'text-embedding-3-small', input_tokens::varchar,
                'text-embedding-3-small']
            )
        end as own_attributes
    from named

),

landed as (

    select
        trace_id,
        span_id,
        parent_span_id,
        trace_id as source_trace_id,
        span_id as source_span_id,
        cast(null as varchar) as trace_state,
        ['POST /v1/answer', 'invoke_agent planner', 'node', 'ChatModel', 'chat ' || model_name,
        'chat ' || model_name, 'execute_tool', 'search', 'embeddings'][kind + 1] as name,
        case when kind in (4, 5, 8) then 'client' else 'internal' end as kind,
        start_nano as start_time_unix_nano,
        start_nano + length as end_time_unix_nano,
        case kind when 5 then 'error' else 'unset' end as status_code,
        cast(null as varchar) as status_message,
        case
            when kind in (2, 3, 7) then 'openinference.instrumentation.langchain'
            when kind = 0 then 'app'
            else 'opentelemetry.instrumentation.openai_v2'
        end as scope_name,
        '1.0' as scope_version,
        map(
            ['service.name', 'service.version', 'deployment.environment.name', 'telemetry.sdk.name',
            'telemetry.sdk.language', 'telemetry.sdk.version'],
            ['service-' || service, '2.4.' || (service), 'production', 'opentelemetry', 'python', '1.39.0']
        ) as resource_attributes,
        -- As OpenLLMetry does, one service in four repeats what it knows of the request on all spans.
        case
            when service = 3 then map_concat(own_attributes, map(
                ['traceloop.association.properties.tenant_id', 'traceloop.association.properties.user_id',
                'traceloop.association.properties.session_id'],
                ['tenant-' || (trace % 50), 'h1_' || md5('user ' || (trace % 9000)), 'session-' || (trace // 3)]
            ))
            else own_attributes
        end as attributes,
        cast([] as struct(time_unix_nano bigint, name varchar, attributes map(varchar, varchar))[]) as events,
        cast([] as struct(trace_id varchar, span_id varchar, attributes map(varchar, varchar))[]) as links,
        cast(1 as bigint) as flags,
        cast([] as struct(
            attribute_key varchar, artifact_id varchar, artifact_kind varchar, bytes bigint,
            redaction_count bigint
        )[]) as artifact_refs,
        cast(0 as bigint) as redaction_count,
        md5('record ' || span) as record_hash,
        'benchmark' as source,
        'otlp_json' as source_format,
        cast(null as timestamp) as source_version_at,
        'traffic' as source_file,
        span as record_number,
        'load' as load_id,
        timestamp '2026-06-01 00:00:00' as landed_at,
        span
    from said

)

select * exclude (span) from landed
union all by name
-- Exported again, a day later.
select * exclude (span) replace (
    'load again' as load_id,
    landed_at + interval 1 day as landed_at
)
from landed
where span % 50 = 7
union all by name
-- Exported while it ran.
select * exclude (span) replace (
    null as end_time_unix_nano,
    map_from_entries(
        list_filter(map_entries(attributes), lambda entry: not contains(entry.key, 'usage'))
    ) as attributes,
    md5('early record ' || span) as record_hash
)
from landed
where span % 100 = 3
