-- One row per day, workload, kind of call, provider, model and cost status.
with usage_records as (

    select * from {{ ref('int_usage__placed') }}
    where is_usage_counted or is_call_counted

),

cells as (

    select
        day,
        workload_class,
        call_kind,
        model_provider,
        model,
        cost_status,
        count(*) as call_count,
        count(*) filter (where is_billable) as billable_count,
        count(*) filter (where price_source = 'override') as override_count,
        cast(coalesce(sum(input_tokens), 0) as bigint) as input_tokens,
        cast(coalesce(sum(output_tokens), 0) as bigint) as output_tokens,
        cast(sum(cost_usd) as decimal(38, 12)) as seen_cost_usd,
    from usage_records
    group by all

),

shared_cells as (

    select
        cells.*,
        billable_count
        / nullif(
            sum(billable_count) over (
                partition by day, workload_class, call_kind, model_provider, model
            ),
            0
        ) as billable_share,
        (input_tokens + output_tokens)
        / nullif(
            sum(input_tokens + output_tokens) over (
                partition by day, workload_class, call_kind, model_provider, model
            ),
            0
        ) as token_share,
    from cells

)

select * from shared_cells
