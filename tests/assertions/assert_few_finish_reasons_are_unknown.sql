{{ config(severity='warn') }}
-- More than one in a hundred finish reasons that seeds/tokens/finish_reasons.csv does not have is a
-- new spelling, and a truncation may hide behind it: add it to the seed.
with calls as (

    select * from {{ ref('model_span') }}
    where is_call_counted and finish_class is not null

),

totals as (

    select
        count(*) as call_count,
        count(*) filter (where finish_class = 'unknown') as unknown_count,
    from calls

),

unknown_reasons as (

    select
        calls.finish_reason,
        calls.instrumentation_scope,
        count(*) as call_count,
    from calls
    cross join totals
    where calls.finish_class = 'unknown' and totals.unknown_count > 0.01 * totals.call_count
    group by calls.finish_reason, calls.instrumentation_scope

)

select * from unknown_reasons
