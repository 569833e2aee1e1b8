{#- The rates of a row of price_overrides, which has a column for each. -#}
{% macro rates_from_override() -%}
    {%- for rate, _, override_column, per_units in spanmart.price_rates() %}
        {{ spanmart.usd_per_unit(override_column or 'null', per_units or 1) }} as {{ rate }}{{ ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
