-- One row per comparison, metric, series, stratum, arm and cluster: sums over the tasks whose
-- metric is known.
with tasks as (

    select * from {{ ref('int_comparison_tasks__stratified') }}

),

-- The one place that says how a metric is measured on a task: numerator and denominator, either
-- NULL when unknown. The other facts about a metric are in the seed `metrics`.
measured_tasks as (

    select
        comparison_id,
        series,
        stratum,
        arm,
        cluster_key,
        sample_weight,
        unnest([
            {
                metric: 'success_rate',
                numerator: cast(is_success as double),
                denominator: 1e0
            },
            {
                metric: 'thumbs_up_rate',
                numerator: cast(is_thumbs_up as double),
                denominator: 1e0
            },
            {
                metric: 'output_truncation_rate',
                numerator: cast(is_output_truncated as double),
                denominator: 1e0
            },
            {
                metric: 'tool_failure_rate',
                numerator: cast(has_tool_failure as double),
                denominator: 1e0
            },
            {
                metric: 'escalation_rate',
                numerator: cast(is_escalated as double),
                denominator: 1e0
            },
            {
                metric: 'blocked_rate',
                numerator: cast(is_blocked as double),
                denominator: 1e0
            },
            {
                metric: 'citation_mismatch_rate',
                numerator: cast(has_citation_mismatch as double),
                denominator: 1e0
            },
            {
                metric: 'cost_per_success',
                numerator: cost_usd,
                denominator: cast(is_success as double)
            },
            {
                metric: 'cost_per_task',
                numerator: cost_usd,
                denominator: 1e0
            },
            {
                metric: 'output_tokens_per_task',
                numerator: cast(output_tokens as double),
                denominator: 1e0
            },
            -- Latency is skewed: its logarithm has a mean that a few slow tasks do not own.
            {
                metric: 'latency',
                numerator: case when duration_ms > 0 then ln(duration_ms) end,
                denominator: 1e0
            }
        ]) as measured,
    from tasks

),

cluster_totals as (

    select
        comparison_id,
        measured.metric,
        series,
        stratum,
        arm,
        cluster_key,
        count(*) as task_count,
        sum(sample_weight) as weight,
        sum(sample_weight * measured.numerator) as numerator,
        sum(sample_weight * measured.denominator) as denominator,
        sum(measured.numerator) as unweighted_numerator,
    from measured_tasks
    where
        measured.numerator is not null
        and measured.denominator is not null
    group by all

)

select * from cluster_totals
