-- One row per task of production traffic: its cost, outcome and measures, on the day of its first
-- trace.
with traces as (

    select * from {{ ref('request_trace') }}
    where workload_class = 'production' and not is_copy

),

-- Retries cost, and the task is one: costs and steps are summed over its traces, its answer is that
-- of the last.
summed_tasks as (

    select
        task_key,
        min(started_at) as started_at,
        min(started_on) as started_on,
        max(last_feedback_at) as last_feedback_at,
        count(*) as trace_count,
        sum(cost_usd) as cost_usd,
        bool_and(cost_status in ('priced', 'no_calls')) as is_cost_known,
        bool_or(cost_status = 'partial') as is_cost_partial,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens,
        sum(duration_ms) as duration_ms,
        bool_or(thumbs_latest is not null) as has_thumb,
        bool_or(is_escalated) as is_escalated,
        sum(failed_tool_episode_count) > 0 as has_tool_failure,
        sum(cited_not_included_count) > 0 as has_citation_mismatch,
        sum(repair_attempts) > 0 as has_repair,
        arg_max(thumbs_latest, (last_feedback_at, trace_id)) filter (
            where thumbs_latest is not null
        ) as thumbs_latest,
    from traces
    group by task_key

),

last_traces as (

    select * from traces
    where is_last_of_task

),

measured_tasks as (

    select
        summed_tasks.task_key,
        summed_tasks.started_on as day,
        summed_tasks.started_at,
        summed_tasks.last_feedback_at,
        coalesce(last_traces.user_id_hash, last_traces.conversation_id, summed_tasks.task_key)
            as cluster_key,
        last_traces.tenant_id,
        last_traces.task_type,
        last_traces.route_name,
        last_traces.prompt_name,
        last_traces.prompt_version,
        last_traces.model_used,
        last_traces.model_requested,
        last_traces.retriever_version,
        last_traces.index_version,
        last_traces.release_sha,
        last_traces.locale,
        last_traces.customer_tier,
        last_traces.sample_weight,
        summed_tasks.trace_count,
        last_traces.task_success as is_success,
        last_traces.task_success_basis,
        summed_tasks.thumbs_latest = 'positive' as is_thumbs_up,
        last_traces.is_output_truncated,
        last_traces.is_input_truncated,
        summed_tasks.has_tool_failure,
        summed_tasks.is_escalated,
        last_traces.final_status = 'blocked' as is_blocked,
        summed_tasks.has_citation_mismatch,
        summed_tasks.has_repair,
        -- The cost of a task is known when all its calls are priced; what is known of it counts in
        -- sums all the same.
        case when summed_tasks.is_cost_known then summed_tasks.cost_usd end as cost_usd,
        summed_tasks.cost_usd as known_cost_usd,
        summed_tasks.is_cost_known,
        cast(summed_tasks.input_tokens as bigint) as input_tokens,
        cast(summed_tasks.output_tokens as bigint) as output_tokens,
        summed_tasks.duration_ms,
    from summed_tasks
    inner join last_traces on summed_tasks.task_key = last_traces.task_key

)

select * from measured_tasks
