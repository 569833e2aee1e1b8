-- Every mart that cuts the same calls another way has all of them: no row is lost or doubled on the
-- way, and what one calls a cost is what the others do.
with usage_records as (

    select
        count(*) as record_count,
        count(*) filter (where is_call_counted) as call_count,
        coalesce(sum(cost_usd) filter (where is_call_counted or is_usage_counted), 0) as cost_usd,
        coalesce(sum(cost_usd), 0) as flat_cost_usd,
        coalesce(sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)) filter (
            where is_usage_counted
        ), 0) as tokens,
    from {{ ref('usage_record') }}

),

days as (

    select
        coalesce(sum(call_count), 0) as call_count,
        coalesce(sum(seen_cost_usd), 0) as cost_usd,
        coalesce(sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)), 0) as tokens,
    from {{ ref('cost_daily') }}

),

reconciled as (

    select
        coalesce(sum(record_count), 0) as record_count,
        coalesce(sum(attributed_tokens), 0) as tokens,
        coalesce(sum(attributed_cost_usd), 0) as cost_usd,
        coalesce(sum(flat_cost_usd), 0) as flat_cost_usd,
    from {{ ref('usage_reconciliation') }}

),

price_coverage as (

    select
        coalesce(sum(seen_cost_usd), 0) as cost_usd,
        coalesce(sum(billable_count), 0) as billable_count,
    from {{ ref('price_coverage') }}

),

covered as (

    select coalesce(sum(call_count), 0) as call_count
    from {{ ref('instrumentation_coverage') }}

),

billed as (

    select coalesce(sum(billable_count), 0) as billable_count
    from {{ ref('cost_hourly') }}

),

disagreements as (

    select
        usage_records.*,
        days.cost_usd as cost_of_days,
        reconciled.cost_usd as cost_reconciled,
        price_coverage.cost_usd as cost_covered,
    from usage_records
    cross join days
    cross join reconciled
    cross join price_coverage
    cross join covered
    cross join billed
    where
        usage_records.record_count <> reconciled.record_count
        or usage_records.call_count <> days.call_count
        or usage_records.call_count <> covered.call_count
        or usage_records.tokens <> days.tokens
        or usage_records.tokens <> reconciled.tokens
        or usage_records.cost_usd <> days.cost_usd
        or usage_records.cost_usd <> reconciled.cost_usd
        or usage_records.cost_usd <> price_coverage.cost_usd
        or usage_records.flat_cost_usd <> reconciled.flat_cost_usd
        or price_coverage.billable_count <> billed.billable_count

)

select * from disagreements
