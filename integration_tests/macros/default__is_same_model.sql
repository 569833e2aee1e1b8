{#- Acme pins snapshots: gpt-4o and gpt-4o-2024-08-06 are two models. -#}
{% macro default__is_same_model(selected, used) -%}
    {{ selected }} = {{ used }}
{%- endmacro %}
