-- A fan-out in the joins to prices would multiply cost.
with priced_calls as (

    select
        span_no,
        count(*) as row_count
    from {{ ref('int_calls__priced') }}
    group by span_no

),

calls as (

    select span_no from {{ ref('int_calls__token_buckets') }}

),

miscounted_calls as (

    select
        calls.span_no,
        priced_calls.row_count
    from calls
    left join priced_calls on calls.span_no = priced_calls.span_no
    where priced_calls.row_count is distinct from 1

)

select * from miscounted_calls
