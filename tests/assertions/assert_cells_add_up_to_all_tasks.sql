-- Every production task is in one cell of cost_per_successful_task, on the day of its first trace,
-- with all that its traces cost: day by day and task by task the same as counted from the traces.
with traces as (

    select * from {{ ref('request_trace') }}
    where workload_class = 'production' and not is_copy

),

task_weights as (

    select
        task_key,
        min(started_on) over (partition by task_key) as day,
        sample_weight,
        is_last_of_task,
    from traces

),

trace_costs as (

    select
        task_weights.day,
        task_weights.task_key,
        traces.cost_usd * task_weights.sample_weight as cost_usd,
    from traces
    inner join task_weights
        on
            traces.task_key = task_weights.task_key
            and task_weights.is_last_of_task

),

summed_days as (

    select
        day,
        count(distinct task_key) as task_count,
        sum(cost_usd) as cost_usd,
    from trace_costs
    group by day

),

mart_days as (

    select
        day,
        sum(task_count) as task_count,
        sum(cost_usd) as cost_usd,
    from {{ ref('cost_per_successful_task') }}
    group by day

),

all_tasks as (

    select count(distinct task_key) as task_count
    from traces

),

mart_tasks as (

    select coalesce(sum(task_count), 0) as task_count
    from mart_days

),

wrong_days as (

    select
        coalesce(summed_days.day, mart_days.day) as day,
        summed_days.task_count,
        mart_days.task_count as mart_task_count,
        summed_days.cost_usd,
        mart_days.cost_usd as mart_cost_usd,
    from summed_days
    full join mart_days on summed_days.day = mart_days.day
    where
        summed_days.task_count is distinct from mart_days.task_count
        or (summed_days.cost_usd is null) <> (mart_days.cost_usd is null)
        -- Weighted money is rounded once a task.
        or abs(summed_days.cost_usd - mart_days.cost_usd) > 1e-9 * greatest(1, mart_days.cost_usd)
    union all
    select
        null as day,
        all_tasks.task_count,
        mart_tasks.task_count as mart_task_count,
        null as cost_usd,
        null as mart_cost_usd,
    from all_tasks
    cross join mart_tasks
    where all_tasks.task_count <> mart_tasks.task_count

)

select * from wrong_days
