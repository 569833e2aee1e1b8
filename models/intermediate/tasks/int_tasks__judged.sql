-- One row per task and workload class of the touched traces: whether it succeeded, and who or what
-- says so.
with traces as (

    select * from {{ ref('int_traces__rolled_up') }}
    where not is_copy

),

feedback as (

    select * from {{ ref('int_feedback__resolved') }}
    where is_latest

),

policy as (

    select * from {{ ref('outcome_policy') }}

),

-- What each signal says. A thumb down, an escalation, a failure tag: whatever is negative speaks
-- against the task.
feedback_signals as (

    select
        traces.task_key,
        traces.workload_class,
        case
            when
                feedback.kind in ('failure_tag', 'reviewer_label')
                and feedback.feedback_source = 'evaluator'
                then 'evaluator_label'
            when feedback.kind = 'failure_tag' then 'reviewer_label'
            else feedback.kind
        end as signal,
        feedback.polarity = 'positive' as is_success,
        feedback.occurred_at,
        feedback.feedback_id as tie_break,
    from feedback
    inner join traces on feedback.trace_id = traces.trace_id
    where feedback.polarity <> 'neutral'

),

attribute_signals as (

    select
        task_key,
        workload_class,
        'task_completion' as signal,
        said_task_completed as is_success,
        started_at as occurred_at,
        trace_id as tie_break,
    from traces
    where said_task_completed is not null

),

-- A client that retried has succeeded or failed with its last try. A judge that ran on the same
-- request is no try.
last_traces as (

    select
        task_key,
        workload_class,
        final_status,
        started_at,
        trace_id,
    from traces
    qualify row_number() over (
        partition by task_key, workload_class
        order by started_at desc, trace_id desc
    ) = 1

),

status_signals as (

    select
        task_key,
        workload_class,
        'final_status' as signal,
        false as is_success,
        started_at as occurred_at,
        trace_id as tie_break,
    from last_traces
    where final_status <> 'success'

),

signals as (

    select * from feedback_signals
    union all
    select * from attribute_signals
    union all
    select * from status_signals

),

ranked_signals as (

    select
        signals.*,
        row_number() over (
            partition by signals.task_key, signals.workload_class
            order by policy.precedence asc, signals.occurred_at desc, signals.tie_break desc
        ) as signal_rank,
    from signals
    inner join policy on signals.signal = policy.signal
    where not policy.is_failure_only or not signals.is_success

),

judged_tasks as (

    select
        last_traces.task_key,
        last_traces.workload_class,
        {% if var('assume_success_without_signal') -%}
        coalesce(ranked_signals.is_success, true) as task_success,
        coalesce(ranked_signals.signal, 'assumed') as task_success_basis,
        {%- else -%}
        ranked_signals.is_success as task_success,
        ranked_signals.signal as task_success_basis,
        {%- endif %}
        last_traces.trace_id as last_trace_id,
    from last_traces
    left join ranked_signals
        on
            last_traces.task_key = ranked_signals.task_key
            and last_traces.workload_class = ranked_signals.workload_class
            and ranked_signals.signal_rank = 1

)

select * from judged_tasks
