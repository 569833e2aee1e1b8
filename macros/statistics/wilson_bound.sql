{#
    One end of the Wilson score interval, `side` '-' or '+'. Use `wilson_low` and `wilson_high`, which also clip the rounding
    error at 0 and 1. In counts, so that no division comes before the last: with s successes of n,

        (s + z²/2 ± z sqrt(s(n-s)/n + z²/4)) / (n + z²)
#}
{% macro wilson_bound(successes, trials, side, confidence) -%}
    {%- set z = spanmart.critical_z(confidence) -%}
    {%- set s = 'cast(' ~ successes ~ ' as double)' -%}
    {%- set n = 'nullif(cast(' ~ trials ~ ' as double), 0e0)' -%}
    (
        {{ s }} + {{ z }} * {{ z }} / 2e0
        {{ side }} {{ z }} * sqrt(
            greatest(0e0, {{ s }} * ({{ n }} - {{ s }}) / {{ n }}) + {{ z }} * {{ z }} / 4e0
        )
    ) / ({{ n }} + {{ z }} * {{ z }})
{%- endmacro %}
