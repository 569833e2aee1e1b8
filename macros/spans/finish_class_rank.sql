{#- Worst first: what a call with several choices is judged by. -#}
{% macro finish_class_rank(finish_class) -%}
    case {{ finish_class }}
        when 'max_output' then 1
        when 'context_window' then 2
        when 'blocked' then 3
        when 'error' then 4
        when 'unknown' then 5
        when 'tool' then 6
        when 'stop' then 7
    end
{%- endmacro %}
