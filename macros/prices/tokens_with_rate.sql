{#- The tokens of a bucket that is charged at a rate of its own; none where it has no rate or nobody counted it. -#}
{% macro tokens_with_rate(rate, tokens) -%}
    case when {{ rate }} is null then 0 else coalesce({{ tokens }}, 0) end
{%- endmacro %}
