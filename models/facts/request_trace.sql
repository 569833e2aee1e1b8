-- One row per trace.
with traces as (

    select * from {{ ref('int_traces__rolled_up') }}

),

judged_tasks as (

    select * from {{ ref('int_tasks__judged') }}

),

feedback as (

    select * from {{ ref('int_feedback__resolved') }}
    where trace_id is not null

),

weighted_traces as (

    select * from {{ ref('int_traces__weighted') }}

),

log_records as (

    select
        trace_id,
        max(landed_at) as landed_at,
    from {{ ref('stg_log_records') }}
    group by trace_id

),

-- Facts that only this model needs to wait for: it comes last, because its newest landed_at is what
-- the next run takes for built (int_traces__touched).
-- depends_on: {{ ref('artifact_reference') }}
-- depends_on: {{ ref('delivery_event') }}
-- depends_on: {{ ref('embedding_span') }}
-- depends_on: {{ ref('feedback_event') }}
-- depends_on: {{ ref('query_rewrite_span') }}
-- depends_on: {{ ref('rerank_span') }}
-- depends_on: {{ ref('retrieved_document') }}
-- depends_on: {{ ref('routing_span') }}
-- depends_on: {{ ref('tool_planning_span') }}
-- depends_on: {{ ref('usage_record') }}
feedback_totals as (

    select
        trace_id,
        max(landed_at) as landed_at,
        arg_max(polarity, (occurred_at, feedback_id)) filter (
            where feedback_source = 'user' and polarity <> 'neutral'
        ) as feedback_latest,
        arg_max(polarity, (occurred_at, feedback_id)) filter (where kind = 'thumbs')
            as thumbs_latest,
        count(*) filter (where kind = 'escalation') > 0 as is_escalated,
        max(occurred_at) as last_feedback_at,
    from feedback
    group by trace_id

),

request_traces as (

    select
        traces.trace_id,
        traces.root_span_id as span_id,
        cast(null as varchar) as parent_span_id,
        traces.started_at,
        traces.ended_at,
        traces.duration_ms,
        {{ spanmart.local_day('traces.started_at') }} as started_on,
        traces.root_span_status as span_status,
        traces.error_type,
        traces.error_message_redacted,
        traces.operation_name,
        traces.service_name,
        traces.environment,
        traces.app_version,
        traces.release_sha,
        traces.tenant_id,
        traces.conversation_id,
        traces.request_id,
        traces.task_type,
        traces.route_name,
        traces.experiment_ids,
        traces.feature_flags,
        traces.dataset_version,
        traces.source_application,
        traces.is_evaluation_candidate,
        traces.privacy_tags,
        traces.root_span_id,
        traces.root_name,
        traces.entrypoint,
        traces.session_id,
        traces.user_id_hash,
        traces.locale,
        traces.customer_tier,
        traces.final_status,
        traces.task_key,
        coalesce(judged_tasks.last_trace_id = traces.trace_id, false) as is_last_of_task,
        judged_tasks.task_success,
        judged_tasks.task_success_basis,
        traces.answer_prompt_name as prompt_name,
        traces.answer_prompt_version as prompt_version,
        traces.model_used,
        traces.model_requested,
        traces.retriever_version,
        traces.index_version,
        traces.span_count,
        traces.model_call_count,
        traces.tool_call_count,
        traces.retrieval_count,
        traces.error_span_count,
        traces.failed_tool_episode_count,
        cast(traces.repair_attempts as bigint) as repair_attempts,
        traces.cited_count,
        traces.cited_not_included_count,
        cast(traces.input_tokens as bigint) as input_tokens,
        cast(traces.output_tokens as bigint) as output_tokens,
        cast(traces.rollup_gap_tokens as bigint) as rollup_gap_tokens,
        cast(traces.cost_usd as decimal(38, 12)) as cost_usd,
        traces.cost_status,
        traces.is_output_truncated,
        traces.is_input_truncated,
        traces.is_orphan,
        traces.is_copy,
        weighted_traces.sample_weight,
        weighted_traces.sample_weight_basis,
        traces.workload_class,
        feedback_totals.feedback_latest,
        feedback_totals.thumbs_latest,
        coalesce(feedback_totals.is_escalated, false) as is_escalated,
        feedback_totals.last_feedback_at,
        traces.source,
        traces.source_format,
        traces.instrumentation_scope,
        greatest(
            traces.spans_landed_at, feedback_totals.landed_at, log_records.landed_at
        ) as landed_at,
    from traces
    inner join weighted_traces on traces.trace_id = weighted_traces.trace_id
    left join judged_tasks
        on
            traces.task_key = judged_tasks.task_key
            and traces.workload_class = judged_tasks.workload_class
            and not traces.is_copy
    left join feedback_totals on traces.trace_id = feedback_totals.trace_id
    left join log_records on traces.trace_id = log_records.trace_id

)

select * from request_traces
