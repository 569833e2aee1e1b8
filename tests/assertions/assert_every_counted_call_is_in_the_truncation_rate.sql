-- No counted production call is lost or doubled on the way to truncation_rate (one with two prompt
-- assemblies, for instance).
with calls as (

    select
        count(*) as call_count,
        count(is_truncated) as known_count,
        count(*) filter (where is_truncated) as output_truncated_count,
    from {{ ref('model_span') }}
    where is_call_counted and workload_class = 'production'

),

cells as (

    select
        coalesce(sum(call_count), 0) as call_count,
        coalesce(sum(known_count), 0) as known_count,
        coalesce(sum(output_truncated_count), 0) as output_truncated_count,
    from {{ ref('truncation_rate') }}

),

wrong_totals as (

    select
        calls.call_count,
        cells.call_count as mart_call_count,
        calls.known_count,
        cells.known_count as mart_known_count,
        calls.output_truncated_count,
        cells.output_truncated_count as mart_output_truncated_count,
    from calls
    cross join cells
    where
        calls.call_count <> cells.call_count
        or calls.known_count <> cells.known_count
        or calls.output_truncated_count <> cells.output_truncated_count

)

select * from wrong_totals
