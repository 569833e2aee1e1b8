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
        1777593600000000000 + start as start_nano,
        'tenant-' || (trace % 50) as tenant,
        'h1_' || md5('user ' || (trace % 9000)) as user_hash,
        'session-' || (trace // 3) as session,
        'node-' || (span % 12) as node,
        -- As LangGraph says it of each of its spans: where in the graph it ran, and in which thread.
        format(
            '{{"langgraph_step": {}, "langgraph_node": "{}", "langgraph_triggers": ["branch:to:{}"], '
            || '"langgraph_path": ["__pregel_pull", "{}"], "langgraph_checkpoint_ns": "{}:{}", '
            || '"thread_id": "{}"}}',
            span % 30, node, node, node, node, substr(md5('checkpoint ' || span), 1, 16), session
        ) as graph_metadata
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
                ['CHAIN', tenant, user_hash, session, 'request-' || trace, 'answer', 'default', 'POST',
                '/v1/answer']
            )
            when 1 then
                case
                    when says_usage then map(
                        ['gen_ai.operation.name', 'gen_ai.agent.name', 'gen_ai.provider.name',
                        'gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens', 'gen_ai.agent.id',
                        'gen_ai.agent.description', 'gen_ai.conversation.id'],
                        ['invoke_agent', 'planner', provider, input_tokens::varchar, output_tokens::varchar,
                        'agent-' || (trace % 9), 'Plans the steps of an answer and gives them out', session]
                    )
                    else map(
                        ['gen_ai.operation.name', 'gen_ai.agent.name', 'gen_ai.agent.id',
                        'gen_ai.agent.description', 'gen_ai.conversation.id'],
                        ['invoke_agent', 'planner', 'agent-' || (trace % 9),
                        'Plans the steps of an answer and gives them out', session]
                    )
                end
            when 2 then map(
                ['openinference.span.kind', 'graph.node.id', 'graph.node.parent_id', 'graph.node.name',
                'input.mime_type', 'output.mime_type', 'session.id'],
                ['CHAIN', node || ':' || substr(md5('checkpoint ' || span), 1, 16),
                'node-' || (parent % 12) || ':' || substr(md5('checkpoint ' || parent), 1, 16), node,
                'application/json', 'application/json', session]
            )
            when 3 then map(
                ['openinference.span.kind', 'llm.model_name', 'llm.provider', 'llm.token_count.prompt',
                'llm.token_count.completion', 'llm.token_count.total', 'llm.invocation_parameters',
                'llm.input_messages.0.message.role', 'llm.input_messages.1.message.role',
                'llm.output_messages.0.message.role', 'session.id', 'input.mime_type', 'output.mime_type'],
                ['LLM', model_name, provider, input_tokens::varchar, output_tokens::varchar,
                (input_tokens + output_tokens)::varchar,
                '{"temperature": 0.2, "max_tokens": 4096, "stream": false, "stop": null}',
                'system', 'user', 'assistant', session, 'application/json', 'application/json']
            )
            when 4 then map(
                ['gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.request.model',
                'gen_ai.response.model', 'gen_ai.response.id', 'gen_ai.response.finish_reasons',
                'gen_ai.request.max_tokens', 'gen_ai.request.temperature', 'gen_ai.usage.input_tokens',
                'gen_ai.usage.output_tokens', 'gen_ai.usage.cache_read.input_tokens', 'server.address',
                'server.port', 'gen_ai.output.type', 'gen_ai.request.top_p', 'gen_ai.conversation.id'],
                ['chat', provider, model_name, model_name, 'resp-' || answer, '["stop"]', '4096', '0.2',
                input_tokens::varchar, output_tokens::varchar, cached::varchar, 'api.example.com', '443',
                'text', '1', session]
            )
            when 5 then map(
                ['gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.request.model', 'error.type',
                'gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens', 'gen_ai.request.max_tokens',
                'gen_ai.request.temperature', 'server.address', 'server.port', 'gen_ai.output.type',
                'http.response.status_code'],
                ['chat', provider, model_name, '429', '-1', 'None', '4096', '0.2', 'api.example.com', '443',
                'text', '429']
            )
            when 6 then map(
                ['gen_ai.operation.name', 'gen_ai.tool.name', 'gen_ai.tool.call.id', 'gen_ai.tool.type',
                'gen_ai.tool.description', 'gen_ai.conversation.id'],
                ['execute_tool', 'tool-' || (span % 7), 'call-' || span, 'function',
                'Looks up the orders of a customer by number, date or state', session]
            )
            when 7 then map(
                ['openinference.span.kind', 'gen_ai.data_source.id', 'spanmart.retrieval.top_k_returned',
                'retrieval.documents.0.document.id', 'retrieval.documents.0.document.score',
                'retrieval.documents.1.document.id', 'retrieval.documents.1.document.score',
                'retrieval.documents.2.document.id', 'retrieval.documents.2.document.score',
                'output.mime_type'],
                ['RETRIEVER', 'index-' || (trace % 3), '8', 'document-' || (span % 5000), '0.7606',
                'document-' || (span % 4999), '0.6215', 'document-' || (span % 4993), '0.5782',
                'application/json']
            )
            else map(
                ['gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.request.model',
                'gen_ai.usage.input_tokens', 'gen_ai.response.model', 'server.address', 'server.port',
                'gen_ai.embeddings.dimension.count'],
                ['embeddings', 'openai', 'text-embedding-3-small', input_tokens::varchar,
                'text-embedding-3-small', 'api.example.com', '443', '1536']
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
        md5('service ' || service) as resource_hash,
        -- One service in four repeats what it knows of the request on all spans, as OpenLLMetry does; one
        -- runs LangGraph, whose spans say as JSON where in the graph they ran.
        case
            when service = 2 and kind in (2, 3, 7)
                then map_concat(own_attributes, map(['metadata'], [graph_metadata]))
            when service = 3 then map_concat(own_attributes, map(
                ['traceloop.association.properties.tenant_id', 'traceloop.association.properties.user_id',
                'traceloop.association.properties.session_id'],
                [tenant, user_hash, session]
            ))
            else own_attributes
        end as attributes,
        array_to_string(map_keys(attributes), chr(31)) as attribute_keys,
        cast([] as struct(time_unix_nano bigint, name varchar, attributes map(varchar, varchar))[]) as events,
        cast([] as struct(trace_id varchar, span_id varchar, attributes map(varchar, varchar))[]) as links,
        cast(1 as bigint) as flags,
        cast(null as varchar) as record_kind,
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
    array_to_string(
        list_filter(map_keys(attributes), lambda key: not contains(key, 'usage')), chr(31)
    ) as attribute_keys,
    md5('early record ' || span) as record_hash
)
from landed
where span % 100 = 3
