-- One row per trace: everything that a failure tag may read, one column a signal.
-- A table of all history and not of this run's traces only: a new rule, a new row of required_tools
-- or an overridden definition must reach the traces of last month too.
with request_traces as (

    select * from {{ ref('request_trace') }}

),

retrieval_signals as (

    select * from {{ ref('int_traces__retrieval_signals') }}

),

tool_signals as (

    select * from {{ ref('int_traces__tool_signals') }}

),

answer_signals as (

    select * from {{ ref('int_traces__answer_signals') }}

),

feedback_events as (

    select * from {{ ref('feedback_event') }}

),

feedback as (

    select
        trace_id,
        count(*) filter (where polarity = 'negative' and source = 'user') as user_negative_count,
        count(*) filter (where polarity = 'positive' and source = 'user') as user_positive_count,
        count(*) filter (where kind = 'escalation') > 0 as is_escalated,
        count(*) filter (where kind in ('regenerate', 'rephrase')) as retried_by_user_count,
        count(*) filter (
            where kind in ('failure_tag', 'reviewer_label') and source in ('reviewer', 'user')
        ) as reviewer_label_count,
    from feedback_events
    -- A thumb that was turned is one opinion, the latest.
    where is_latest
    group by trace_id

),

signals as (

    select
        request_traces.trace_id,
        request_traces.tenant_id,
        request_traces.task_type,
        request_traces.route_name,
        request_traces.environment,
        request_traces.release_sha,
        request_traces.prompt_name,
        request_traces.prompt_version,
        request_traces.workload_class,
        request_traces.is_copy,
        request_traces.sample_weight,
        request_traces.final_status,
        request_traces.task_success,
        request_traces.is_output_truncated,
        request_traces.is_input_truncated,
        request_traces.error_span_count,
        request_traces.model_call_count,

        coalesce(retrieval_signals.retrieval_count, 0) as retrieval_count,
        retrieval_signals.retrieved_count,
        retrieval_signals.zero_result_count,
        retrieval_signals.fill_rate_min,
        retrieval_signals.score_min,
        retrieval_signals.score_max,
        retrieval_signals.filtered_by_acl_count,
        retrieval_signals.index_age_days,
        retrieval_signals.included_count,
        request_traces.cited_count,
        request_traces.cited_not_included_count,
        retrieval_signals.budget_excluded_count,
        retrieval_signals.truncation_event_count,
        retrieval_signals.is_context_truncated,
        retrieval_signals.is_instruction_dropped,

        tool_signals.tool_call_count,
        tool_signals.tool_error_count,
        tool_signals.tool_last_attempt_failed_count,
        tool_signals.tool_retry_count,
        tool_signals.tool_timeout_count,
        tool_signals.tool_unrecovered_timeout_count,
        tool_signals.state_change_failed_count,
        tool_signals.tool_refusal_swallowed_count,
        tool_signals.required_tool_count,
        tool_signals.required_tool_not_called_count,
        tool_signals.required_tool_failed_count,

        answer_signals.parse_failed_count,
        answer_signals.repair_attempts,
        answer_signals.guardrail_blocked_count,
        answer_signals.citation_check_failed_count,
        answer_signals.validator_failed_count,
        answer_signals.validator_confidence_min,
        answer_signals.model_blocked_count,
        answer_signals.model_timeout_count,
        answer_signals.model_retry_count,

        request_traces.model_used,
        answer_signals.selected_model,
        (
            {{ spanmart.is_same_model(
                'answer_signals.selected_model', 'request_traces.model_used'
            ) }}
        ) = false as is_route_model_mismatch,
        answer_signals.is_routing_fallback,
        answer_signals.is_postprocess_fallback,

        -- Of the steps that were recorded; NULL when none of the three kinds was.
        case
            when
                tool_signals.tool_call_count > 0
                or retrieval_signals.retrieval_count > 0
                or request_traces.model_call_count > 0
                then
                    coalesce(tool_signals.tool_unrecovered_timeout_count, 0)
                    + coalesce(retrieval_signals.retrieval_timeout_count, 0)
                    + coalesce(cast(answer_signals.is_last_call_timed_out as integer), 0)
        end as unrecovered_timeout_count,
        -- A candidate, to be looked at: whether the answer owns up to the failure stands in its
        -- text, which is not here.
        case
            when tool_signals.tool_call_count > 0
                then
                    tool_signals.state_change_failed_count > 0
                    and request_traces.final_status = 'success'
                    and coalesce(answer_signals.validator_failed_count, 0) = 0
        end as is_success_claimed_after_tool_failure,

        feedback.user_negative_count,
        feedback.user_positive_count,
        feedback.is_escalated,
        feedback.retried_by_user_count,
        feedback.reviewer_label_count,

        request_traces.duration_ms,
        request_traces.started_on,
        request_traces.started_at,
        request_traces.ended_at,
    from request_traces
    left join retrieval_signals on request_traces.trace_id = retrieval_signals.trace_id
    left join tool_signals on request_traces.trace_id = tool_signals.trace_id
    left join answer_signals on request_traces.trace_id = answer_signals.trace_id
    left join feedback on request_traces.trace_id = feedback.trace_id

)

select * from signals
