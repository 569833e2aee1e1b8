-- One row per day, workload, service, billed provider and model, and what might have been.
with priced_calls as (

    select * from {{ ref('int_calls__what_if') }}

),

compared_calls as (

    select
        *,
        billed_cost_usd is not null and cost_usd is not null as is_comparable,
    from priced_calls

),

cells as (

    select
        day,
        workload_class,
        service_name,
        billed_provider as model_provider,
        billed_model as model,
        what_if,
        alternative_provider,
        alternative_model,
        count(*) as call_count,
        count(*) filter (where is_comparable) as comparable_count,
        count(*) filter (where is_comparable) / count(*) as comparable_share,
        cast(sum({{ spanmart.weighted_money('billed_cost_usd') }}) as decimal(38, 12)) as cost_usd,
        cast(
            sum({{ spanmart.weighted_money('billed_cost_usd') }}) filter (where is_comparable)
            as decimal(38, 12)
        ) as comparable_cost_usd,
        cast(
            sum({{ spanmart.weighted_money('cost_usd') }}) filter (where is_comparable)
            as decimal(38, 12)
        ) as what_if_cost_usd,
    from compared_calls
    group by all

),

differing_cells as (

    select
        cells.*,
        what_if_cost_usd - comparable_cost_usd as difference_usd,
        cast(what_if_cost_usd - comparable_cost_usd as double)
        / nullif(cast(comparable_cost_usd as double), 0) as difference_share,
    from cells

)

select * from differing_cells
