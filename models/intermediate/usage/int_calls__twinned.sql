-- One row per call of the touched traces that stands beside another record of it, with the twin
-- that counts.
{%- set built_calls = spanmart.built_relation('model_span') %}
with calls as (

    select * from {{ ref('int_calls__attributed') }}
    where call_kind = 'model' and duplicate_reason is null

),

touched_traces as ( -- noqa: ST03, because dbt must know of the ref before there is a built table

    select trace_id from {{ ref('int_traces__touched') }}

),

run_calls as (

    select
        trace_id,
        span_id,
        response_id,
        coalesce(model_used, model_requested) as model_name,
        usage_input,
        usage_output,
        instrumentation_scope,
        service_name,
        conversation_id,
        started_at,
        ended_at,
        parent_no is null as is_trace_root,
    from calls

),

-- The minutes in which a twin of one of these calls can have begun: they, and not how much has been
-- built, bound what is compared.
twin_minutes as ( -- noqa: ST03, because only a later build looks back

    select distinct {{ spanmart.twin_minutes('started_at', 'ended_at') }} as twin_minute
    from run_calls

),

known_calls as (

    select * from run_calls
    {% if built_calls %}
    union all
    select
        trace_id,
        span_id,
        response_id,
        coalesce(model_used, model_requested) as model_name,
        reported_input_tokens as usage_input,
        reported_output_tokens as usage_output,
        instrumentation_scope,
        service_name,
        conversation_id,
        started_at,
        ended_at,
        is_trace_root,
    from {{ built_calls }}
    where
        trace_id not in (select touched_traces.trace_id from touched_traces)
        and duplicate_reason is distinct from 'wrapper'
        and duplicate_reason is distinct from 'inner_copy'
        and duplicate_reason is distinct from 'same_response_id'
        and date_trunc('minute', started_at) in (
            select twin_minutes.twin_minute from twin_minutes
        )
    {% endif %}

),

calls_by_minute as (

    select
        known_calls.*,
        {{ spanmart.inner_twin_minutes('started_at', 'ended_at') }} as twin_minute,
    from known_calls

),

-- Two candidates for one call: the same answer of the provider, or one instrumentor's interval
-- inside the other's with the same model and the same numbers. Which of the two counts follows from
-- the pair alone (a call inside a larger trace before a lone root, then the earlier), so that the
-- order in which they land decides nothing.
same_answer as (

    select
        losing.trace_id,
        losing.span_id,
        winning.trace_id as twin_trace_id,
        winning.span_id as twin_span_id,
        'same_response_id_other_trace' as twin_reason,
    from run_calls as losing
    inner join known_calls as winning
        on
            losing.response_id = winning.response_id
            and losing.model_name = winning.model_name
            and losing.trace_id <> winning.trace_id
            and (winning.is_trace_root, winning.started_at, winning.trace_id)
            < (losing.is_trace_root, losing.started_at, losing.trace_id)
            and losing.service_name is not distinct from winning.service_name
            -- Two records of one call overlap in time. A stored answer that is served again later
            -- is not that call.
            and losing.started_at <= winning.ended_at + {{ spanmart.duplicate_call_slack() }}
            and losing.ended_at >= winning.started_at - {{ spanmart.duplicate_call_slack() }}

),

same_interval as (

    select
        losing.trace_id,
        losing.span_id,
        winning.trace_id as twin_trace_id,
        winning.span_id as twin_span_id,
        case
            when losing.trace_id = winning.trace_id then 'same_interval'
            else 'same_interval_other_trace'
        end as twin_reason,
    from run_calls as losing
    inner join calls_by_minute as winning
        on
            date_trunc('minute', losing.started_at) = winning.twin_minute
            and losing.service_name is not distinct from winning.service_name
            and coalesce(losing.usage_input, -1) = coalesce(winning.usage_input, -1)
            and coalesce(losing.usage_output, -1) = coalesce(winning.usage_output, -1)
            and losing.started_at >= winning.started_at - {{ spanmart.duplicate_call_slack() }}
            and losing.ended_at <= winning.ended_at + {{ spanmart.duplicate_call_slack() }}
            and losing.instrumentation_scope <> winning.instrumentation_scope
    where
        case
            when losing.trace_id = winning.trace_id
                then (winning.started_at, winning.span_id) < (losing.started_at, losing.span_id)
            else losing.is_trace_root and not winning.is_trace_root
        end
        -- One says gpt-4o and the other its dated snapshot; a failed call may name none.
        and (
            losing.model_name is null
            or winning.model_name is null
            or starts_with(losing.model_name, winning.model_name)
            or starts_with(winning.model_name, losing.model_name)
        )
        and (
            losing.conversation_id is null
            or winning.conversation_id is null
            or losing.conversation_id = winning.conversation_id
        )

),

twinned_calls as (

    select * from same_answer
    union all
    select * from same_interval

),

twins as (

    select
        trace_id,
        span_id,
        min(twin_reason) as twin_reason,
        arg_min(twin_trace_id, twin_trace_id || twin_span_id) as twin_trace_id,
        arg_min(twin_span_id, twin_trace_id || twin_span_id) as twin_span_id,
    from twinned_calls
    group by trace_id, span_id

)

select * from twins
