-- One row per production task of a known prompt version that is old enough to be judged.
{%- set horizon = "interval '" ~ var('outcome_maturity_hours') ~ " hours'" %}
with tasks as (

    select * from {{ ref('int_tasks__measured') }}

),

matured_tasks as (

    select
        *,
        -- An old task must not know more than a young one could: what was said after the horizon
        -- counts for neither.
        coalesce(last_feedback_at <= started_at + {{ horizon }}, true) as is_judged_in_time,
    from tasks
    where
        prompt_version is not null
        and started_at <= {{ spanmart.as_of() }} - {{ horizon }}
        and coalesce(sample_weight, 1) > 0

),

stratified_tasks as (

    select
        task_key,
        started_at,
        cluster_key,
        {{ spanmart.compared_prompt('prompt_name') }} as prompt_name,
        prompt_version,
        array_to_string([
            {%- for column in var('regression_strata') %}
            coalesce(cast({{ column }} as varchar), '(unknown)'){{ ',' if not loop.last }}
            {%- endfor %}
        ], ' | ') as mix_stratum,
        coalesce(sample_weight, 1) as sample_weight,
        case when is_judged_in_time then is_success end as is_success,
        case when is_judged_in_time then is_thumbs_up end as is_thumbs_up,
        case when is_judged_in_time then is_escalated end as is_escalated,
        is_output_truncated,
        has_tool_failure,
        is_blocked,
        has_citation_mismatch,
        cast(cost_usd as double) as cost_usd,
        output_tokens,
        duration_ms,
    from matured_tasks

)

select * from stratified_tasks
