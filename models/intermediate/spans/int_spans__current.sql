-- One row per span of the touched traces: its newest complete version, with those values of its
-- attributes that tell of its type, its request and its call.
with spans as {{ spanmart.inlined() }} (

    select * from {{ ref('int_spans__landed') }}

),

touched_traces as (

    select trace_id from {{ ref('int_traces__touched') }}

),

key_sets as (

    select * from {{ ref('int_spans__key_sets') }}

),

repeated_spans as (

    select * from {{ ref('int_spans__repeated') }}

),

-- Values of attributes are read here and nowhere else on the way to a priced call; their keys also
-- by int_spans__key_sets.
said_by_spans as (

    select
        *,
        {{ spanmart.map_values('attributes') }} as all_values,
        {{ spanmart.key_set() }} as key_set,
        {{ spanmart.map_get('attributes', 'logfire.span_type') }} as logfire_type,
        {{ spanmart.attribute('service_name') }} as service_name,
        cast([
            {% for reading in spanmart.readings_of(spanmart.said_fields(), is_resource=true) %}
            cast({{ spanmart.first_attribute(reading) }} as varchar),
            {% endfor %}
        ] as varchar[]) as resource_texts,
        case
            when len(events) > 0
                then list_filter(events, lambda event: event.name = 'exception')[-1].attributes
        end as exception_attributes,
    from spans
    where trace_id in (select touched_traces.trace_id from touched_traces)

),

-- Before anything joins or filters rows away: behind that, DuckDB unpacks a list again for each
-- lookup.
kept_values as (

    select
        spans.*,
        key_sets.key_set_no,
        {{ spanmart.values_at('spans.all_values', 'key_sets.kept_places') }} as said,
    from said_by_spans as spans
    left join key_sets on spans.key_set = key_sets.key_set

),

current_spans as (

    select
        spans.row_no as span_no,
        spans.trace_id,
        spans.span_id,
        spans.parent_span_id,
        spans.name,
        spans.kind,
        spans.start_time_unix_nano,
        spans.end_time_unix_nano,
        spans.status_code,
        spans.status_message,
        spans.scope_name,
        spans.scope_version,
        spans.trace_state,
        spans.record_kind,
        spans.redaction_count,
        spans.source,
        spans.source_format,
        coalesce(repeated_spans.last_landed_at, spans.landed_at) as landed_at,
        coalesce(repeated_spans.version_count, 1) as version_count,
        spans.service_name,
        {{ spanmart.map_get('spans.exception_attributes', 'exception.type') }} as exception_type,
        {{ spanmart.map_get('spans.exception_attributes', 'exception.message') }}
            as exception_message,
        spans.resource_texts,
        spans.key_set_no,
        spans.said,
    from kept_values as spans
    left join repeated_spans
        on spans.trace_id = repeated_spans.trace_id and spans.span_id = repeated_spans.span_id
    where
        {{ spanmart.is_current_version('spans', 'repeated_spans') }}
        -- Logfire sends a copy of each span at its start, under an id of its own: no span of the
        -- trace.
        and spans.logfire_type is distinct from 'pending_span'
        and spans.record_kind is distinct from 'deleted'

)

select * from current_spans
