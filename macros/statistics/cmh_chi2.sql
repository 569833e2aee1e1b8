{#
    Cochran-Mantel-Haenszel statistic: does the candidate's rate differ from the baseline's inside the strata? One degree of
    freedom, no continuity correction; p by `chi2_upper_tail`. An aggregate over one row per stratum. NULL when no stratum can
    tell (one arm empty, or everything or nothing happened). For independent rows: where users come back, judge by a cluster-robust z.

        (Σ (a - n₁e/n))² / Σ n₁n₂e(n-e) / (n²(n-1))        a candidate events, e all events

    Source: N. Mantel and W. Haenszel, JNCI 22 (1959). Checked against statsmodels StratifiedTable.test_null_odds.
#}
{% macro cmh_chi2(candidate_events, candidate_size, baseline_events, baseline_size) -%}
    {%- set n1 = 'cast(' ~ candidate_size ~ ' as double)' -%}
    {%- set n2 = 'cast(' ~ baseline_size ~ ' as double)' -%}
    {%- set e = '(cast(' ~ candidate_events ~ ' as double) + (' ~ baseline_events ~ '))' -%}
    {%- set n = '(' ~ n1 ~ ' + ' ~ n2 ~ ')' -%}
    {%- set excess = 'sum(' ~ candidate_events ~ ' - ' ~ n1 ~ ' * ' ~ e ~ ' / nullif(' ~ n ~ ', 0e0))' -%}
    {{ excess }} * {{ excess }}
    / nullif(sum(
        {{ n1 }} * {{ n2 }} * {{ e }} * ({{ n }} - {{ e }})
        / nullif({{ n }} * {{ n }} * ({{ n }} - 1e0), 0e0)
    ), 0e0)
{%- endmacro %}
