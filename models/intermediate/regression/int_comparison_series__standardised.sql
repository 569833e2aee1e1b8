-- One row per comparison, metric and series: either arm as observed, and as if both had the same
-- mix of strata.
with strata as (

    select * from {{ ref('int_comparison_strata__weighted') }}

),

metrics as (

    select * from {{ ref('metrics') }}

),

series_totals as (

    select
        strata.comparison_id,
        strata.metric,
        strata.series,
        metrics.kind,
        {%- for arm in ['candidate', 'baseline'] %}
        sum({{ arm }}_count) as {{ arm }}_count,
        coalesce(sum({{ arm }}_count) filter (where is_kept), 0) as {{ arm }}_kept_count,
        coalesce(sum({{ arm }}_events) filter (where is_kept), 0) as {{ arm }}_kept_events,
        sum({{ arm }}_weight) as {{ arm }}_weight,
        {%- for part in ['numerator', 'denominator'] %}
        sum({{ arm }}_{{ part }}) / nullif(sum({{ arm }}_weight), 0)
            as {{ arm }}_observed_{{ part }},
        sum(stratum_weight * {{ arm }}_{{ part }} / nullif({{ arm }}_weight, 0))
        filter (where is_kept)
        / nullif(sum(stratum_weight) filter (where is_kept), 0)
            as {{ arm }}_standard_{{ part }},
        {%- endfor %}
        {%- endfor %}
        count(*) filter (where is_kept) as strata_count,
        coalesce(sum(stratum_weight), 0) as stratum_weight_sum,
        coalesce(sum(information), 0) as information,
        case
            when metrics.kind = 'binary'
                then {{ spanmart.cmh_chi2(
                    'candidate_events', 'candidate_count', 'baseline_events', 'baseline_count'
                ) }}
        end as cmh_chi2,
        case
            when metrics.kind = 'binary'
                then {{ spanmart.mantel_haenszel_odds_ratio(
                    'candidate_events', 'candidate_count', 'baseline_events', 'baseline_count'
                ) }}
        end as odds_ratio,
    from strata
    inner join metrics on strata.metric = metrics.metric
    group by 1, 2, 3, 4

),

-- Effects add up on the scale where they are estimated: as they are for shares and mean logarithms,
-- as logarithms for ratios.
standardised_series as (

    select
        *,
        case
            when kind <> 'ratio'
                then candidate_observed_numerator - baseline_observed_numerator
            when
                candidate_observed_numerator > 0
                and candidate_observed_denominator > 0
                and baseline_observed_numerator > 0
                and baseline_observed_denominator > 0
                then
                    ln(candidate_observed_numerator / candidate_observed_denominator)
                    - ln(baseline_observed_numerator / baseline_observed_denominator)
        end as observed_effect,
        case
            when kind <> 'ratio'
                then candidate_standard_numerator - baseline_standard_numerator
            when
                candidate_standard_numerator > 0
                and candidate_standard_denominator > 0
                and baseline_standard_numerator > 0
                and baseline_standard_denominator > 0
                then
                    ln(candidate_standard_numerator / candidate_standard_denominator)
                    - ln(baseline_standard_numerator / baseline_standard_denominator)
        end as standard_effect,
    from series_totals

)

select * from standardised_series
