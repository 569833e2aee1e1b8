-- One row per day, tenant, task type, route, prompt version and model.
with tasks as (

    select * from {{ ref('int_tasks__measured') }}

),

cells as (

    select
        day,
        tenant_id,
        task_type,
        route_name,
        prompt_name,
        prompt_version,
        model_used as model,
        count(*) as task_count,
        count(*) filter (where is_success) as success_count,
        count(*) filter (where not is_success) as failure_count,
        count(*) filter (where is_success is null) as unknown_count,
        sum(sample_weight) as weighted_task_count,
        sum(sample_weight) filter (where is_success) as weighted_success_count,
        sum(sample_weight) filter (where is_success is null) as weighted_unknown_count,
        count(*) filter (where is_thumbs_up is not null) as thumbs_count,
        count(*) filter (where is_thumbs_up) as thumbs_up_count,
        sum(sample_weight) filter (where is_thumbs_up) as weighted_thumbs_up_count,
        sum({{ spanmart.weighted_money('known_cost_usd') }}) as cost_usd,
        sum({{ spanmart.weighted_money('known_cost_usd') }}) filter (where not is_success)
            as wasted_cost_usd,
        count(*) filter (where is_cost_known) as priced_task_count,
    from tasks
    group by all

),

priced_cells as (

    select
        day,
        tenant_id,
        task_type,
        route_name,
        prompt_name,
        prompt_version,
        model,
        task_count,
        success_count,
        failure_count,
        unknown_count,
        weighted_task_count,
        coalesce(weighted_success_count, 0) as weighted_success_count,
        coalesce(weighted_unknown_count, 0) as weighted_unknown_count,
        thumbs_count,
        thumbs_up_count,
        coalesce(weighted_thumbs_up_count, 0) as weighted_thumbs_up_count,
        cast(cost_usd as decimal(38, 12)) as cost_usd,
        cast(
            case when failure_count = 0 and cost_usd is not null then 0 else wasted_cost_usd end
            as decimal(38, 12)
        ) as wasted_cost_usd,
        cast(cost_usd / weighted_success_count as decimal(38, 12)) as cost_per_successful_task_usd,
        -- If every task that nobody judged had succeeded, and if none had.
        cast(
            cost_usd
            / nullif(coalesce(weighted_success_count, 0) + coalesce(weighted_unknown_count, 0), 0)
            as decimal(38, 12)
        ) as cost_per_successful_task_low_usd,
        cast(cost_usd / weighted_success_count as decimal(38, 12))
            as cost_per_successful_task_high_usd,
        cast(cost_usd / weighted_thumbs_up_count as decimal(38, 12)) as cost_per_thumbs_up_usd,
        priced_task_count,
        priced_task_count / task_count as priced_share,
    from cells

)

select * from priced_cells
