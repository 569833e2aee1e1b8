{#- From worst to least; the first tag of a trace in this order is its primary one. -#}
{% macro failure_severities() %}{% do return(['critical', 'high', 'medium', 'low']) %}{% endmacro %}
