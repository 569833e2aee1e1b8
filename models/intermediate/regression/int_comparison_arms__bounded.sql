-- One row per comparison, series, arm and prompt version: whose tasks are taken, and from when to
-- when.
{%- set control_series = 5 %}
with comparisons as (

    select * from {{ ref('int_prompt_versions__compared') }}

),

tasks as (

    select * from {{ ref('int_tasks__matured') }}

),

main_arms as (

    select
        comparison_id,
        'main' as series,
        'candidate' as arm,
        prompt_name,
        candidate_version as prompt_version,
        candidate_from as arm_from,
        candidate_to as arm_to,
    from comparisons
    union all
    select
        comparison_id,
        'main' as series,
        'baseline' as arm,
        prompt_name,
        baseline_version as prompt_version,
        baseline_from as arm_from,
        baseline_to as arm_to,
    from comparisons

),

version_days as (

    select
        prompt_name,
        prompt_version,
        cast(started_at as date) as started_on,
        count(*) as task_count,
    from tasks
    group by 1, 2, 3

),

-- Versions of other prompts that did not change meanwhile tell what the time itself did.
control_versions as (

    select
        comparisons.comparison_id,
        version_days.prompt_name,
        version_days.prompt_version,
        coalesce(sum(version_days.task_count) filter (
            where version_days.started_on
            between cast(comparisons.candidate_from as date)
            and cast(comparisons.candidate_to as date)
        ), 0) as after_count,
        coalesce(sum(version_days.task_count) filter (
            where version_days.started_on
            between cast(comparisons.baseline_from as date)
            and cast(comparisons.baseline_to as date)
        ), 0) as before_count,
    from comparisons
    inner join version_days on comparisons.prompt_name <> version_days.prompt_name
    where comparisons.design = 'before_after'
    group by 1, 2, 3

),

-- The busiest few are control enough, and keep a run linear in tasks however many prompts there
-- are.
chosen_controls as (

    select * from control_versions
    where before_count > 0 and after_count > 0
    qualify row_number() over (
        partition by comparison_id
        order by -least(before_count, after_count), prompt_name, prompt_version
    ) <= {{ control_series }}

),

control_arms as (

    select
        chosen_controls.comparison_id,
        'control' as series,
        main_arms.arm,
        chosen_controls.prompt_name,
        chosen_controls.prompt_version,
        main_arms.arm_from,
        main_arms.arm_to,
    from chosen_controls
    inner join main_arms on chosen_controls.comparison_id = main_arms.comparison_id

),

all_arms as (

    select * from main_arms
    union all
    select * from control_arms

)

select * from all_arms
