{#
    Mix-adjusted odds ratio, candidate over baseline. An aggregate over one row per stratum. NULL when no stratum says anything
    about it (no baseline event meets a candidate non-event).

        Σ ad/n  /  Σ bc/n        a, b candidate events and non-events; c, d the baseline's

    Source: N. Mantel and W. Haenszel, JNCI 22 (1959). Checked against statsmodels StratifiedTable.oddsratio_pooled.
#}
{% macro mantel_haenszel_odds_ratio(candidate_events, candidate_size, baseline_events, baseline_size) -%}
    {%- set n = 'nullif(cast(' ~ candidate_size ~ ' as double) + (' ~ baseline_size ~ '), 0e0)' -%}
    sum(cast({{ candidate_events }} as double) * (({{ baseline_size }}) - ({{ baseline_events }})) / {{ n }})
    / nullif(
        sum((({{ candidate_size }}) - ({{ candidate_events }})) * cast({{ baseline_events }} as double) / {{ n }}),
        0e0
    )
{%- endmacro %}
