{% macro duplicate_call_slack() -%}
    interval '{{ var("duplicate_call_slack_ms") }} milliseconds'
{%- endmacro %}
