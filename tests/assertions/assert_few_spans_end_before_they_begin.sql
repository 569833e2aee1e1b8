{{ config(severity='warn') }}
-- A clock that was set back while a span ran leaves a negative duration. One in a thousand is a
-- fault of the producer that makes its latencies worthless.
with spans as (

    select * from {{ ref('int_spans__in_context') }}

),

totals as (

    select
        count(*) as span_count,
        count(*) filter (where duration_ms < 0) as backward_count,
    from spans

),

backward_producers as (

    select
        spans.instrumentation_scope,
        count(*) as span_count,
    from spans
    cross join totals
    where spans.duration_ms < 0 and totals.backward_count > 0.001 * totals.span_count
    group by spans.instrumentation_scope

)

select * from backward_producers
