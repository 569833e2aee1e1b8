-- One row per span of the touched traces: what kind of step it is, and whose context holds for it.
{%- set fields = spanmart.context_fields() %}
{%- set step_fields = ['name', 'declared_type', 'declared_operation', 'named_tool'] %}
with spans as {{ spanmart.inlined() }} (

    select * from {{ ref('int_spans__current') }}

),

placed_spans as {{ spanmart.inlined() }} (

    select * from {{ ref('int_spans__rooted') }}

),

key_sets as (

    select * from {{ ref('int_spans__key_sets') }}

),

producers as (

    select * from {{ ref('int_spans__producers') }}

),

-- What steps say in JSON, under names of a project's own: the shipped ones stand in none, and the
-- last of these columns is not there.
said_by_spans as (

    select
        spans.*,
        {{ spanmart.same_run_hash(['spans.trace_id']) }} as trace_key,
        {{ spanmart.said_lists(['step'], 'spans.said', 'key_sets') }} -- noqa: LT02
    from spans
    {% if spanmart.json_sources('step') %}
    left join key_sets on spans.key_set_no = key_sets.key_set_no
    {% endif %}

),

-- Each value is looked up once; what follows reads columns.
readings as (

    select
        spans.span_no,
        placed_spans.parent_no,
        placed_spans.is_orphan,
        placed_spans.is_ring_cut,
        spans.trace_key,
        spans.name,
        spans.status_message,
        {{ spanmart.said_field('span_type') }} as declared_type,
        {{ spanmart.said_field('operation_name') }} as declared_operation,
        {{ spanmart.said_field('tool_name') }} as named_tool,
        {{ spanmart.said_field('error_type') }} as declared_error_type,
        spans.exception_type,
        spans.exception_message,
        producers.resource_no,
        -- Of the keys and the values that may tell of the request.
        case
            when key_sets.has_context
                then {{ spanmart.same_run_hash([
                    'key_sets.context_keys',
                    spanmart.values_at('spans.said', 'key_sets.places_of_context'),
                ]) }}
        end as context_hash,
    from said_by_spans as spans
    inner join placed_spans on spans.span_no = placed_spans.span_no
    left join key_sets on spans.key_set_no = key_sets.key_set_no
    left join producers on spans.producer_no = producers.producer_no

),

keyed_readings as {{ spanmart.materialized() }} (

    select
        *,
        {{ spanmart.same_run_hash(step_fields) }} as step,
    from readings

),

-- Steps have few different names: what each is, is found out once.
steps as {{ spanmart.materialized() }} (

    select
        step,
        {% for field in step_fields %}
        any_value({{ field }}) as {{ field }},
        {% endfor %}
    from keyed_readings
    group by step

),

typed_steps as (

    select
        *,
        {{ spanmart.span_type('declared_type', 'name') }} as span_type,
    from steps

),

named_steps as (

    select
        step,
        span_type,
        {{ spanmart.operation_name('span_type', 'name', 'named_tool', 'declared_operation') }}
            as operation_name,
    from typed_steps

),

-- Spans of a trace that have the same keys and values, and the same resource, tell the same: one
-- speaks for all of them, the root where it is one of them.
voices as {{ spanmart.materialized() }} (

    select
        trace_key,
        context_hash,
        resource_no,
        coalesce(min(span_no) filter (where parent_no is null), min(span_no)) as voice_no,
    from keyed_readings
    group by trace_key, context_hash, resource_no

),

-- Set apart: behind a join that drops rows each lookup would unpack the values again.
said_by_voices as {{ spanmart.materialized() }} (

    select
        voices.voice_no,
        voices.trace_key,
        spans.key_set_no,
        spans.producer_no,
        spans.said,
        {{ spanmart.said_lists(['context'], 'spans.said', 'key_sets') }}
    from spans
    inner join voices on spans.span_no = voices.voice_no
    left join key_sets on spans.key_set_no = key_sets.key_set_no

),

told as {{ spanmart.materialized() }} (

    select
        said_by_voices.voice_no,
        said_by_voices.trace_key,
        {% for field in fields %}
        {{ spanmart.said_field(field) }} as {{ field }},
        {% endfor %}
    from said_by_voices
    left join key_sets on said_by_voices.key_set_no = key_sets.key_set_no
    left join producers on said_by_voices.producer_no = producers.producer_no

),

only_roots as {{ spanmart.materialized() }} (

    select
        trace_key,
        min(span_no) as root_no,
    from keyed_readings
    where parent_no is null
    group by trace_key
    having count(*) = 1

),

contradicted_roots as (

    select distinct told.trace_key
    from told
    inner join only_roots on told.trace_key = only_roots.trace_key
    inner join told as roots on only_roots.root_no = roots.voice_no
    where
        told.voice_no <> only_roots.root_no
        and (
            false
            {% for field in fields %}
            or (
                told.{{ field }} is not null
                and told.{{ field }} is distinct from roots.{{ field }}
            )
            {% endfor %}
        )

),

-- Producers repeat what they know of a request on every span, each the part that it knows. Where a
-- trace says nothing that its root does not, the root's context is that of all.
telling_roots as {{ spanmart.materialized() }} (

    select
        trace_key,
        root_no,
    from only_roots
    where trace_key not in (select contradicted_roots.trace_key from contradicted_roots)

),

-- In the other traces a span has a context of its own where it says what its parent does not.
voiced_spans as {{ spanmart.materialized() }} (

    select
        keyed_readings.span_no,
        keyed_readings.parent_no,
        voices.voice_no,
    from keyed_readings
    inner join voices
        on
            keyed_readings.trace_key = voices.trace_key
            and keyed_readings.context_hash is not distinct from voices.context_hash
            and keyed_readings.resource_no is not distinct from voices.resource_no
    where keyed_readings.trace_key not in (select telling_roots.trace_key from telling_roots)

),

tellers as {{ spanmart.materialized() }} (

    select own.span_no
    from voiced_spans as own
    left join voiced_spans as parents on own.parent_no = parents.span_no
    left join told as own_told on own.voice_no = own_told.voice_no
    left join told as parents_told on parents.voice_no = parents_told.voice_no
    where
        own.parent_no is null
        or (
            own.voice_no <> parents.voice_no
            and (
                false
                {% for field in fields %}
                or (
                    own_told.{{ field }} is not null
                    and own_told.{{ field }} is distinct from parents_told.{{ field }}
                )
                {% endfor %}
            )
        )

),

-- The others have the context of their parent, or of the nearest span above that tells.
silent_parents as {{ spanmart.materialized() }} (

    select
        span_no,
        parent_no,
    from voiced_spans
    where
        span_no in (select below.parent_no from voiced_spans as below)
        and span_no not in (select tellers.span_no from tellers)

),

{{ spanmart.nearest_marked('context', 'silent_parents') }}

typed_spans as (

    select
        keyed_readings.span_no,
        keyed_readings.parent_no,
        case
            when telling_roots.root_no is not null then telling_roots.root_no
            when tellers.span_no is not null then tellers.span_no
            when telling_parents.span_no is not null then telling_parents.span_no
            else context_nearest.marked_no
        end as context_no,
        keyed_readings.is_orphan,
        keyed_readings.is_ring_cut,
        named_steps.span_type,
        named_steps.operation_name,
        coalesce(
            keyed_readings.declared_error_type,
            keyed_readings.exception_type
        ) as error_type,
        coalesce(
            nullif(keyed_readings.status_message, ''),
            keyed_readings.exception_message
        ) as error_message_redacted,
    from keyed_readings
    inner join named_steps on keyed_readings.step = named_steps.step
    left join telling_roots on keyed_readings.trace_key = telling_roots.trace_key
    left join tellers on keyed_readings.span_no = tellers.span_no
    left join tellers as telling_parents on keyed_readings.parent_no = telling_parents.span_no
    left join context_nearest on keyed_readings.parent_no = context_nearest.span_no

)

select * from typed_spans
