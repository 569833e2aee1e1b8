-- One row per landed version of a feedback event.
with landed_feedback as (

    select * from {{ source('landing', 'feedback') }}

),

loads as (

    select load_id from {{ ref('stg_loads') }}

),

feedback as (

    select * from landed_feedback
    where load_id in (select loads.load_id from loads)

),

spans as (

    select * from {{ ref('stg_spans') }}

),

-- Phoenix and LangSmith say of an annotation only which span it is about. A span id that several
-- traces have says nothing.
traces_of_spans as (

    select
        span_id,
        min(trace_id) as trace_id,
    from spans
    where
        span_id in (
            select feedback.span_id
            from feedback
            where feedback.trace_id is null and feedback.span_id is not null
        )
    group by span_id
    having count(distinct trace_id) = 1

)

select
    feedback.feedback_id,
    coalesce(feedback.trace_id, traces_of_spans.trace_id) as trace_id,
    feedback.span_id,
    feedback.conversation_id,
    feedback.request_id,
    feedback.time_unix_nano,
    feedback.kind,
    feedback.feedback_source,
    feedback.author_hash,
    feedback.score,
    feedback.label,
    feedback.evaluator_name,
    feedback.evaluator_version,
    feedback.attributes,
    feedback.artifact_refs,
    feedback.record_hash,
    feedback.source,
    feedback.source_format,
    feedback.source_version_at,
    feedback.load_id,
    feedback.landed_at,
from feedback
left join traces_of_spans on feedback.span_id = traces_of_spans.span_id
