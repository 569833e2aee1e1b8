{#
    Standard error of any smooth estimate from what each cluster adds to it (its influence): sqrt(Σ_k u_k²), the sandwich
    estimator. An aggregate over one row per cluster; the small-sample factor m/(m-1) is already in u (`cluster_factor`).
    Checked against statsmodels OLS with a saturated design, cov_type="cluster".
#}
{% macro influence_se(influence) -%}
    sqrt(sum(({{ influence }}) * ({{ influence }})))
{%- endmacro %}
