-- One row per span that is a model, embedding or rerank call, or that reports usage.
with spans as {{ spanmart.inlined() }} (

    select * from {{ ref('int_spans__current') }}

),

steps as (

    select * from {{ ref('int_steps__typed') }}

),

key_sets as (

    select * from {{ ref('int_spans__key_sets') }}

),

producers as (

    select * from {{ ref('int_spans__producers') }}

),

-- Most spans are no call, and have no attribute that could say so. What the others say is looked up
-- on rows set apart: behind a join that drops rows each lookup would unpack the values again.
candidates as {{ spanmart.materialized() }} (

    select
        spans.span_no,
        spans.trace_id,
        spans.span_id,
        steps.span_type,
        spans.status_code as span_status,
        {{ spanmart.nanos_to_timestamp('spans.start_time_unix_nano') }} as started_at,
        {{ spanmart.nanos_to_timestamp('spans.end_time_unix_nano') }} as ended_at,
        spans.trace_key,
        coalesce(steps.error_type, spans.exception_type) as error_type,
        spans.error_message_redacted,
        spans.key_set_no,
        spans.producer_no,
        spans.said,
        {{ spanmart.said_lists(['usage', 'call'], 'spans.said', 'key_sets') }}
    from spans
    inner join steps on spans.step_key = steps.step_key
    inner join key_sets on spans.key_set_no = key_sets.key_set_no
    where
        (key_sets.has_usage or steps.span_type in ('model', 'embedding', 'rerank'))
        -- A re-read of an earlier response repeats its usage and is no call.
        and steps.operation_name is distinct from 'fetch_response'

),

readings as (

    select
        candidates.span_no,
        candidates.trace_id,
        candidates.span_id,
        candidates.trace_key,
        candidates.span_type,
        candidates.span_status,
        candidates.started_at,
        candidates.ended_at,
        candidates.error_type,
        candidates.error_message_redacted,
        producers.service_name,
        producers.scope_name as instrumentation_scope,
        producers.scope_version as instrumentation_scope_version,
        case
            when candidates.span_type in ('embedding', 'rerank') then candidates.span_type
            else 'model'
        end as call_kind,
        {% for field in spanmart.usage_fields() + spanmart.call_fields() %}
        {{ spanmart.said_field(field) }} as {{ field }},
        {% endfor %}
        key_sets.usage_namespace,
    from candidates
    left join key_sets on candidates.key_set_no = key_sets.key_set_no
    left join producers on candidates.producer_no = producers.producer_no

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

),

reported_calls as (

    select * from calls
    where has_usage or span_type in ('model', 'embedding', 'rerank')

)

select * from reported_calls
