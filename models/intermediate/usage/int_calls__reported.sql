-- One row per span that is a model, embedding or rerank call, or that reports token usage.
with spans as (

    select * from {{ ref('int_spans__in_context') }}

),

readings as {{ spanmart.materialized() }} (

    select
        span_no,
        parent_no,
        trace_id,
        span_id,
        span_type,
        case
            when span_type in ('embedding', 'rerank') then span_type
            else 'model'
        end as call_kind,
        span_status,
        started_at,
        ended_at,
        service_name,
        conversation_id,
        workload_class,
        error_type,
        error_message_redacted,
        instrumentation_scope,
        instrumentation_scope_version,
        {% for field in [
            'model_provider', 'model_requested', 'model_used', 'api_mode', 'service_tier',
            'is_streaming', 'response_id',
            'provided_cost_usd', 'is_usage_estimated', 'usage_input', 'usage_output', 'usage_total',
            'usage_cache_read', 'usage_cache_write', 'usage_cache_write_5m', 'usage_cache_write_1h',
            'usage_reasoning',
            'usage_input_audio', 'usage_output_audio', 'cache_status',
        ] %}
        {{ spanmart.attribute(field) }} as {{ field }},
        {% endfor %}
        {{ spanmart.usage_namespace() }} as usage_namespace,
    from spans
    where
        -- A re-read of an earlier response repeats its usage and is no call.
        operation_name is distinct from 'fetch_response'

),

calls as (

    select
        readings.*,
        -- No call has nothing in and nothing out: such a pair of zeros is a producer that had no
        -- usage to report.
        (
            coalesce(usage_input, 0) > 0
            or coalesce(usage_output, 0) > 0
            or coalesce(usage_total, 0) > 0
        ) as has_usage,
    from readings

)

select * from calls
where has_usage or span_type in ('model', 'embedding', 'rerank')
