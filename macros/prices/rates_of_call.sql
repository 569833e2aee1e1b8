{#- The rates of a call. An override is a whole price list: what it leaves out is not filled from the shipped ones. The
    price of a service tier is not: it changes single rates of the standard list. -#}
{% macro rates_of_call(override, service_tier, standard) -%}
    {%- for rate, _, _, _ in spanmart.price_rates() %}
        case
            when {{ override }}.override_rank is not null then {{ override }}.{{ rate }}
            else coalesce({{ service_tier }}.{{ rate }}, {{ standard }}.{{ rate }})
        end as {{ rate }}{{ ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
