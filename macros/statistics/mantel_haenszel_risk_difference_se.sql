{#
    Standard error of the Mantel-Haenszel risk difference for independent rows: right both for few large strata and for many
    sparse ones. An aggregate over one row per stratum. Rows that come in clusters need `influence_se` instead.

        sqrt( (RD ΣP + ΣQ) ) / Σ n₁n₂/n
        P = (n₁²e₂ - n₂²e₁ + n₁n₂(n₂-n₁)/2)/n²,  Q = (e₁(n₂-e₂) + e₂(n₁-e₁))/2n

    Source: T. Sato, Biometrics 45 (1989), 1323. Checked against the formula in numpy and by simulation.
#}
{% macro mantel_haenszel_risk_difference_se(candidate_events, candidate_size, baseline_events, baseline_size) -%}
    {%- set e1 = 'cast(' ~ candidate_events ~ ' as double)' -%}
    {%- set n1 = 'cast(' ~ candidate_size ~ ' as double)' -%}
    {%- set e2 = 'cast(' ~ baseline_events ~ ' as double)' -%}
    {%- set n2 = 'cast(' ~ baseline_size ~ ' as double)' -%}
    {%- set n = 'nullif(' ~ n1 ~ ' + ' ~ n2 ~ ', 0e0)' -%}
    sqrt(greatest(0e0,
        ({{ spanmart.mantel_haenszel_risk_difference(
            candidate_events, candidate_size, baseline_events, baseline_size
        ) }})
        * sum((
            {{ n1 }} * {{ n1 }} * {{ e2 }} - {{ n2 }} * {{ n2 }} * {{ e1 }}
            + {{ n1 }} * {{ n2 }} * ({{ n2 }} - {{ n1 }}) / 2e0
        ) / ({{ n }} * {{ n }}))
        + sum(({{ e1 }} * ({{ n2 }} - {{ e2 }}) + {{ e2 }} * ({{ n1 }} - {{ e1 }})) / (2e0 * {{ n }}))
    )) / nullif(sum({{ spanmart.mantel_haenszel_weight(candidate_size, baseline_size) }}), 0e0)
{%- endmacro %}
