-- One row per day, service and instrumentation scope.
with usage_records as (

    select * from {{ ref('int_usage__placed') }}

),

traces as (

    select * from {{ ref('request_trace') }}

),

measured_days as (

    select
        day,
        service_name,
        instrumentation_scope,
        count(*) as call_count,
        count(*) filter (where usage_status = 'reported') as reported_count,
        count(*) filter (where usage_status = 'estimated') as estimated_count,
        count(*) filter (where usage_status = 'missing_stream') as missing_stream_count,
        count(*) filter (where usage_status = 'missing_error') as missing_error_count,
        count(*) filter (where usage_status = 'missing_other') as missing_other_count,
        count(*) filter (where is_billable) as expected_count,
        count(*) filter (where is_billable and usage_status in ('reported', 'estimated'))
            as covered_count,
        count(*) filter (where is_billable and cost_usd is not null) as priced_count,
        count(*) filter (where model is null) as unnamed_model_count,
        cast(sum(cost_usd) as decimal(38, 12)) as seen_cost_usd,
    from usage_records
    where is_call_counted
    group by all

),

-- A service is at work on a day on which it began a trace or recorded a call: then the silence of
-- one of its scopes is news.
active_days as (

    select
        day,
        service_name,
    from usage_records
    union
    select
        started_on as day,
        service_name,
    from traces

),

-- Where a scope was seen within the days before, a day without a call of it is a row as well.
watched_days as (

    select
        active_days.day,
        active_days.service_name,
        measured_days.instrumentation_scope,
        cast(
            sum(measured_days.expected_count) filter (where measured_days.day < active_days.day)
            as bigint
        ) as before_expected_count,
        cast(
            sum(measured_days.covered_count) filter (where measured_days.day < active_days.day)
            as bigint
        ) as before_covered_count,
        cast(
            sum(measured_days.call_count) filter (where measured_days.day < active_days.day)
            as bigint
        ) as before_call_count,
    from active_days
    inner join measured_days
        on
            active_days.service_name is not distinct from measured_days.service_name
            and measured_days.day <= active_days.day
            and measured_days.day
            >= active_days.day - cast({{ var('coverage_baseline_days') }} as integer)
    group by all

),

compared_days as (

    select
        watched_days.day,
        watched_days.service_name,
        watched_days.instrumentation_scope,
        {% for count in [
            'call_count', 'reported_count', 'estimated_count', 'missing_stream_count',
            'missing_error_count', 'missing_other_count', 'expected_count', 'covered_count',
            'priced_count', 'unnamed_model_count'
        ] -%}
        coalesce(measured_days.{{ count }}, 0) as {{ count }},
        {% endfor -%}
        measured_days.seen_cost_usd,
        measured_days.covered_count / nullif(measured_days.expected_count, 0) as coverage,
        measured_days.priced_count / nullif(measured_days.expected_count, 0) as priced_share,
        coalesce(watched_days.before_call_count, 0) as before_call_count,
        coalesce(watched_days.before_expected_count, 0) as before_expected_count,
        coalesce(watched_days.before_covered_count, 0) as before_covered_count,
        watched_days.before_covered_count / nullif(watched_days.before_expected_count, 0)
            as before_coverage,
    from watched_days
    left join measured_days
        on
            watched_days.day = measured_days.day
            and watched_days.service_name is not distinct from measured_days.service_name
            and watched_days.instrumentation_scope
            is not distinct from measured_days.instrumentation_scope

),

judged_days as (

    select
        compared_days.*,
        -- A drop is one that matters and that chance does not make: what the day can be at best is
        -- still below what it was.
        coalesce(
            before_expected_count >= {{ var('coverage_min_calls') }}
            and coverage <= before_coverage - {{ var('coverage_drop') }}
            and {{ spanmart.wilson_high('covered_count', 'expected_count', 0.99) }}
            < before_coverage,
            false
        ) as is_drop,
        call_count = 0 and before_call_count >= {{ var('coverage_min_calls') }} as is_silent,
    from compared_days

)

select * from judged_days
