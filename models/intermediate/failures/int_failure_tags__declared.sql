-- One row per failure tag that is switched on: what its test block says.
-- A table, like the tags themselves: it is what this build's rows were made by.
with declared_tags as (

    select
        cast(null as varchar) as failure_tag,
        cast(null as varchar) as failure_family,
        cast(null as varchar) as severity,
        cast(null as integer) as severity_rank,
        cast(null as varchar) as owner,
        cast(null as varchar) as description,
        cast(null as varchar) as test_name,
        cast(null as boolean) as has_rule,
        cast(null as double) as max_rate,
    where false

    {% for declared in spanmart.declared_failure_tags() %}
    union all

    select
        '{{ declared.tag }}',
        {{ spanmart.text_literal(declared.failure_family) }},
        '{{ declared.severity }}',
        {{ spanmart.failure_severities().index(declared.severity) }},
        {{ spanmart.text_literal(declared.owner) }},
        {{ spanmart.text_literal(declared.description) }},
        {{ spanmart.text_literal(declared.name) }},
        {{ declared.has_rule }},
        {{ declared.max_rate }},

    {% endfor %}
)

select * from declared_tags
