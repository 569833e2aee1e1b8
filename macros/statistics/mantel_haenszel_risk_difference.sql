{#
    Mix-adjusted difference of two rates, candidate minus baseline. An aggregate over one row per stratum: events and sizes of
    either arm. NULL when no stratum has both arms.

        Σ (e₁n₂ - e₂n₁)/n  /  Σ n₁n₂/n

    Source: S. Greenland and J. M. Robins, Biometrics 41 (1985). Checked against the formula and statsmodels OLS with stratum dummies.
#}
{% macro mantel_haenszel_risk_difference(candidate_events, candidate_size, baseline_events, baseline_size) -%}
    {%- set n = 'nullif(cast(' ~ candidate_size ~ ' as double) + (' ~ baseline_size ~ '), 0e0)' -%}
    sum((
        cast({{ candidate_events }} as double) * ({{ baseline_size }})
        - cast({{ baseline_events }} as double) * ({{ candidate_size }})
    ) / {{ n }})
    / nullif(sum({{ spanmart.mantel_haenszel_weight(candidate_size, baseline_size) }}), 0e0)
{%- endmacro %}
