-- One row per span that says something of the request which its parent does not: the context that
-- it has or inherits, which is that of the spans below it, too.
{%- set hops = spanmart.ancestor_hops() %}
{%- set fields = spanmart.context_fields() %}
with spans as (

    select * from {{ ref('int_spans__current') }}

),

key_sets as (

    select * from {{ ref('int_spans__key_sets') }}

),

producers as (

    select * from {{ ref('int_spans__producers') }}

),

contexts_of_traces as (

    select context_no from {{ ref('int_contexts__of_traces') }}

),

contexts_of_spans as (

    select * from {{ ref('int_contexts__of_spans') }}

),

tellers as (

    select
        context_no as span_no,
        cast(null as bigint) as above_no,
    from contexts_of_traces
    union all
    select
        telling.span_no,
        parents.context_no as above_no,
    from contexts_of_spans as telling
    left join contexts_of_spans as parents on telling.parent_no = parents.span_no
    where telling.span_no = telling.context_no

),

-- Set apart: behind a join that drops rows each lookup would unpack the values again.
said_by_tellers as {{ spanmart.materialized() }} (

    select
        spans.span_no,
        tellers.above_no,
        spans.key_set_no,
        spans.producer_no,
        spans.said,
        {{ spanmart.said_lists(['context'], 'spans.said', 'key_sets') }}
    from spans
    inner join tellers on spans.span_no = tellers.span_no
    left join key_sets on spans.key_set_no = key_sets.key_set_no

),

own_context as {{ spanmart.materialized() }} (

    select
        said_by_tellers.span_no,
        said_by_tellers.above_no,
        {% for field in fields %}
        {{ spanmart.said_field(field) }} as {{ field }},
        {% endfor %}
    from said_by_tellers
    left join key_sets on said_by_tellers.key_set_no = key_sets.key_set_no
    left join producers on said_by_tellers.producer_no = producers.producer_no

),

-- What the topmost say stands; only what says something below them inherits.
nested_context_1 as {{ spanmart.materialized() }} (

    select * from own_context
    where above_no is not null

),

-- After each step a value has come down from tellers twice as far above; the nearest one wins.
{% for hop in hops %}
nested_context_{{ hop * 2 }} as {{ spanmart.materialized() }} (

    select
        near.span_no,
        coalesce(far.above_no, near.above_no) as above_no,
        {{ spanmart.inherited_context('near', 'far') }}
    from nested_context_{{ hop }} as near
    left join nested_context_{{ hop }} as far on near.above_no = far.span_no

),
{% endfor %}
whole_contexts as (

    select
        span_no,
        {{ fields | join(',\n        ') }},
    from own_context
    where above_no is null
    union all
    select
        near.span_no,
        {{ spanmart.inherited_context('near', 'far') }}
    from nested_context_{{ hops[-1] * 2 }} as near
    left join own_context as far on near.above_no = far.span_no and far.above_no is null

),

inherited_contexts as (

    select
        span_no as context_no,
        {% for field in fields %}
        {% if field == 'experiment_ids' %}
        {{ spanmart.text_list('experiment_ids') }} as experiment_ids,
        {% elif field == 'user_id_hash' %}
        -- Only what the loader hashed: a user's own name for the key that the loader did not know
        -- stays out of the facts.
        case when user_id_hash like 'h1\_%' escape '\' then user_id_hash end as user_id_hash,
        {% elif field == 'workload_class' %}
        coalesce(workload_class, 'production') as workload_class,
        {% else %}
        {{ field }},
        {% endif %}
        {% endfor %}
    from whole_contexts

)

select * from inherited_contexts
