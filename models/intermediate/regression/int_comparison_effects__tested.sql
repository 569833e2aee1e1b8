-- One row per comparison and metric: whether it may be judged, its intervals, and its p-value among
-- all of the run's.
{%- set alpha = var('regression_alpha') %}
with effects as (

    select * from {{ ref('int_comparison_effects__estimated') }}

),

qualified_effects as (

    select
        *,
        case
            when least(candidate_n, baseline_n) < {{ var('regression_min_tasks') }}
                then 'too_few_tasks'
            when design = 'before_after' and control_effect is null then 'no_control'
            when strata_count = 0 then 'no_shared_strata'
            when least(candidate_kept_n, baseline_kept_n) < {{ var('regression_min_tasks') }}
                then 'too_few_tasks_in_shared_strata'
            when
                least(candidate_cluster_count, baseline_cluster_count)
                < {{ var('regression_min_clusters') }}
                then 'too_few_clusters'
            when coalesce(adjusted_se, 0) <= 0 then 'no_variation'
        end as obstacle,
        adjusted_effect / nullif(adjusted_se, 0) as adjusted_z,
        observed_effect / nullif(observed_se, 0) as observed_z,
        {{ spanmart.critical_z(1 - alpha) }} * adjusted_se as interval_radius,
        {{ spanmart.confidence_sequence_radius(
            'adjusted_se', 'balanced_n', var('regression_target_tasks'), alpha
        ) }} as sequence_radius,
    from effects

),

tested_effects as (

    select
        *,
        case
            when obstacle is null then {{ spanmart.normal_two_sided_p('adjusted_z') }}
        end as p_value,
        {{ spanmart.normal_two_sided_p('observed_z') }} as observed_p_value,
        {{ spanmart.chi2_upper_tail('cmh_chi2') }} as cmh_p_value,
    from qualified_effects

),

-- All tests of the run are one family: of the rows called regressions, at most this share is
-- expected to be false.
stepped_effects as (

    select
        *,
        {{ spanmart.benjamini_hochberg_step('p_value') }} as q_step,
    from tested_effects

),

adjusted_effects as (

    select
        *,
        {{ spanmart.benjamini_hochberg_q('q_step', 'p_value') }} as q_value,
    from stepped_effects

)

select * from adjusted_effects
