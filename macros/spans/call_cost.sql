{#- What a call cost, on the basis that the var `cost_basis` chooses: of a row of int_calls__priced, the same in every fact
    and in every sum over calls. -#}
{% macro call_cost(calls) -%}
    {%- if var('cost_basis') == 'provided' -%}
    coalesce({{ calls }}.provided_cost_usd, {{ calls }}.cost_usd)
    {%- else -%}
    {{ calls }}.cost_usd
    {%- endif -%}
{%- endmacro %}
