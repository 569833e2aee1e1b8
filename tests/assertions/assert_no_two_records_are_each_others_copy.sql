-- Two records of one call are never both left out, each for the other's sake. And what stands as a
-- copy does not count.
with calls as (

    select * from {{ ref('model_span') }}

),

lost_calls as (

    select
        calls.trace_id,
        calls.span_id,
        calls.duplicate_of_trace_id,
        calls.duplicate_of_span_id,
    from calls
    inner join calls as twins
        on
            calls.duplicate_of_trace_id = twins.trace_id
            and calls.duplicate_of_span_id = twins.span_id
    where
        (
            twins.duplicate_of_trace_id = calls.trace_id
            and twins.duplicate_of_span_id = calls.span_id
        )
        or calls.is_usage_counted
        or calls.is_call_counted

)

select * from lost_calls
