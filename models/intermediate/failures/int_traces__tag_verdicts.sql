-- One row per trace (or span, for a tag of grain span) and tag with a rule: whether the rule holds,
-- NULL if it cannot be told. A view, because only the few rows that hold are worth keeping, and
-- those are in failure_tag.
{{ config(materialized='view') }}
{%- for relation in spanmart.failure_tag_relations() %}
-- depends_on: {{ ref(relation) }}
{%- endfor %}
with verdicts as (

    select
        cast(null as varchar) as trace_id,
        cast(null as varchar) as span_id,
        cast(null as varchar) as failure_tag,
        cast(null as boolean) as is_tagged,
    where false

    {% for declared in spanmart.declared_failure_tags() if declared.has_rule %}
    {%- set rule = spanmart.failure_rule(declared) %}
    union all

    {% if declared.relation == 'int_traces__signals' %}
    select
        trace_id,
        null as span_id,
        '{{ declared.tag }}' as failure_tag,
        ({{ rule }}) as is_tagged, /* {{ declared.name }} */
    from {{ ref(declared.relation) }}

    {% elif declared.when is none %}
    {#- The relation is the rule: a trace that has no row in it is told not to have the failure. -#}
    select
        signals.trace_id,
        {{ 'found.span_id' if declared.grain == 'span' else 'null' }} as span_id,
        '{{ declared.tag }}' as failure_tag,
        bool_or(found.trace_id is not null) as is_tagged, /* {{ declared.name }} */
    from {{ ref('int_traces__signals') }} as signals
    left join {{ ref(declared.relation) }} as found on signals.trace_id = found.trace_id
    group by all

    {% else %}
    select
        trace_id,
        {{ 'span_id' if declared.grain == 'span' else 'null' }} as span_id,
        '{{ declared.tag }}' as failure_tag,
        bool_or({{ rule }}) as is_tagged, /* {{ declared.name }} */
    from {{ ref(declared.relation) }}
    group by all

    {% endif %}
    {% endfor %}
)

select * from verdicts
