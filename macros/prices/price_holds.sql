{#- Whether a price list holds for a call: on the day of `at` (its start, or the day whose price is asked for), at the call's
    own time of day, for the size of its input. All in UTC. -#}
{% macro price_holds(calls, prices, at='started_at') -%}
    {{ calls }}.{{ at }} >= {{ prices }}.holds_from
    and {{ calls }}.{{ at }} < {{ prices }}.holds_to
    and cast({{ calls }}.started_at as time) >= {{ prices }}.daily_from
    and cast({{ calls }}.started_at as time) < {{ prices }}.daily_to
    and coalesce({{ calls }}.input_tokens, 0) > {{ prices }}.above_input_tokens
    and coalesce({{ calls }}.input_tokens, 0) <= {{ prices }}.up_to_input_tokens
{%- endmacro %}
