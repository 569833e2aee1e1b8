-- One row per content, which is all that a span says of its request: what it tells, field by field.
{%- set fields = spanmart.context_fields() %}
with spans as {{ spanmart.inlined() }} (

    select * from {{ ref('int_spans__current') }}

),

key_sets as (

    select * from {{ ref('int_spans__key_sets') }}

),

producers as (

    select * from {{ ref('int_spans__producers') }}

),

-- One span of each says what all of them say.
speakers as (

    select
        content_key,
        min(span_no) as span_no,
    from spans
    group by content_key

),

-- Set apart: behind a join that drops rows each lookup would unpack the values again.
said_by_speakers as {{ spanmart.materialized() }} (

    select
        speakers.content_key,
        spans.key_set_no,
        spans.producer_no,
        spans.said,
        {{ spanmart.said_lists(['context'], 'spans.said', 'key_sets') }}
    from spans
    inner join speakers on spans.span_no = speakers.span_no
    left join key_sets on spans.key_set_no = key_sets.key_set_no

),

readings as (

    select
        said_by_speakers.content_key,
        {% for field in fields %}
        {{ spanmart.said_field(field) }} as {{ field }},
        {% endfor %}
    from said_by_speakers
    left join key_sets on said_by_speakers.key_set_no = key_sets.key_set_no
    left join producers on said_by_speakers.producer_no = producers.producer_no

),

-- Which field has which value, as numbers: whether one says nothing that another does not is asked
-- of every content of a trace and its root, and comparing 27 pairs of texts took longer than all of
-- int_contexts__of_traces does.
told as (

    select
        content_key,
        list_filter(
            [
                {% for field in fields %}
                case
                    when {{ field }} is not null
                        then {{ spanmart.same_run_hash([loop.index, field]) }}
                end,
                {% endfor %}
            ],
            lambda value: value is not null
        ) as told,
    from readings

)

select * from told
