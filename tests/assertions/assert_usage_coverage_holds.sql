{{ config(severity='warn') }}
-- Calls that stop saying what they used look like a saving. Of the last two complete days: which
-- instrumentation fell, and which went silent while its service went on.
with coverage as (

    select * from {{ ref('instrumentation_coverage') }}

),

last_days as (

    select {{ spanmart.local_day(spanmart.as_of()) }} as today

),

fallen_scopes as (

    select
        coverage.day,
        coverage.service_name,
        coverage.instrumentation_scope,
        case when coverage.is_silent then 'no calls' else 'calls without usage' end as what,
        coverage.call_count,
        coverage.before_call_count,
        coverage.coverage,
        coverage.before_coverage,
    from coverage
    cross join last_days
    where
        (coverage.is_drop or coverage.is_silent)
        and coverage.day between last_days.today - 2 and last_days.today - 1

)

select * from fallen_scopes
