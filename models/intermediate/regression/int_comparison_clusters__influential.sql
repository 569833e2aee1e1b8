-- One row per comparison, metric and cluster: how far the cluster moves each effect. The sum of the
-- squares is the variance.
{%- set arms = {'candidate': ('baseline', '1'), 'baseline': ('candidate', '-1')} %}
with cluster_totals as (

    select * from {{ ref('int_comparison_clusters__totalled') }}

),

strata as (

    select * from {{ ref('int_comparison_strata__weighted') }}

),

series as (

    select * from {{ ref('int_comparison_series__standardised') }}

),

{%- for arm, (other_arm, sign) in arms.items() %}

{{ arm }}_residuals as (

    select
        totals.comparison_id,
        totals.metric,
        totals.series,
        totals.arm,
        totals.cluster_key,
        strata.is_kept,
        {{ sign }}e0 * strata.stratum_weight
        / nullif(series.stratum_weight_sum * strata.{{ arm }}_weight, 0) as share,
        series.kind,
        series.{{ arm }}_standard_numerator as standard_numerator,
        series.{{ arm }}_standard_denominator as standard_denominator,
        {%- for part in ['numerator', 'denominator'] %}
        -- A stratum's mean is estimated from these very tasks, so residuals are too small by
        -- sqrt((n-1)/n). A lone task is its own mean; it is held against the other arm's mean and
        -- the overall effect, whose variance is (n+1)/n.
        case
            when strata.{{ arm }}_count > 1
                then (
                    totals.{{ part }}
                    - totals.weight * strata.{{ arm }}_{{ part }} / strata.{{ arm }}_weight
                ) * sqrt(strata.{{ arm }}_count / (strata.{{ arm }}_count - 1e0))
            when strata.is_kept
                then (
                    totals.{{ part }} - totals.weight * (
                        strata.{{ other_arm }}_{{ part }} / strata.{{ other_arm }}_weight
                        {{ '+' if arm == 'candidate' else '-' }} (
                            series.candidate_standard_{{ part }}
                            - series.baseline_standard_{{ part }}
                        )
                    )
                ) * sqrt(strata.{{ other_arm }}_count / (strata.{{ other_arm }}_count + 1e0))
        end as {{ part }}_residual,
        {%- endfor %}
        {{ sign }}e0 / nullif(series.{{ arm }}_weight, 0) * case
            when series.kind <> 'ratio'
                then totals.numerator - totals.weight * series.{{ arm }}_observed_numerator
            else
                totals.numerator / nullif(series.{{ arm }}_observed_numerator, 0)
                - totals.denominator / nullif(series.{{ arm }}_observed_denominator, 0)
        end as observed_influence,
    from cluster_totals as totals
    inner join strata
        on
            totals.comparison_id = strata.comparison_id
            and totals.metric = strata.metric
            and totals.series = strata.series
            and totals.stratum = strata.stratum
    inner join series
        on
            totals.comparison_id = series.comparison_id
            and totals.metric = series.metric
            and totals.series = series.series
    where totals.arm = '{{ arm }}'

),
{%- endfor %}

residuals as (

    select * from candidate_residuals
    union all
    select * from baseline_residuals

),

arm_influences as (

    select
        comparison_id,
        metric,
        series,
        arm,
        cluster_key,
        sum(observed_influence) as observed_influence,
        sum(share * case
            when kind <> 'ratio' then numerator_residual
            else
                numerator_residual / nullif(standard_numerator, 0)
                - denominator_residual / nullif(standard_denominator, 0)
        end) filter (where is_kept) as standard_influence,
        bool_or(is_kept) as is_kept,
    from residuals
    group by 1, 2, 3, 4, 5

),

counted_clusters as (

    select
        *,
        count(*) over (partition by comparison_id, metric, series, arm) as cluster_count,
        count(*) filter (where is_kept) over (partition by comparison_id, metric, series, arm)
            as kept_cluster_count,
    from arm_influences

),

scaled_influences as (

    select
        *,
        observed_influence * {{ spanmart.cluster_factor('cluster_count') }}
            as scaled_observed_influence,
        standard_influence * {{ spanmart.cluster_factor('kept_cluster_count') }}
            as scaled_standard_influence,
    from counted_clusters

),

-- Over both arms before squaring: a user who met both versions makes them alike, and the difference
-- surer than it looks.
cluster_influences as (

    select
        comparison_id,
        metric,
        cluster_key,
        {%- for arm in arms %}
        coalesce(bool_or(series = 'main' and arm = '{{ arm }}' and is_kept), false)
            as is_in_{{ arm }},
        {%- endfor %}
        coalesce(sum(scaled_observed_influence) filter (where series = 'main'), 0)
            as observed_influence,
        coalesce(sum(scaled_standard_influence) filter (where series = 'main'), 0)
            as standard_influence,
        coalesce(sum(scaled_standard_influence) filter (where series = 'control'), 0)
            as control_influence,
    from scaled_influences
    group by 1, 2, 3

)

select * from cluster_influences
