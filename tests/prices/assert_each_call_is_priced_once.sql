-- A fan-out in the joins to prices would multiply cost.
with priced_calls as (

    select
        trace_id,
        span_id,
        count(*) as row_count
    from {{ ref('int_calls__priced') }}
    group by trace_id, span_id

),

calls as (

    select
        trace_id,
        span_id
    from {{ ref('int_calls__token_buckets') }}

),

miscounted_calls as (

    select
        calls.trace_id,
        calls.span_id,
        priced_calls.row_count
    from calls
    left join priced_calls
        on
            calls.trace_id = priced_calls.trace_id
            and calls.span_id = priced_calls.span_id
    where priced_calls.row_count is distinct from 1

)

select * from miscounted_calls
