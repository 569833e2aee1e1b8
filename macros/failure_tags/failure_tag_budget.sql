{#-
The rows of a tag when they are more than its budget allows, else no row: what the test `failure_tag` returns. The rate is
over all production traces, weighted, as in the mart failure_taxonomy. A tag with a rule is held to what its rule found, so
that the budget does not depend on how much was reviewed; a tag that only labels give, to its labels.

A declaration that another one overrides has nothing to say and returns no row.
-#}
{% macro failure_tag_budget(tagged_relation, tag, max_rate) %}
    {% set found = spanmart.declared_failure_tags() | selectattr('tag', 'equalto', tag) | list %}
    {% set declared = found[0] if found else none %}
    {% set is_overridden = declared is not none and declared.unique_id != model.unique_id %}
with traces as (

    select
        trace_id,
        sample_weight,
    from {{ ref('spanmart', 'int_traces__signals') }}
    where workload_class = 'production' and not is_copy

),

tagged as (

    select
        failure_tag.trace_id,
    from {{ tagged_relation }} as failure_tag
    where
        failure_tag.failure_tag = '{{ tag }}'
        {% if declared is not none and declared.has_rule %}
        and failure_tag.source = 'rule'
        {% endif %}
    group by failure_tag.trace_id

),

rates as (

    select
        sum(traces.sample_weight) filter (where tagged.trace_id is not null)
        / sum(traces.sample_weight) as rate,
        {{ max_rate }} as max_rate,
    from traces
    left join tagged on traces.trace_id = tagged.trace_id

),

over_budget as (

    select
        tagged.trace_id,
        '{{ tag }}' as failure_tag,
        rates.rate,
        rates.max_rate,
    from tagged
    inner join traces on tagged.trace_id = traces.trace_id
    inner join rates on rates.rate > rates.max_rate
    {% if is_overridden %}
    where false -- {{ declared.block }} overrides this declaration
    {% endif %}

)

select * from over_budget
{% endmacro %}
