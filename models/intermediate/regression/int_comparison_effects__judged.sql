-- One row per comparison and metric: effects as a reader wants them, and the verdict with its
-- reason.
{%- set scaled = {
    'difference': 'observed_effect',
    'stratified_difference': 'standard_effect',
    'control_difference': 'control_effect',
    'adjusted_difference': 'adjusted_effect',
    'ci_low': 'adjusted_effect - interval_radius',
    'ci_high': 'adjusted_effect + interval_radius',
    'cs_low': 'adjusted_effect - sequence_radius',
    'cs_high': 'adjusted_effect + sequence_radius',
} %}
with tested_effects as (

    select * from {{ ref('int_comparison_effects__tested') }}

),

-- Shares differ by points; everything else by a relative change (0.4 is 40 % more).
scaled_effects as (

    select
        *,
        case good_direction when 'down' then -1 else 1 end as good_sign,
        {%- for name, effect in scaled.items() %}
        case
            when kind = 'binary' then {{ effect }}
            -- Beyond e^700 there is no double.
            when {{ effect }} is not null then exp(least({{ effect }}, 700e0)) - 1e0
        end as {{ name }},
        {%- endfor %}
    from tested_effects

),

signed_effects as (

    select
        *,
        difference - stratified_difference as mix_effect,
        abs(adjusted_difference) >= minimum_effect as is_material,
        coalesce(cs_low > 0 or cs_high < 0, false) as is_outside_sequence,
        ci_low > -minimum_effect and ci_high < minimum_effect as is_within_margin,
        -- What the time did elsewhere may explain a change away; it may not make one up.
        control_effect is null or (
            sign(stratified_difference) = sign(adjusted_difference)
            and abs(stratified_difference) >= minimum_effect
        ) as is_seen_without_control,
        sign(adjusted_difference) * good_sign as goodness,
    from scaled_effects

),

judged_effects as (

    select
        *,
        -- Simpson: the mix of traffic, not the version, makes the difference or hides it. By more
        -- than chance and by more than nothing, so that a sign that flips around 0 is no flag.
        abs(observed_effect - standard_effect) > {{ spanmart.critical_z(0.95) }} * mix_se
        and (
            abs(mix_effect) > greatest(
                case kind when 'binary' then 0.01e0 else minimum_effect / 2 end,
                abs(difference) / 2
            )
            or (
                sign(difference) <> sign(stratified_difference)
                and greatest(abs(difference), abs(stratified_difference)) >= minimum_effect
            )
        ) as is_simpson,
        case
            when obstacle in ('no_control', 'no_shared_strata') then 'not_comparable'
            when obstacle is not null then 'insufficient_data'
            when
                is_material
                and is_outside_sequence
                and q_value < {{ var('regression_alpha') }}
                and is_seen_without_control
                then case when goodness < 0 then 'regression' else 'improvement' end
            when is_within_margin then 'no_material_change'
            else 'inconclusive'
        end as verdict,
        case
            when obstacle is not null then obstacle
            when is_within_margin then 'interval_within_margin'
            when not is_material then 'below_minimum_effect'
            when not is_outside_sequence then 'sequence_includes_zero'
            when q_value >= {{ var('regression_alpha') }} then 'many_tests'
            when not is_seen_without_control then 'only_against_control'
            else 'beyond_minimum_effect'
        end as verdict_reason,
    from signed_effects

)

select * from judged_effects
