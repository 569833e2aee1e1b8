{#- Whether a price list holds for a call: on its day, at its time of day (both UTC), for the size of its input. -#}
{% macro price_holds(calls, prices) -%}
    {{ calls }}.started_at >= {{ prices }}.holds_from
    and {{ calls }}.started_at < {{ prices }}.holds_to
    and cast({{ calls }}.started_at as time) >= {{ prices }}.daily_from
    and cast({{ calls }}.started_at as time) < {{ prices }}.daily_to
    and coalesce({{ calls }}.input_tokens, 0) > {{ prices }}.above_input_tokens
    and coalesce({{ calls }}.input_tokens, 0) <= {{ prices }}.up_to_input_tokens
{%- endmacro %}
