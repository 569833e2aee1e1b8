-- One row per trace to rebuild in this run.
{%- set built_traces = spanmart.built_relation('request_trace') %}
{%- set built_feedback = spanmart.built_relation('feedback_event') %}
{%- set built_calls = spanmart.built_relation('model_span') %}
with spans as (

    select * from {{ ref('stg_spans') }}

),

log_records as ( -- noqa: ST03, because dbt must know of the ref before there is a built table

    select * from {{ ref('stg_log_records') }}

),

feedback as (

    select * from {{ ref('stg_feedback') }}

),

{% if not built_traces %}
-- Feedback may be here before its trace.
landed_traces as (

    select trace_id from spans
    union
    select trace_id from feedback
    where trace_id is not null

),

touched_traces as (

    select
        trace_id,
        'first_build' as touch_reason,
    from landed_traces

)
{% else %}
built_traces as (

    select
        trace_id,
        task_key,
        request_id,
        conversation_id,
        landed_at,
    from {{ built_traces }}

),

last_build as (

    select max(landed_at) as landed_at from built_traces

),

new_spans as (

    select
        trace_id,
        {{ spanmart.attribute('task_id') }} as task_id,
        {{ spanmart.attribute('request_id') }} as request_id,
        {{ spanmart.attribute('conversation_id') }} as conversation_id,
        {{ spanmart.attribute('response_id') }} as response_id,
        {{ spanmart.attribute('usage_input') }} as usage_input,
        {{ spanmart.attribute('span_type') }} as declared_type,
        name,
        start_time_unix_nano,
        end_time_unix_nano,
    from spans
    where landed_at > (select last_build.landed_at from last_build)

),

new_feedback as (

    select
        feedback_id,
        trace_id,
        request_id,
        conversation_id,
    from feedback
    where landed_at > (select last_build.landed_at from last_build)

),

-- A trace whose own records landed.
directly_touched as (

    select
        trace_id,
        'new_span' as touch_reason,
    from new_spans
    union all
    select
        trace_id,
        'new_log_record' as touch_reason,
    from log_records
    where landed_at > (select last_build.landed_at from last_build)
    union all
    select
        trace_id,
        'new_feedback' as touch_reason,
    from new_feedback
    {% if built_feedback %}
    union all
    select
        built_feedback.trace_id,
        'changed_feedback' as touch_reason,
    from {{ built_feedback }} as built_feedback
    inner join new_feedback on built_feedback.feedback_id = new_feedback.feedback_id
    {% endif %}

),

{% if built_calls %}
-- A call that another instrumentor recorded in a trace of its own: whether it counts may change
-- with its twin.
built_calls as (

    select
        trace_id,
        response_id,
        coalesce(reported_input_tokens, -1) as reported_input_tokens,
        started_at,
        ended_at,
    from {{ built_calls }}

),

changed_calls as (

    select
        response_id,
        -- Two failed calls without usage can be twins as well.
        coalesce(usage_input, -1) as reported_input_tokens,
        {{ spanmart.nanos_to_timestamp('start_time_unix_nano') }} as started_at,
        {{ spanmart.nanos_to_timestamp('end_time_unix_nano') }} as ended_at,
    from new_spans
    where
        usage_input is not null
        or response_id is not null
        or {{ spanmart.span_type('declared_type', 'name') }} = 'model'
    union all
    select
        built_calls.response_id,
        built_calls.reported_input_tokens,
        built_calls.started_at,
        built_calls.ended_at,
    from built_calls
    inner join directly_touched on built_calls.trace_id = directly_touched.trace_id

),

changed_calls_by_minute as (

    select
        changed_calls.*,
        {{ spanmart.twin_minutes('started_at', 'ended_at') }} as twin_minute,
    from changed_calls

),

twin_calls as (

    select built_calls.trace_id
    from built_calls
    inner join changed_calls on built_calls.response_id = changed_calls.response_id
    union all
    select built_calls.trace_id
    from built_calls
    inner join changed_calls_by_minute as changed_calls
        on
            date_trunc('minute', built_calls.started_at) = changed_calls.twin_minute
            and built_calls.reported_input_tokens = changed_calls.reported_input_tokens
            and built_calls.started_at
            <= changed_calls.ended_at + {{ spanmart.duplicate_call_slack() }}
            and built_calls.ended_at
            >= changed_calls.started_at - {{ spanmart.duplicate_call_slack() }}

),
{% endif %}

-- What a trace passes on to its task and its conversation changes with its own records and with a
-- call that becomes a copy: a trace of nothing but copies is no try of its task and gets no
-- feedback.
changed_traces as (

    select trace_id from directly_touched
    {% if built_calls %}
    union all
    select trace_id from twin_calls
    {% endif %}

),

task_keys as (

    select task_id as task_key from new_spans
    union all
    select request_id as task_key from new_spans
    union all
    select request_id as task_key from new_feedback
    union all
    select built_traces.request_id as task_key
    from built_traces
    inner join changed_traces on built_traces.trace_id = changed_traces.trace_id

),

-- Feedback on a conversation belongs to its last trace before the event: any change in the
-- conversation may move it.
judged_conversations as (

    select conversation_id
    from feedback
    where trace_id is null and conversation_id is not null

),

conversations as (

    select conversation_id from new_spans
    union all
    select conversation_id from new_feedback where trace_id is null
    union all
    select built_traces.conversation_id
    from built_traces
    inner join changed_traces on built_traces.trace_id = changed_traces.trace_id

),

touched as (

    select * from directly_touched
    union all
    select
        built_traces.trace_id,
        'same_task' as touch_reason,
    from built_traces
    where
        built_traces.task_key in (select task_keys.task_key from task_keys)
        or built_traces.request_id in (select task_keys.task_key from task_keys)
    union all
    select
        built_traces.trace_id,
        'same_conversation' as touch_reason,
    from built_traces
    where
        built_traces.conversation_id in (select conversations.conversation_id from conversations)
        and built_traces.conversation_id in (
            select judged_conversations.conversation_id from judged_conversations
        )
    {% if built_calls %}
    union all
    select
        twin_calls.trace_id,
        'same_call' as touch_reason,
    from twin_calls
    {% endif %}

),

-- A task is judged by all of its traces, so the others of a task come along, whatever touched one.
touched_tasks as (

    select built_traces.task_key
    from built_traces
    inner join touched on built_traces.trace_id = touched.trace_id

),

touched_with_tasks as (

    select * from touched
    union all
    select
        built_traces.trace_id,
        'same_task' as touch_reason,
    from built_traces
    where built_traces.task_key in (select touched_tasks.task_key from touched_tasks)

),

touched_traces as (

    select
        touched_with_tasks.trace_id,
        min(touched_with_tasks.touch_reason) as touch_reason,
    from touched_with_tasks
    where touched_with_tasks.trace_id is not null
    group by touched_with_tasks.trace_id

)
{% endif %}

select * from touched_traces
