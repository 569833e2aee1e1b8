-- One row per feedback event that is new or belongs to a touched trace, with the trace that it
-- judges.
{%- set built_traces = spanmart.built_relation('request_trace') %}
with feedback as (

    select * from {{ ref('stg_feedback') }}

),

-- A trace of nothing but copies of calls is no request that anyone could judge.
request_traces as (

    select * from {{ ref('int_traces__rolled_up') }}
    where not is_copy

),

touched_traces as (

    select trace_id from {{ ref('int_traces__touched') }}

),

kinds as (

    select * from {{ ref('feedback_kinds') }}

),

labels as (

    select * from {{ ref('feedback_labels') }}

),

known_traces as (

    select
        trace_id,
        conversation_id,
        request_id,
        started_at,
    from request_traces
    {% if built_traces %}
    union all
    select
        trace_id,
        conversation_id,
        request_id,
        started_at,
    from {{ built_traces }}
    where
        not is_copy
        and trace_id not in (select touched_traces.trace_id from touched_traces)
    {% endif %}

),

versions as (

    select
        feedback.*,
        {{ spanmart.nanos_to_timestamp('feedback.time_unix_nano') }} as occurred_at,
        max(feedback.landed_at) over (partition by feedback.feedback_id) as last_landed_at,
    from feedback
    qualify row_number() over (
        partition by feedback.feedback_id
        order by
            feedback.source_version_at desc nulls last,
            feedback.time_unix_nano desc nulls last,
            feedback.record_hash asc
    ) = 1

),

-- Feedback on a request or a conversation judges one trace, the last that began before it: joined
-- to all of them it would count once for each.
wider_targets as (

    select
        versions.feedback_id,
        known_traces.trace_id,
        known_traces.started_at,
    from versions
    inner join known_traces
        on
            versions.trace_id is null
            and versions.request_id is not null
            and versions.request_id = known_traces.request_id
            and known_traces.started_at <= versions.occurred_at
    union all
    select
        versions.feedback_id,
        known_traces.trace_id,
        known_traces.started_at,
    from versions
    inner join known_traces
        on
            versions.trace_id is null
            and versions.request_id is null
            and versions.conversation_id = known_traces.conversation_id
            and known_traces.started_at <= versions.occurred_at

),

last_targets as (

    select
        feedback_id,
        arg_max(trace_id, (started_at, trace_id)) as trace_id,
    from wider_targets
    group by feedback_id

),

resolved as (

    select
        versions.* exclude (trace_id, landed_at, last_landed_at),
        versions.last_landed_at as landed_at,
        versions.trace_id as said_trace_id,
        coalesce(versions.trace_id, last_targets.trace_id) as trace_id,
        case
            when versions.trace_id is not null then 'trace'
            when versions.request_id is not null then 'request'
            else 'conversation'
        end as target_level,
    from versions
    left join last_targets on versions.feedback_id = last_targets.feedback_id

),

read_feedback as (

    select
        resolved.*,
        {{ spanmart.feedback_polarity('resolved', 'kinds', 'labels') }} as polarity,
        row_number() over (
            partition by
                coalesce(resolved.trace_id, resolved.request_id, resolved.conversation_id),
                resolved.span_id,
                resolved.kind,
                resolved.feedback_source,
                resolved.author_hash,
                resolved.evaluator_name,
                -- A retrieval has many documents, each with a judgement of its own.
                {{ spanmart.map_get('resolved.attributes', 'phoenix.document_position') }}
            order by resolved.occurred_at desc nulls last, resolved.feedback_id desc
        ) = 1 as is_latest,
    from resolved
    left join kinds on resolved.kind = kinds.kind
    left join labels on lower(trim(resolved.label)) = labels.label

),

resolved_feedback as (

    select * from read_feedback
    where
        trace_id is null
        {% if built_traces %}
        or landed_at > (select max(built.landed_at) from {{ built_traces }} as built)
        {% endif %}
        or trace_id in (select touched_traces.trace_id from touched_traces)

)

select * from resolved_feedback
