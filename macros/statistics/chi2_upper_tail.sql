{#
    P(X > x) for a chi-squared X with one degree of freedom: the two-sided normal p of sqrt(x). NULL for NULL.
    Checked against scipy.stats.chi2.sf(x, 1).
#}
{% macro chi2_upper_tail(x) -%}
    {{ spanmart.normal_two_sided_p('sqrt(' ~ x ~ ')') }}
{%- endmacro %}
