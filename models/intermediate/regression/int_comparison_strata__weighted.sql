-- One row per comparison, metric, series and stratum: both arms side by side, and what the stratum
-- weighs.
with cluster_totals as (

    select * from {{ ref('int_comparison_clusters__totalled') }}

),

strata as (

    select
        comparison_id,
        metric,
        series,
        stratum,
        coalesce(sum(task_count) filter (where arm = 'candidate'), 0) as candidate_count,
        coalesce(sum(weight) filter (where arm = 'candidate'), 0) as candidate_weight,
        sum(numerator) filter (where arm = 'candidate') as candidate_numerator,
        sum(denominator) filter (where arm = 'candidate') as candidate_denominator,
        coalesce(sum(unweighted_numerator) filter (where arm = 'candidate'), 0)
            as candidate_events,
        coalesce(sum(task_count) filter (where arm = 'baseline'), 0) as baseline_count,
        coalesce(sum(weight) filter (where arm = 'baseline'), 0) as baseline_weight,
        sum(numerator) filter (where arm = 'baseline') as baseline_numerator,
        sum(denominator) filter (where arm = 'baseline') as baseline_denominator,
        coalesce(sum(unweighted_numerator) filter (where arm = 'baseline'), 0)
            as baseline_events,
    from cluster_totals
    group by 1, 2, 3, 4

),

weighted_strata as (

    select
        *,
        candidate_count > 0 and baseline_count > 0 as is_kept,
        {{ spanmart.mantel_haenszel_weight('candidate_weight', 'baseline_weight') }}
            as stratum_weight,
        -- The same in tasks: a quarter of the size of a balanced comparison that says as much.
        {{ spanmart.mantel_haenszel_weight('candidate_count', 'baseline_count') }}
            as information,
    from strata

)

select * from weighted_strata
