-- One row per comparison and metric: the effects and their errors, on the scale where they add up.
with comparisons as (

    select * from {{ ref('int_prompt_versions__compared') }}

),

metrics as (

    select * from {{ ref('metrics') }}

),

series as (

    select * from {{ ref('int_comparison_series__standardised') }}

),

influences as (

    select * from {{ ref('int_comparison_clusters__influential') }}

),

tasks as (

    select * from {{ ref('int_comparison_tasks__stratified') }}

),

task_counts as (

    select
        comparison_id,
        count(*) filter (where arm = 'candidate') as candidate_task_count,
        count(*) filter (where arm = 'baseline') as baseline_task_count,
        max(time_block_days) as time_block_days,
    from tasks
    where series = 'main'
    group by 1

),

errors as (

    select
        comparison_id,
        metric,
        count(*) filter (where is_in_candidate) as candidate_cluster_count,
        count(*) filter (where is_in_baseline) as baseline_cluster_count,
        {{ spanmart.influence_se('observed_influence') }} as observed_se,
        {{ spanmart.influence_se('standard_influence') }} as standard_se,
        {{ spanmart.influence_se('standard_influence - control_influence') }} as controlled_se,
        {{ spanmart.influence_se('observed_influence - standard_influence') }} as mix_se,
    from influences
    group by 1, 2

),

joined_effects as (

    select
        comparisons.*,
        metrics.metric,
        metrics.kind,
        metrics.good_direction,
        metrics.minimum_effect,
        metrics.unit,
        coalesce(task_counts.candidate_task_count, 0) as candidate_task_count,
        coalesce(task_counts.baseline_task_count, 0) as baseline_task_count,
        task_counts.time_block_days,
        coalesce(main.candidate_count, 0) as candidate_n,
        coalesce(main.baseline_count, 0) as baseline_n,
        coalesce(main.candidate_kept_count, 0) as candidate_kept_n,
        coalesce(main.baseline_kept_count, 0) as baseline_kept_n,
        coalesce(errors.candidate_cluster_count, 0) as candidate_cluster_count,
        coalesce(errors.baseline_cluster_count, 0) as baseline_cluster_count,
        coalesce(main.strata_count, 0) as strata_count,
        -- The size of the balanced comparison of independent arms that would say as much.
        4e0 * main.information as balanced_n,
        {%- for arm in ['candidate', 'baseline'] %}
        case metrics.kind
            when 'binary' then main.{{ arm }}_observed_numerator
            when 'continuous' then exp(main.{{ arm }}_observed_numerator)
            else main.{{ arm }}_observed_numerator / nullif(main.{{ arm }}_observed_denominator, 0)
        end as {{ arm }}_value,
        {%- endfor %}
        main.observed_effect,
        main.standard_effect,
        main.cmh_chi2,
        main.odds_ratio,
        -- A control smaller than what an arm needs would add more noise than it takes away.
        case
            when
                least(control.candidate_kept_count, control.baseline_kept_count)
                >= {{ var('regression_min_tasks') }}
                then control.standard_effect
        end as control_effect,
        case
            when main.candidate_count > 1 and main.baseline_count > 1 then errors.observed_se
        end as observed_se,
        errors.mix_se,
        errors.standard_se,
        errors.controlled_se,
        -- With hardly an event (or hardly a non-event) the residuals know nothing of the rate's
        -- error and shrink to 0; the Agresti-Coull variance does not.
        case
            when
                metrics.kind = 'binary'
                and least(
                    main.candidate_kept_events,
                    main.candidate_kept_count - main.candidate_kept_events,
                    main.baseline_kept_events,
                    main.baseline_kept_count - main.baseline_kept_events
                ) < 5
                then sqrt(
                    (main.candidate_kept_events + 2)
                    * (main.candidate_kept_count - main.candidate_kept_events + 2)
                    / power(main.candidate_kept_count + 4e0, 3)
                    + (main.baseline_kept_events + 2)
                    * (main.baseline_kept_count - main.baseline_kept_events + 2)
                    / power(main.baseline_kept_count + 4e0, 3)
                )
            else 0e0
        end as sparse_se,
    from comparisons
    cross join metrics
    left join task_counts on comparisons.comparison_id = task_counts.comparison_id
    left join series as main
        on
            comparisons.comparison_id = main.comparison_id
            and metrics.metric = main.metric
            and main.series = 'main'
    left join series as control
        on
            comparisons.comparison_id = control.comparison_id
            and metrics.metric = control.metric
            and control.series = 'control'
    left join errors
        on
            comparisons.comparison_id = errors.comparison_id
            and metrics.metric = errors.metric

),

estimated_effects as (

    select
        *,
        standard_effect - coalesce(control_effect, 0) as adjusted_effect,
        case
            -- One cluster an arm has no error that could be known.
            when
                least(candidate_cluster_count, baseline_cluster_count) > 1
                and standard_effect is not null
                then greatest(
                    case when control_effect is null then standard_se else controlled_se end,
                    sparse_se
                )
        end as adjusted_se,
    from joined_effects

)

select * from estimated_effects
