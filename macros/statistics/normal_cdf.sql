{#
    P(Z <= x) for a standard normal Z. By symmetry the upper tail at -x, so that both tails stay accurate.
    Checked against scipy.stats.norm.cdf.
#}
{% macro normal_cdf(x) -%}
    {{ spanmart.normal_upper_tail('(-(' ~ x ~ '))') }}
{%- endmacro %}
