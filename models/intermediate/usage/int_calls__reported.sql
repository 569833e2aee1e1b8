-- One row per span that is a model, embedding or rerank call, or that has an attribute for its
-- usage.
{%- set said_counts = ['usage_input', 'usage_output', 'usage_total'] %}
with spans as {{ spanmart.inlined() }} (

    select * from {{ ref('int_spans__in_context') }}

),

key_sets as {{ spanmart.materialized() }} (

    {{ spanmart.key_sets('spans', {'usage': said_counts}) }}

),

-- Most spans are no call, and have no attribute that could say so. What is looked up on the others
-- is looked up on rows set apart: behind a join each lookup would unpack the attributes again.
candidates as {{ spanmart.materialized() }} (

    select
        spans.span_no,
        spans.parent_no,
        spans.trace_id,
        spans.span_id,
        spans.span_type,
        spans.span_status,
        spans.started_at,
        spans.ended_at,
        spans.service_name,
        spans.conversation_id,
        spans.workload_class,
        spans.error_type,
        spans.error_message_redacted,
        spans.instrumentation_scope,
        spans.instrumentation_scope_version,
        spans.attributes,
        spans.resource_attributes,
    from spans
    inner join key_sets on {{ spanmart.key_set('spans.attributes') }} = key_sets.key_set
    where
        (key_sets.has_usage_keys or spans.span_type in ('model', 'embedding', 'rerank'))
        -- A re-read of an earlier response repeats its usage and is no call.
        and spans.operation_name is distinct from 'fetch_response'

),

readings as (

    select
        * exclude (attributes, resource_attributes),
        case
            when span_type in ('embedding', 'rerank') then span_type
            else 'model'
        end as call_kind,
        {% for field in said_counts + [
            'model_provider', 'model_requested', 'model_used', 'api_mode', 'service_tier',
            'is_streaming', 'response_id', 'provided_cost_usd', 'is_usage_estimated',
            'usage_cache_read', 'usage_cache_write', 'usage_cache_write_5m', 'usage_cache_write_1h',
            'usage_reasoning', 'usage_input_audio', 'usage_output_audio', 'cache_status',
        ] %}
        {{ spanmart.attribute(field) }} as {{ field }},
        {% endfor %}
        {{ spanmart.usage_namespace() }} as usage_namespace,
    from candidates

),

calls as (

    select
        *,
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
