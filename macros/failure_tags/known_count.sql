{#-
How many rows of the group meet a condition; NULL, not 0, when no row of the group can tell. So a trace whose tools never
say whether they succeeded has an unknown number of errors, and a trace with one silent tool and one good one has 0.
-#}
{% macro known_count(condition) -%}
    cast(sum(cast(({{ condition }}) as integer)) as bigint)
{%- endmacro %}
