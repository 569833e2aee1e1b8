-- One row per day, workload, service and instrumentation scope: what a flat sum over spans shows,
-- what is used, and where the difference comes from.
{%- set parts = [
    'wrapper', 'inner_copy', 'repeated', 'other_trace', 'undetermined', 'convention', 'other'
] %}
with usage_records as (

    select * from {{ ref('int_usage__placed') }}

),

understood_records as (

    select
        usage_records.*,
        -- One of the two is not reported, or nobody knows whether the input holds the cache.
        input_tokens is null or output_tokens is null as is_undetermined,
    from usage_records

),

measured_records as (

    select
        understood_records.*,
        case
            when coalesce(reported_input_tokens, reported_output_tokens) is not null
                then coalesce(reported_input_tokens, 0) + coalesce(reported_output_tokens, 0)
            else coalesce(reported_total_tokens, 0)
        end as flat_tokens,
        case
            when is_usage_counted then coalesce(input_tokens, 0) + coalesce(output_tokens, 0)
            else 0
        end as attributed_tokens,
        -- Why the two differ. Every record is in one part, so that the parts add up to the gap.
        case
            when is_usage_counted and is_undetermined then 'undetermined'
            when is_usage_counted then 'convention'
            when duplicate_reason in ('wrapper', 'inner_copy') then duplicate_reason
            when duplicate_reason in ('same_response_id', 'same_interval') then 'repeated'
            when duplicate_reason like '%_other_trace' then 'other_trace'
            else 'other'
        end as part,
    from understood_records

),

cells as (

    select
        day,
        workload_class,
        service_name,
        instrumentation_scope,
        count(*) as record_count,
        count(*) filter (where is_usage_counted or is_call_counted) as counted_count,
        count(*) filter (where is_usage_counted and is_undetermined)
            as undetermined_count,
        cast(sum(flat_tokens) as bigint) as flat_tokens,
        cast(sum(attributed_tokens) as bigint) as attributed_tokens,
        cast(sum(flat_tokens - attributed_tokens) as bigint) as gap_tokens,
        {% for part in parts %}
        cast(
            coalesce(sum(flat_tokens - attributed_tokens) filter (where part = '{{ part }}'), 0)
            as bigint
        ) as {{ part }}_tokens,
        {% endfor %}
        cast(coalesce(sum(rollup_gap_tokens) filter (where not is_below_usage), 0) as bigint)
            as rollup_gap_tokens,
        cast(sum(cost_usd) as decimal(38, 12)) as flat_cost_usd,
        cast(
            sum(cost_usd) filter (where is_usage_counted or is_call_counted) as decimal(38, 12)
        ) as attributed_cost_usd,
        cast(
            sum(cost_usd) filter (where not is_usage_counted and not is_call_counted)
            as decimal(38, 12)
        ) as gap_cost_usd,
    from measured_records
    group by all

),

inflated_cells as (

    select
        cells.*,
        flat_tokens / nullif(attributed_tokens, 0) as flat_by_attributed,
    from cells

)

select * from inflated_cells
