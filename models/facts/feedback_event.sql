{{ config(unique_key='feedback_id', incremental_strategy='delete+insert') }}
-- One row per feedback event as received.
with resolved_feedback as (

    select * from {{ ref('int_feedback__resolved') }}

),

feedback_events as (

    select
        feedback_id,
        trace_id,
        span_id,
        conversation_id,
        request_id,
        occurred_at,
        kind,
        feedback_source as source,
        author_hash,
        score,
        label,
        polarity,
        is_latest,
        evaluator_name,
        evaluator_version,
        target_level,
        list_filter(
            artifact_refs, lambda reference: reference.artifact_kind = 'comment'
        )[1].artifact_id as comment_artifact_id,
        source as landing_source,
        source_format,
        landed_at,
    from resolved_feedback

)

select * from feedback_events
