{#
    The weight of a stratum in a mix-adjusted difference: n₁n₂/(n₁+n₂); 0 when one arm is empty, so the stratum drops out.

    With these weights the weighted mean difference of a 0/1 outcome is the Mantel-Haenszel risk difference, and of any other
    outcome the coefficient of a regression with one intercept a stratum: one formula for every kind of metric.
    Checked against both (statsmodels OLS with stratum dummies).
#}
{% macro mantel_haenszel_weight(candidate_size, baseline_size) -%}
    coalesce(
        cast({{ candidate_size }} as double) * ({{ baseline_size }})
        / nullif(cast({{ candidate_size }} as double) + ({{ baseline_size }}), 0e0),
        0e0
    )
{%- endmacro %}
