{#- What the tokens of disjoint buckets cost together, unrounded. -#}
{% macro bucket_costs(buckets) -%}
    {%- for bucket in buckets -%}
        coalesce({{ bucket }}_rate, 0) * priced_{{ bucket }}_tokens{{ ' + ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
