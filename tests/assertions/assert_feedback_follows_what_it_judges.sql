-- Feedback on a conversation or a request judges a trace that had begun. (Where it names its trace,
-- clocks may differ.)
with feedback as (

    select * from {{ ref('feedback_event') }}
    where target_level <> 'trace'

),

traces as (

    select * from {{ ref('request_trace') }}

),

early_feedback as (

    select
        feedback.feedback_id,
        feedback.trace_id,
        feedback.occurred_at,
        traces.started_at,
    from feedback
    inner join traces on feedback.trace_id = traces.trace_id
    where feedback.occurred_at < traces.started_at or traces.is_copy

)

select * from early_feedback
