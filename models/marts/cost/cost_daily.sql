-- One row per day, workload, service, environment, tenant, task type, route, kind of call and
-- model.
with trace_costs as (

    select * from {{ ref('int_costs__by_trace') }}

),

cells as (

    select
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
        {{ spanmart.weighted_usage() }}
    from trace_costs
    group by all

)

select * from cells
