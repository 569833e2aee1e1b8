-- Did retries spike after a vector index refresh? One row per prompt and index version that
-- followed another, the latest first.
--
-- A retry is a tool call tried again, a model call tried again inside its span, or a whole request
-- tried again. A prompt's tasks that read the new index in its first days are compared with those
-- that read the old one in its last days. What retries did in the same days for other prompts is
-- taken off: a bad day of the network is not the index's fault.
{%- set days = 7 %}
{%- set minimum_tasks = 30 %}
with traces as (

    select * from {{ ref('request_trace') }}
    where workload_class = 'production'

),

retrievals as (

    select * from {{ ref('retrieval_span') }}

),

tools as (

    select * from {{ ref('tool_span') }}

),

calls as (

    select * from {{ ref('model_span') }}
    where is_usage_counted

),

trace_indexes as (

    select
        trace_id,
        max(index_version) as index_version,
    from retrievals
    group by trace_id

),

trace_tool_retries as (

    select
        trace_id,
        count(*) filter (where attempt_number > 1) as retry_count,
    from tools
    group by trace_id

),

trace_call_retries as (

    select
        trace_id,
        sum(retry_count) as retry_count,
    from calls
    group by trace_id

),

tasks as (

    select
        traces.task_key,
        max(traces.prompt_name) as prompt_name,
        min(traces.started_at) as started_at,
        min(coalesce(traces.user_id_hash, traces.conversation_id, traces.task_key)) as cluster_key,
        max(trace_indexes.index_version) as index_version,
        -- A task without a tool span retried no tool: here the absence of rows is a true zero.
        count(*) - 1
        + coalesce(sum(trace_tool_retries.retry_count), 0)
        + coalesce(sum(trace_call_retries.retry_count), 0) as retry_count,
    from traces
    left join trace_indexes on traces.trace_id = trace_indexes.trace_id
    left join trace_tool_retries on traces.trace_id = trace_tool_retries.trace_id
    left join trace_call_retries on traces.trace_id = trace_call_retries.trace_id
    group by traces.task_key

),

index_versions as (

    select
        prompt_name,
        index_version,
        min(started_at) as first_seen_at,
    from tasks
    where
        index_version is not null
        and prompt_name is not null
    group by prompt_name, index_version

),

refreshes as (

    select
        prompt_name,
        index_version,
        lag(index_version) over (
            partition by prompt_name order by first_seen_at, index_version
        ) as previous_index_version,
        first_seen_at as refreshed_at,
    from index_versions

),

compared_tasks as (

    select
        refreshes.prompt_name,
        refreshes.index_version,
        refreshes.previous_index_version,
        refreshes.refreshed_at,
        case
            when
                tasks.prompt_name <> refreshes.prompt_name
                and tasks.started_at >= refreshes.refreshed_at
                then 'control_after'
            when tasks.prompt_name <> refreshes.prompt_name then 'control_before'
            when tasks.index_version = refreshes.index_version then 'after'
            when tasks.index_version = refreshes.previous_index_version then 'before'
        end as arm,
        tasks.cluster_key,
        tasks.retry_count,
    from refreshes
    inner join tasks
        on
            tasks.started_at >= refreshes.refreshed_at - interval '{{ days }} days'
            and tasks.started_at < refreshes.refreshed_at + interval '{{ days }} days'
    where refreshes.previous_index_version is not null

),

clusters as (

    select
        prompt_name,
        index_version,
        previous_index_version,
        refreshed_at,
        arm,
        cluster_key,
        count(*) as task_count,
        sum(retry_count) as retry_count,
    from compared_tasks
    where arm is not null
    group by all

),

arms as (

    select
        prompt_name,
        index_version,
        previous_index_version,
        refreshed_at,
        arm,
        sum(task_count) as task_count,
        sum(retry_count) / sum(task_count) as retries_per_task,
        {{ spanmart.cluster_robust_mean_se('retry_count', 'task_count') }} as standard_error,
    from clusters
    group by all

),

comparisons as (

    select
        prompt_name,
        index_version,
        previous_index_version,
        refreshed_at,
        {%- for arm in ['before', 'after', 'control_before', 'control_after'] %}
        coalesce(max(task_count) filter (where arm = '{{ arm }}'), 0) as {{ arm }}_task_count,
        max(retries_per_task) filter (where arm = '{{ arm }}') as {{ arm }}_retries_per_task,
        max(standard_error) filter (where arm = '{{ arm }}') as {{ arm }}_standard_error,
        {%- endfor %}
    from arms
    group by all

),

controlled_comparisons as (

    select
        *,
        after_retries_per_task - before_retries_per_task
        - (control_after_retries_per_task - control_before_retries_per_task) as increase,
        {{ spanmart.difference_se(
            spanmart.difference_se('after_standard_error', 'before_standard_error'),
            spanmart.difference_se('control_after_standard_error', 'control_before_standard_error')
        ) }} as increase_se,
        least(
            before_task_count, after_task_count, control_before_task_count, control_after_task_count
        ) >= {{ minimum_tasks }} as is_known,
    from comparisons

),

answers as (

    select
        prompt_name,
        index_version,
        previous_index_version,
        refreshed_at,
        case
            when not is_known then 'not known: too few tasks'
            when increase > {{ spanmart.critical_z(0.99) }} * increase_se then 'yes'
            when increase > {{ spanmart.critical_z(0.9) }} * increase_se then 'perhaps'
            else 'no'
        end as answer,
        before_retries_per_task,
        after_retries_per_task,
        control_before_retries_per_task,
        control_after_retries_per_task,
        increase,
        increase - {{ spanmart.critical_z(0.95) }} * increase_se as increase_low,
        increase + {{ spanmart.critical_z(0.95) }} * increase_se as increase_high,
        before_task_count,
        after_task_count,
        control_before_task_count,
        control_after_task_count,
    from controlled_comparisons
    order by refreshed_at desc, prompt_name asc

)

select * from answers
