{#- Whether an error is a timeout, by the words of its type, category or message. NULL texts say nothing: not a timeout.

    A project that installs this one overrides it by a macro `default__is_timeout` of its own
    (docs/failure_tags.md). -#}
{% macro is_timeout() %}
    {{- return(adapter.dispatch('is_timeout', 'spanmart')(*varargs)) -}}
{% endmacro %}
{% macro default__is_timeout() -%}
    regexp_matches(lower(concat_ws(' ', {{ varargs | join(', ') }})), 'time[d_ -]{0,2}out|deadline')
{%- endmacro %}
