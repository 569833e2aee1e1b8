-- One row per span of the touched traces: what kind of step it is, and whose context holds for it.
{%- set fields = spanmart.context_fields() %}
with spans as {{ spanmart.inlined() }} (

    select * from {{ ref('int_spans__current') }}

),

placed_spans as {{ spanmart.inlined() }} (

    select * from {{ ref('int_spans__rooted') }}

),

key_sets as (

    select * from {{ ref('int_spans__key_sets') }}

),

-- Each value is looked up once; what follows reads columns.
readings as {{ spanmart.materialized() }} (

    select
        spans.span_no,
        spans.name,
        spans.status_message,
        {{ spanmart.said_field('span_type') }} as declared_type,
        {{ spanmart.said_field('operation_name') }} as declared_operation,
        {{ spanmart.said_field('tool_name') }} as named_tool,
        {{ spanmart.said_field('error_type') }} as declared_error_type,
        spans.exception_type,
        spans.exception_message,
        spans.service_name,
        key_sets.has_context,
        {{ spanmart.same_run_hash(['spans.resource_texts']) }} as resource_hash,
    from spans
    left join key_sets on spans.key_set_no = key_sets.key_set_no

),

-- A span whose keys cannot tell anything of the request, and whose resource is its parent's, has
-- its parent's context.
likely_tellers as {{ spanmart.materialized() }} (

    select
        placed_spans.span_no,
        placed_spans.parent_no,
    from placed_spans
    inner join readings as own on placed_spans.span_no = own.span_no
    left join readings as parents on placed_spans.parent_no = parents.span_no
    where
        own.has_context
        or own.resource_hash is distinct from parents.resource_hash

),

-- Set apart: behind a join that drops rows each lookup would unpack the values again.
said_by_tellers as {{ spanmart.materialized() }} (

    select
        likely_tellers.span_no,
        likely_tellers.parent_no,
        spans.key_set_no,
        spans.said,
        spans.resource_texts,
    from spans
    inner join likely_tellers on spans.span_no = likely_tellers.span_no

),

told as {{ spanmart.materialized() }} (

    select
        said_by_tellers.span_no,
        said_by_tellers.parent_no,
        {% for field in fields %}
        {{ spanmart.said_field(field) }} as {{ field }},
        {% endfor %}
    from said_by_tellers
    left join key_sets on said_by_tellers.key_set_no = key_sets.key_set_no

),

-- Nor has one of its own that says only what its parent says as well: some producers repeat what
-- they know of a request on every span.
tellers as {{ spanmart.materialized() }} (

    select
        own.span_no,
        own.parent_no,
    from told as own
    left join told as parents on own.parent_no = parents.span_no
    where
        own.parent_no is null
        {% for field in fields %}
        or (own.{{ field }} is not null and own.{{ field }} is distinct from parents.{{ field }})
        {% endfor %}

),

-- In most traces the root alone tells: its context is that of all.
traces_of_tellers as (

    select
        placed_spans.trace_id,
        count(*) as teller_count,
        min(tellers.span_no) as root_no,
    from placed_spans
    inner join tellers on placed_spans.span_no = tellers.span_no
    group by placed_spans.trace_id

),

-- A span has the context of its parent, or of the nearest span above that tells.
silent_parents as {{ spanmart.materialized() }} (

    select
        placed_spans.span_no,
        placed_spans.parent_no,
    from placed_spans
    inner join traces_of_tellers on placed_spans.trace_id = traces_of_tellers.trace_id
    where
        traces_of_tellers.teller_count > 1
        and placed_spans.span_no in (select below.parent_no from placed_spans as below)
        and placed_spans.span_no not in (select tellers.span_no from tellers)

),

{{ spanmart.nearest_marked('context', 'silent_parents') }}

contexts_of_spans as (

    select
        placed_spans.*,
        case
            when traces_of_tellers.teller_count = 1 then traces_of_tellers.root_no
            when tellers.span_no is not null then tellers.span_no
            when telling_parents.span_no is not null then telling_parents.span_no
            else context_nearest.marked_no
        end as context_no,
    from placed_spans
    left join traces_of_tellers on placed_spans.trace_id = traces_of_tellers.trace_id
    left join tellers on placed_spans.span_no = tellers.span_no
    left join tellers as telling_parents on placed_spans.parent_no = telling_parents.span_no
    left join context_nearest on placed_spans.parent_no = context_nearest.span_no

),

typed_readings as (

    select
        *,
        {{ spanmart.span_type('declared_type', 'name') }} as span_type,
    from readings

),

typed_spans as (

    select
        contexts_of_spans.span_no,
        contexts_of_spans.parent_no,
        contexts_of_spans.context_no,
        contexts_of_spans.is_orphan,
        contexts_of_spans.is_ring_cut,
        typed_readings.span_type,
        {{ spanmart.operation_name(
            'typed_readings.span_type',
            'typed_readings.name',
            'typed_readings.named_tool',
            'typed_readings.declared_operation'
        ) }} as operation_name,
        coalesce(
            typed_readings.declared_error_type,
            typed_readings.exception_type
        ) as error_type,
        coalesce(
            nullif(typed_readings.status_message, ''),
            typed_readings.exception_message
        ) as error_message_redacted,
        typed_readings.service_name,
    from contexts_of_spans
    inner join typed_readings on contexts_of_spans.span_no = typed_readings.span_no

)

select * from typed_spans
