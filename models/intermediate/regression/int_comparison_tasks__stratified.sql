-- One row per comparison, series, arm and task: the task in the stratum where it meets its like.
{%- set minimum = var('regression_min_tasks_per_stratum') %}
with arms as (

    select * from {{ ref('int_comparison_arms__bounded') }}

),

comparisons as (

    select * from {{ ref('int_prompt_versions__compared') }}

),

tasks as (

    select * from {{ ref('int_tasks__matured') }}

),

compared_tasks as (

    select
        arms.comparison_id,
        arms.series,
        arms.arm,
        comparisons.design,
        date_diff('day', comparisons.candidate_from, tasks.started_at) as day_number,
        tasks.*,
    from arms
    inner join comparisons on arms.comparison_id = comparisons.comparison_id
    inner join tasks
        on
            arms.prompt_name = tasks.prompt_name
            and arms.prompt_version = tasks.prompt_version
            and tasks.started_at between arms.arm_from and arms.arm_to

),

-- A canary's share changes from day to day and so may the world: like is compared with like by day.
-- But a stratum of one or two tasks has rarely both arms and would be lost, so thin traffic is cut
-- by week, or not at all. Only counts decide, never outcomes.
traffic_densities as (

    select
        comparison_id,
        count(*) as task_count,
        count(distinct concat_ws(' | ', mix_stratum, day_number)) as daily_strata_count,
        count(distinct concat_ws(' | ', mix_stratum, day_number // 7)) as weekly_strata_count,
    from compared_tasks
    where
        series = 'main'
        and design = 'concurrent'
    group by 1

),

time_blocks as (

    select
        comparison_id,
        case
            when task_count >= {{ minimum }} * daily_strata_count then 1
            when task_count >= {{ minimum }} * weekly_strata_count then 7
        end as time_block_days,
    from traffic_densities

),

stratified_tasks as (

    select
        compared_tasks.*,
        time_blocks.time_block_days,
        case
            when compared_tasks.series = 'control'
                then concat_ws(
                    ' | ',
                    compared_tasks.prompt_name,
                    compared_tasks.prompt_version,
                    compared_tasks.mix_stratum
                )
            else concat_ws(
                ' | ',
                compared_tasks.mix_stratum,
                cast(compared_tasks.day_number // time_blocks.time_block_days as varchar)
            )
        end as stratum,
    from compared_tasks
    left join time_blocks on compared_tasks.comparison_id = time_blocks.comparison_id

)

select * from stratified_tasks
