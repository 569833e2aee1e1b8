{#- A text of the user's as an SQL literal; none is NULL. -#}
{% macro text_literal(text) -%}
    {%- if text is none -%}cast(null as varchar){%- else -%}'{{ text | string | replace("'", "''") }}'{%- endif -%}
{%- endmacro %}
