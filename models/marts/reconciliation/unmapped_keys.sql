-- One row per day, source, instrumentation scope and attribute that looks like usage and that
-- nothing reads.
with unmapped_attributes as (

    select * from {{ ref('unmapped_attribute') }}

),

traces as (

    select
        trace_id,
        started_on as day,
    from {{ ref('request_trace') }}
    where trace_id in (select unmapped.trace_id from unmapped_attributes as unmapped)

),

cells as (

    select
        traces.day,
        unmapped_attributes.source,
        unmapped_attributes.instrumentation_scope,
        unmapped_attributes.attribute_key,
        cast(sum(unmapped_attributes.span_count) as bigint) as span_count,
        count(distinct unmapped_attributes.trace_id) as trace_count,
        min(unmapped_attributes.value_type) as example_value_type,
        min(unmapped_attributes.trace_id) as example_trace_id,
    from unmapped_attributes
    inner join traces on unmapped_attributes.trace_id = traces.trace_id
    group by all

),

-- A key that was never there before is what somebody has to look at.
dated_cells as (

    select
        *,
        min(day) over (partition by source, instrumentation_scope, attribute_key) as first_day,
    from cells

)

select * from dated_cells
