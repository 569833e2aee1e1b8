{#- "Now", for models: the latest start of a trace that has been built, never the clock. The same exports give the same
    tables whenever they are built, and a warehouse that stopped receiving data does not age. -#}
{% macro as_of() -%}
    (select max(started_at) from {{ ref('request_trace') }})
{%- endmacro %}
