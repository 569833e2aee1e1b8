{#- Dollars for one unit, exactly: a decimal division would leave decimals on DuckDB, a multiplication does not. Prices
    have up to 18 decimals a million tokens upstream, hence the scale of 24. -#}
{% macro usd_per_unit(usd, per_units) -%}
    cast(cast({{ usd }} as decimal(28, 18)) * case {{ per_units }}
        when 1000000 then cast(0.000001 as decimal(7, 6))
        when 1000 then cast(0.001 as decimal(7, 6))
        when 1 then cast(1 as decimal(7, 6))
    end as decimal(38, 24))
{%- endmacro %}
