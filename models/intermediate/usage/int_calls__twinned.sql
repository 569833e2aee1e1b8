-- One row per call of the touched traces that stands beside another record of it, with the twin
-- that counts.
{%- set built_calls = spanmart.built_relation('model_span') %}
with recursive calls as (

    select * from {{ ref('int_calls__attributed') }}
    where call_kind = 'model' and duplicate_reason is null

),

spans as {{ spanmart.inlined() }} (

    select * from {{ ref('int_spans__current') }}

),

placed_spans as (

    select * from {{ ref('int_spans__rooted') }}

),

key_sets as (

    select * from {{ ref('int_spans__key_sets') }}

),

producers as (

    select * from {{ ref('int_spans__producers') }}

),

touched_traces as ( -- noqa: ST03, because dbt must know of the ref before there is a built table

    select trace_id from {{ ref('int_traces__touched') }}

),

run_calls as (

    select
        span_no,
        trace_key,
        trace_id,
        span_id,
        response_id,
        coalesce(model_used, model_requested) as model_name,
        usage_input,
        usage_output,
        instrumentation_scope,
        service_name,
        cast(null as varchar) as conversation_id,
        started_at,
        ended_at,
        is_trace_root,
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
        null as span_no,
        null as trace_key,
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
        losing.span_no,
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

in_same_interval as {{ spanmart.materialized() }} (

    select
        losing.span_no,
        losing.trace_key,
        losing.trace_id,
        losing.span_id,
        winning.span_no as twin_no,
        winning.trace_key as twin_trace_key,
        winning.trace_id as twin_trace_id,
        winning.span_id as twin_span_id,
        winning.conversation_id as twin_conversation_id,
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

),

-- Of which conversation a call is, is asked for these few, and found without the context of all
-- others (int_contexts__inherited): what the call says, or the nearest span above it that says any.
asked_calls as {{ spanmart.materialized() }} (

    select
        span_no,
        trace_key,
    from in_same_interval
    union
    select
        twin_no as span_no,
        twin_trace_key as trace_key,
    from in_same_interval
    where twin_no is not null

),

asked_spans as {{ spanmart.materialized() }} (

    select
        spans.span_no,
        spans.key_set_no,
        spans.producer_no,
        spans.said,
        {{ spanmart.said_lists(['context'], 'spans.said', 'key_sets') }}
    from spans
    inner join (select distinct asked_calls.trace_key from asked_calls) as asked_traces
        on spans.trace_key = asked_traces.trace_key
    left join key_sets on spans.key_set_no = key_sets.key_set_no

),

conversing_spans as {{ spanmart.materialized() }} (

    select
        asked_spans.span_no,
        placed_spans.parent_no,
        {{ spanmart.said_field('conversation_id') }} as conversation_id,
    from asked_spans
    inner join placed_spans on asked_spans.span_no = placed_spans.span_no
    left join key_sets on asked_spans.key_set_no = key_sets.key_set_no
    left join producers on asked_spans.producer_no = producers.producer_no

),

climbs (span_no, above_no, conversation_id, distance) as (

    select
        asked_calls.span_no,
        conversing_spans.parent_no as above_no,
        conversing_spans.conversation_id,
        1 as distance,
    from asked_calls
    inner join conversing_spans on asked_calls.span_no = conversing_spans.span_no
    union all
    select
        climbs.span_no,
        conversing_spans.parent_no as above_no,
        conversing_spans.conversation_id,
        climbs.distance + 1 as distance,
    from climbs
    inner join conversing_spans on climbs.above_no = conversing_spans.span_no
    where climbs.conversation_id is null and climbs.distance < {{ var('max_tree_depth') }}

),

conversations as (

    select
        span_no,
        conversation_id,
    from climbs
    where conversation_id is not null

),

same_interval as (

    select
        in_same_interval.span_no,
        in_same_interval.trace_id,
        in_same_interval.span_id,
        in_same_interval.twin_trace_id,
        in_same_interval.twin_span_id,
        in_same_interval.twin_reason,
    from in_same_interval
    left join conversations on in_same_interval.span_no = conversations.span_no
    left join conversations as twin_conversations
        on in_same_interval.twin_no = twin_conversations.span_no
    -- Where one names none, the numbers decide.
    where
        coalesce(
            conversations.conversation_id = coalesce(
                twin_conversations.conversation_id, in_same_interval.twin_conversation_id
            ),
            true
        )

),

twinned_calls as (

    select * from same_answer
    union all
    select * from same_interval

),

twins as (

    select
        span_no,
        trace_id,
        span_id,
        min(twin_reason) as twin_reason,
        arg_min(twin_trace_id, twin_trace_id || twin_span_id) as twin_trace_id,
        arg_min(twin_span_id, twin_trace_id || twin_span_id) as twin_span_id,
    from twinned_calls
    group by span_no, trace_id, span_id

)

select * from twins
