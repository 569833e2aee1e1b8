-- A load whose row is not in `loads` did not happen (the loader was killed, or is still at it): its
-- files may lie there, and no trace comes of them alone.
with landed_spans as (

    select
        trace_id,
        load_id,
    from {{ source('landing', 'spans') }}

),

loads as (

    select load_id from {{ ref('stg_loads') }}

),

traces as (

    select trace_id from {{ ref('request_trace') }}

),

landed_traces as (

    select
        landed_spans.trace_id,
        count(loads.load_id) as committed_count,
    from landed_spans
    left join loads on landed_spans.load_id = loads.load_id
    group by landed_spans.trace_id

),

premature_traces as (

    select landed_traces.trace_id
    from landed_traces
    inner join traces on landed_traces.trace_id = traces.trace_id
    where landed_traces.committed_count = 0

)

select * from premature_traces
