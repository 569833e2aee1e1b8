-- One row per trace, workload, service, kind of call and model: what the trace used of it.
with usage_records as (

    select * from {{ ref('int_usage__placed') }}
    where is_usage_counted or is_call_counted

),

trace_costs as (

    select
        trace_id,
        hour,
        day,
        workload_class,
        service_name,
        environment,
        tenant_id,
        task_type,
        route_name,
        call_kind,
        model_provider,
        model,
        sample_weight,
        count(*) filter (where is_call_counted) as call_count,
        count(*) filter (where is_billable) as billable_count,
        count(*) filter (where is_billable and cost_usd is not null) as priced_count,
        sum(input_tokens) filter (where is_usage_counted) as input_tokens,
        sum(cache_read_tokens) filter (where is_usage_counted) as cache_read_tokens,
        sum(cache_write_tokens) filter (where is_usage_counted) as cache_write_tokens,
        sum(output_tokens) filter (where is_usage_counted) as output_tokens,
        sum(reasoning_tokens) filter (where is_usage_counted) as reasoning_tokens,
        sum(cost_usd) as cost_usd,
        sum(cache_saving_usd) as cache_saving_usd,
    from usage_records
    group by all

)

select * from trace_costs
