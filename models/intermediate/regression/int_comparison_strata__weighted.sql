-- One row per comparison, metric, series and stratum: both arms side by side, and what the stratum weighs.
with cluster_totals as (

    select * from {{ ref('int_comparison_clusters__totalled') }}

),

strata as (

    select
        comparison_id,
        metric,
        series,
        stratum,
        {%- for arm in ['candidate', 'baseline'] %}
        coalesce(sum(task_count) filter (where arm = '{{ arm }}'), 0) as {{ arm }}_count,
        coalesce(sum(weight) filter (where arm = '{{ arm }}'), 0) as {{ arm }}_weight,
        sum(numerator) filter (where arm = '{{ arm }}') as {{ arm }}_numerator,
        sum(denominator) filter (where arm = '{{ arm }}') as {{ arm }}_denominator,
        coalesce(sum(unweighted_numerator) filter (where arm = '{{ arm }}'), 0)
            as {{ arm }}_events,
        {%- endfor %}
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
