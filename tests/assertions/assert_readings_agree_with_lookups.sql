-- What is read by places (int_spans__key_sets) is what looking up each name on the span itself
-- gives. One trace in sixteen: looking up all names is what the places spare.
with spans as (

    select * from {{ ref('int_spans__current') }}

),

key_sets as (

    select * from {{ ref('int_spans__key_sets') }}

),

producers as (

    select * from {{ ref('int_spans__producers') }}

),

attributes_of_spans as (

    select * from {{ ref('int_spans__attributes') }}

),

-- What the members of JSON say stands behind the other values.
said_by_spans as {{ spanmart.materialized() }} (

    select
        spans.span_no,
        spans.key_set_no,
        spans.producer_no,
        spans.said,
        {{ spanmart.said_lists(spanmart.said_groups(), 'spans.said', 'key_sets') }}
    from spans
    left join key_sets on spans.key_set_no = key_sets.key_set_no
    where spans.trace_id like '%a'

),

read_spans as (

    select
        spans.span_no,
        {% for field in spanmart.said_fields() %}
        {{ spanmart.said_field(field) }} as {{ field }},
        {% endfor %}
    from said_by_spans as spans
    left join key_sets on spans.key_set_no = key_sets.key_set_no
    left join producers on spans.producer_no = producers.producer_no

),

looked_up as (

    select
        span_no,
        {% for field in spanmart.said_fields() %}
        {{ spanmart.attribute(field) }} as {{ field }},
        {% endfor %}
    from attributes_of_spans

),

misread_spans as (

    select read_spans.*
    from read_spans
    inner join looked_up on read_spans.span_no = looked_up.span_no
    where
        false
        {% for field in spanmart.said_fields() %}
        or read_spans.{{ field }} is distinct from looked_up.{{ field }}
        {% endfor %}

)

select * from misread_spans
