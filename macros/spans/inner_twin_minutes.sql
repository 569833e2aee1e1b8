{#- Rows: the minutes in which a record that lies within a call may begin. -#}
{% macro inner_twin_minutes(started_at, ended_at) -%}
    {{ spanmart.minutes_between(
        started_at ~ ' - ' ~ spanmart.duplicate_call_slack(),
        'least(' ~ ended_at ~ ', ' ~ started_at ~ ' + ' ~ spanmart.longest_call() ~ ') + '
        ~ spanmart.duplicate_call_slack()
    ) }}
{%- endmacro %}
