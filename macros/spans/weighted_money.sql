{#- Money times a sample weight, still exact for the usual weight of one. -#}
{% macro weighted_money(amount, weight='sample_weight') -%}
    case
        when {{ weight }} = 1 then {{ amount }}
        else cast({{ amount }} * {{ weight }} as decimal(38, 12))
    end
{%- endmacro %}
