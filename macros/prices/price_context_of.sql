{#- The context of the price list that a call asks for, as seeds/prices/model_prices.csv names it. A batch is a discount of
    its own and has no service tier; some producers write it as one. NULL asks for the standard price. -#}
{% macro price_context_of(calls) -%}
    case
        when lower({{ calls }}.api_mode) = 'batch' or lower({{ calls }}.service_tier) = 'batch'
            then 'processing=batch'
        else 'service_tier=' || lower({{ calls }}.service_tier)
    end
{%- endmacro %}
