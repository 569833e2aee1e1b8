{#
    Two-sided p-value of a z statistic: 2 P(Z > |z|). NULL for NULL.
    Checked against 2 * scipy.stats.norm.sf(|z|).
#}
{% macro normal_two_sided_p(z) -%}
    2e0 * ({{ spanmart.normal_upper_tail('abs(' ~ z ~ ')') }})
{%- endmacro %}
