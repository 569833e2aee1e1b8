{#- The columns of all rates, of one relation of a join where `relation` names it. -#}
{% macro rate_columns(relation=none) -%}
    {%- for rate, _, _, _ in spanmart.price_rates() -%}
        {{ relation ~ '.' if relation }}{{ rate }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
