{#- Whether an attribute's name says that it holds tokens, cost, a model, a finish reason or a prompt's version: what would
    be missed first if a producer renamed it. -#}
{% macro looks_like_usage(key) %}
    {%- set patterns = [
        'tokens([._:]|$)|token_?(count|usage)|(^|[._:])usage([._:]|$)|usage_?(details|metadata|object)',
        '(^|[._:])(total_?)?cost|costs?$',
        '(finish|stop)_?reasons?$',
        '(^|[._:])model(_?(name|id|used|requested))?$|model_?name$',
        'prompt.*version$',
    ] -%}
    (
    {%- for pattern in patterns %}
    regexp_matches(lower({{ key }}), '{{ pattern }}'){{ ' or' if not loop.last }}
    {%- endfor %}
    )
{% endmacro %}
