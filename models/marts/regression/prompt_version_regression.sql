-- One row per prompt, metric, candidate version and baseline version: did the version make this
-- metric worse?
with effects as (

    select * from {{ ref('int_comparison_effects__judged') }}

),

-- Sums of doubles may differ in the last bits from run to run; twelve digits do not.
presented_effects as (

    select
        comparison_id,
        prompt_name,
        metric,
        candidate_version,
        baseline_version,
        verdict,
        verdict_reason,
        unit,
        kind as metric_kind,
        good_direction,
        design,
        baseline_basis,
        cast(candidate_n as bigint) as candidate_n,
        cast(baseline_n as bigint) as baseline_n,
        cast(candidate_kept_n as bigint) as candidate_kept_n,
        cast(baseline_kept_n as bigint) as baseline_kept_n,
        cast(candidate_cluster_count as bigint) as candidate_cluster_count,
        cast(baseline_cluster_count as bigint) as baseline_cluster_count,
        candidate_n / nullif(cast(candidate_task_count as double), 0) as candidate_coverage,
        baseline_n / nullif(cast(baseline_task_count as double), 0) as baseline_coverage,
        cast(strata_count as bigint) as strata_count,
        (candidate_kept_n + baseline_kept_n)
        / nullif(cast(candidate_n + baseline_n as double), 0) as overlap_share,
        cast(time_block_days as bigint) as time_block_days,
        time_overlap_share,
        round(candidate_value, 12) as candidate_value,
        round(baseline_value, 12) as baseline_value,
        round(difference, 12) as difference,
        round(adjusted_difference, 12) as adjusted_difference,
        round(ci_low, 12) as ci_low,
        round(ci_high, 12) as ci_high,
        round(cs_low, 12) as cs_low,
        round(cs_high, 12) as cs_high,
        round(mix_effect, 12) as mix_effect,
        round(control_difference, 12) as control_difference,
        coalesce(is_simpson, false) as is_simpson,
        round(p_value, 12) as p_value,
        round(q_value, 12) as q_value,
        round(observed_p_value, 12) as unadjusted_p_value,
        round(cmh_p_value, 12) as cmh_p_value,
        round(odds_ratio, 12) as odds_ratio,
        minimum_effect,
        candidate_first_seen_at,
        candidate_from,
        candidate_to,
        baseline_from,
        baseline_to,
        {{ spanmart.as_of() }} as evaluated_at,
    from effects

)

select * from presented_effects
