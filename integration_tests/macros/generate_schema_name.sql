{#- dbt takes this macro from the running project only. Without it the layers are <target schema>_facts and so on. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ spanmart.generate_schema_name(custom_schema_name, node) }}
{%- endmacro %}
