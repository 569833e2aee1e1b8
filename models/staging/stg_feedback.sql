-- One row per landed version of a feedback event.
with feedback as (

    select * from {{ source('landing', 'feedback') }}

),

loads as (

    select load_id from {{ ref('stg_loads') }}

)

select
    feedback.feedback_id,
    feedback.trace_id,
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
where feedback.load_id in (select loads.load_id from loads)
