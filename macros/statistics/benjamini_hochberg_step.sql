{#
    First half of the Benjamini-Hochberg q-value: p · m/rank, over the `family` (the columns to partition by; empty for one family
    of all rows). A NULL p is no test: it is not counted and stays NULL. Feed the column to `benjamini_hochberg_q` in the next
    step: a window over a window cannot stand in one select.
#}
{% macro benjamini_hochberg_step(p, family=[]) -%}
    {%- set partition = 'partition by ' ~ family | join(', ') ~ ' ' if family else '' -%}
    {{ p }} * count({{ p }}) over ({{ partition | trim }})
    / row_number() over ({{ partition }}order by {{ p }} nulls last)
{%- endmacro %}
