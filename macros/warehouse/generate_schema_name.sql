{#- A layer's schema is its own name (facts, marts, …), not <target schema>_<name>: the contract names the schemas. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema if custom_schema_name is none else custom_schema_name | trim }}
{%- endmacro %}
