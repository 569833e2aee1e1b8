-- One row per trace that ran the same tool more than once.
with tool_spans as (

    select * from {{ ref('spanmart', 'tool_span') }}

),

repeated_tools as (

    select
        trace_id,
        tool_name,
    from tool_spans
    group by trace_id, tool_name
    having count(*) > 1

),

traces as (

    select distinct trace_id from repeated_tools

)

select * from traces
