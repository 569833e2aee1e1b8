{#- The rates of a price list and tier, of rows that have one unit each: the highest tier that states the unit. -#}
{% macro rates_from_units(prices) -%}
    {%- for rate, unit, _, _ in spanmart.price_rates() %}
        arg_max({{ prices }}.usd_per_unit, {{ prices }}.above_input_tokens)
            filter (where {{ prices }}.price_unit = '{{ unit }}') as {{ rate }}{{ ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
