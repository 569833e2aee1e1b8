{#- Rows: the minutes in which another record of a call may begin: from the longest call before its start, which could
    contain it, to its end. A call that lasts longer than that is compared for that long only. -#}
{% macro twin_minutes(started_at, ended_at) -%}
    {{ spanmart.minutes_between(
        started_at ~ ' - ' ~ spanmart.longest_call(),
        'least(' ~ ended_at ~ ', ' ~ started_at ~ ' + ' ~ spanmart.longest_call() ~ ') + '
        ~ spanmart.duplicate_call_slack()
    ) }}
{%- endmacro %}
