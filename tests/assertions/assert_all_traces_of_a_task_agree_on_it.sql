-- A task has one outcome, shown on each of its traces, and one last trace: where a night's build
-- rebuilt one try and left another, the two disagree.
with traces as (

    select * from {{ ref('request_trace') }}
    where not is_copy

),

torn_tasks as (

    select
        workload_class,
        task_key,
        count(*) as trace_count,
        count(*) filter (where is_last_of_task) as last_trace_count,
        count(distinct coalesce(cast(task_success as varchar), 'unknown')) as outcome_count,
        count(distinct coalesce(task_success_basis, 'none')) as basis_count,
    from traces
    group by workload_class, task_key
    having
        count(*) filter (where is_last_of_task) <> 1
        or count(distinct coalesce(cast(task_success as varchar), 'unknown')) <> 1
        or count(distinct coalesce(task_success_basis, 'none')) <> 1

)

select * from torn_tasks
