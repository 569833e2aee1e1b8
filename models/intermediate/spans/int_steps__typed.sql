-- One row per way in which spans of this run name their step, with what kind of step that is:
-- spans have few different names.
with spans as {{ spanmart.inlined() }} (

    select * from {{ ref('int_spans__current') }}

),

key_sets as (

    select * from {{ ref('int_spans__key_sets') }}

),

-- One span of each says what all of them say.
speakers as (

    select
        step_key,
        min(span_no) as span_no,
    from spans
    group by step_key

),

-- What steps say in JSON, under names of a project's own: the shipped ones stand in none, and the
-- last of these columns is not there.
said_by_speakers as {{ spanmart.materialized() }} (

    select
        speakers.step_key,
        spans.name,
        spans.key_set_no,
        spans.said,
        {{ spanmart.said_lists(['step'], 'spans.said', 'key_sets') }} -- noqa: LT02
    from spans
    inner join speakers on spans.span_no = speakers.span_no
    {% if spanmart.json_sources('step') %}
    left join key_sets on spans.key_set_no = key_sets.key_set_no
    {% endif %}

),

readings as (

    select
        said_by_speakers.step_key,
        said_by_speakers.name,
        {{ spanmart.said_field('span_type') }} as declared_type,
        {{ spanmart.said_field('operation_name') }} as declared_operation,
        {{ spanmart.said_field('tool_name') }} as named_tool,
        {{ spanmart.said_field('error_type') }} as error_type,
    from said_by_speakers
    left join key_sets on said_by_speakers.key_set_no = key_sets.key_set_no

),

steps as (

    select
        *,
        {{ spanmart.span_type('declared_type', 'name') }} as span_type,
    from readings

),

typed_steps as (

    select
        step_key,
        span_type,
        {{ spanmart.operation_name('span_type', 'name', 'named_tool', 'declared_operation') }}
            as operation_name,
        error_type,
    from steps

)

select * from typed_steps
