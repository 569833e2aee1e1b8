{#
    The two-sided critical value of a confidence level: 1.96 for 0.95.

    The usual levels are written as numbers, so that compiled SQL can be read; any other is computed by `normal_quantile`.
    Both ways are checked against scipy.stats.norm.ppf.
#}
{% macro critical_z(confidence) -%}
    {%- set known = {
        '0.9': '1.6448536269514722e0',
        '0.95': '1.959963984540054e0',
        '0.99': '2.5758293035489004e0',
    } -%}
    {%- if confidence | string in known -%}
        {{ known[confidence | string] }}
    {%- else -%}
        ({{ spanmart.normal_quantile('0.5e0 + (' ~ confidence ~ ') / 2e0') }})
    {%- endif -%}
{%- endmacro %}
