-- One row per label that means a declared tag: its own name and every name its block gives it.
with labels as (

    select
        cast(null as varchar) as label,
        cast(null as varchar) as failure_tag,
    where false

    {% for declared in spanmart.declared_failure_tags() %}
    {% for label in declared.labels %}
    union all

    select
        '{{ label }}',
        '{{ declared.tag }}',

    {% endfor %}
    {% endfor %}
)

select * from labels
