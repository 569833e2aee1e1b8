{#- SQL for the canonical type of a span from what it says of itself (`declared`) and from its name. A generic word
    (chain, workflow, task) gives way to a telling name: frameworks call every step of an application a chain.
    Override by writing default__span_type in your project. -#}
{% macro span_type(declared, name) %}{{ return(adapter.dispatch('span_type', 'spanmart')(declared, name)) }}{% endmacro %}

{% macro default__span_type(declared, name) -%}
    {%- set by_name = spanmart.span_type_by_name(name) -%}
    coalesce(
        case
            {%- for type, values, _ in spanmart.span_types() %}
            when lower({{ declared }}) in ('{{ values | join("', '") }}')
                then {% if type == 'chain' %}coalesce({{ by_name }}, 'chain'){% else %}'{{ type }}'{% endif %}
            {%- endfor %}
        end,
        {{ by_name }},
        'other'
    )
{%- endmacro %}

{% macro span_type_by_name(name) -%}
    case
        {%- for type, _, pattern in spanmart.span_types() if pattern %}
        when regexp_matches(lower({{ name }}), '{{ pattern }}') then '{{ type }}'
        {%- endfor %}
    end
{%- endmacro %}
