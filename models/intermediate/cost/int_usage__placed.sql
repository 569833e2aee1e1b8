-- One row per usage record, with the day, hour and weight of its trace.
{{ config(materialized='view') }}

with usage_records as (

    select * from {{ ref('usage_record') }}

),

traces as (

    select * from {{ ref('request_trace') }}

),

placed_records as (

    select
        usage_records.* exclude (
            started_at, landed_at, environment, tenant_id, task_type, route_name
        ),
        usage_records.started_at as call_started_at,
        coalesce(usage_records.model_used, usage_records.model_requested) as model,
        -- The whole trace stands where its root began, however long its calls took.
        traces.started_at,
        date_trunc('hour', traces.started_at) as hour,
        traces.started_on as day,
        traces.environment,
        traces.tenant_id,
        traces.task_type,
        traces.route_name,
        traces.sample_weight,
    from usage_records
    inner join traces on usage_records.trace_id = traces.trace_id

)

select * from placed_records
