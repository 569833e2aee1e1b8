{{ config(severity='warn') }}
-- Tokens are known and no price list has the model: one row in price_overrides, or a refresh of the
-- prices. One call in a hundred is enough to bend a comparison of models.
with coverage as (

    select * from {{ ref('price_coverage') }}

),

totals as (

    select sum(billable_count) as billable_count
    from coverage

),

unpriced_models as (

    select
        coverage.model_provider,
        coverage.model,
        coverage.cost_status,
        sum(coverage.billable_count) as billable_count,
        max(totals.billable_count) as all_billable_count,
    from coverage
    cross join totals
    where coverage.cost_status in ('unknown_provider', 'unknown_model', 'no_price')
    group by coverage.model_provider, coverage.model, coverage.cost_status
    having sum(coverage.billable_count) > 0.01 * max(totals.billable_count)

)

select * from unpriced_models
