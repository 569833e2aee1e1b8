{#- Whether some alias, the shipped ones and the project's own, reads an attribute of this name. -#}
{% macro is_read(key) %}
    {%- set keys = spanmart.attribute_keys(spanmart.attribute_aliases().keys()) -%}
    {{ key }} in (
    {%- for name in keys %}
    '{{ name | replace("'", "''") }}'{{ ',' if not loop.last }}
    {%- endfor %}
    )
{% endmacro %}
