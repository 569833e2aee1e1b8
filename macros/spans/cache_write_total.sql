{#- Tokens written to a cache: the total that a producer gives, or the parts by lifetime when it gives only those. -#}
{% macro cache_write_total(calls) -%}
    greatest(
        coalesce({{ calls }}.usage_cache_write, 0),
        coalesce({{ calls }}.usage_cache_write_5m, 0) + coalesce({{ calls }}.usage_cache_write_1h, 0)
    )
{%- endmacro %}
