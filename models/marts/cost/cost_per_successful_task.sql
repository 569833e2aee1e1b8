-- One row per day, tenant, task type, route, prompt version and model.
with tasks as (

    select * from {{ ref('int_tasks__measured') }}

),

-- The tasks of one person (else conversation) succeed and fail together: an error is told from how
-- the sums of people differ, not tasks.
clusters as (

    select
        day,
        tenant_id,
        task_type,
        route_name,
        prompt_name,
        prompt_version,
        model_used as model,
        cluster_key,
        count(*) as task_count,
        count(*) filter (where is_success) as success_count,
        count(*) filter (where not is_success) as failure_count,
        count(*) filter (where is_success is null) as unknown_count,
        sum(sample_weight) as weighted_task_count,
        sum(sample_weight * sample_weight) as squared_weight_sum,
        coalesce(sum(sample_weight) filter (where is_success), 0) as weighted_success_count,
        coalesce(sum(sample_weight) filter (where is_success is null), 0)
            as weighted_unknown_count,
        count(*) filter (where is_thumbs_up is not null) as thumbs_count,
        count(*) filter (where is_thumbs_up) as thumbs_up_count,
        coalesce(sum(sample_weight) filter (where is_thumbs_up), 0) as weighted_thumbs_up_count,
        sum({{ spanmart.weighted_money('known_cost_usd') }}) as cost_usd,
        sum({{ spanmart.weighted_money('known_cost_usd') }}) filter (where not is_success)
            as wasted_cost_usd,
        count(*) filter (where is_cost_known) as priced_task_count,
    from tasks
    group by all

),

cells as (

    select
        day,
        tenant_id,
        task_type,
        route_name,
        prompt_name,
        prompt_version,
        model,
        {% for count in [
            'task_count', 'success_count', 'failure_count', 'unknown_count', 'thumbs_count',
            'thumbs_up_count', 'priced_task_count'
        ] -%}
        cast(sum({{ count }}) as bigint) as {{ count }},
        {% endfor -%}
        {% for amount in [
            'weighted_task_count', 'weighted_success_count', 'weighted_unknown_count',
            'weighted_thumbs_up_count', 'cost_usd', 'wasted_cost_usd'
        ] -%}
        sum({{ amount }}) as {{ amount }},
        {% endfor -%}
        {{ spanmart.effective_sample_size('sum(weighted_task_count)', 'sum(squared_weight_sum)') }}
            as effective_task_count,
        count(*) as cluster_count,
        -- Most cells hold few people, which a normal quantile would trust too far.
        {{ spanmart.critical_t(0.95, 'count(*) - 1') }} * {{ spanmart.log_ratio_se(
            'coalesce(cast(cost_usd as double), 0e0)', 'weighted_success_count'
        ) }} as log_ratio_radius,
    from clusters
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
        weighted_success_count,
        weighted_unknown_count,
        thumbs_count,
        thumbs_up_count,
        weighted_thumbs_up_count,
        cast(cost_usd as decimal(38, 12)) as cost_usd,
        cast(
            case when failure_count = 0 and cost_usd is not null then 0 else wasted_cost_usd end
            as decimal(38, 12)
        ) as wasted_cost_usd,
        cast(cost_usd / nullif(weighted_success_count, 0) as decimal(38, 12))
            as cost_per_successful_task_usd,
        -- If every task that nobody judged had succeeded, and if none had.
        cast(
            cost_usd
            / nullif(weighted_success_count + weighted_unknown_count, 0)
            as decimal(38, 12)
        ) as cost_per_successful_task_low_usd,
        cast(cost_usd / nullif(weighted_success_count, 0) as decimal(38, 12))
            as cost_per_successful_task_high_usd,
        cast(cost_usd / nullif(weighted_thumbs_up_count, 0) as decimal(38, 12))
            as cost_per_thumbs_up_usd,
        priced_task_count,
        priced_task_count / task_count as priced_share,
        cluster_count,
        effective_task_count,
        cast(
            cost_usd / nullif(weighted_success_count, 0) * exp(-log_ratio_radius) as decimal(38, 12)
        ) as cost_per_successful_task_ci_low_usd,
        cast(
            cost_usd / nullif(weighted_success_count, 0) * exp(log_ratio_radius) as decimal(38, 12)
        ) as cost_per_successful_task_ci_high_usd,
    from cells

)

select * from priced_cells
