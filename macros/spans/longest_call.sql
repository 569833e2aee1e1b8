{% macro longest_call() -%}
    interval '{{ var("duplicate_call_minutes") }} minutes'
{%- endmacro %}
