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

producers as (

    select
        producer_key,
        producer_no,
    from {{ ref('int_spans__producers') }}

),

repeated_spans as (

    select * from {{ ref('int_spans__repeated') }}

),

-- Values of attributes are read here and nowhere else on the way to a priced call.
said_by_spans as (

    select
        spans.*,
        {{ spanmart.map_values('attributes') }} as all_values,
        {{ spanmart.key_set() }} as key_set,
        {{ spanmart.producer_key() }} as producer_key,
        case
            when len(events) > 0
                then list_filter(events, lambda event: event.name = 'exception')[-1].attributes
        end as exception_attributes,
    from spans
    -- Not `in`: see stg_spans.
    inner join touched_traces on spans.trace_id = touched_traces.trace_id

),

-- Before anything joins or filters rows away: behind that, DuckDB unpacks a list again for each
-- lookup.
kept_values as (

    select
        spans.*,
        key_sets.key_set_no,
        producers.producer_no,
        {{ spanmart.known_texts(spanmart.values_at('spans.all_values', 'key_sets.kept_places')) }}
            as said,
        spans.all_values[key_sets.logfire_type_place] as logfire_type,
    from said_by_spans as spans
    left join key_sets on spans.key_set = key_sets.key_set
    left join producers on spans.producer_key = producers.producer_key

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
        spans.trace_state,
        spans.record_kind,
        spans.redaction_count,
        coalesce(repeated_spans.last_landed_at, spans.landed_at) as landed_at,
        coalesce(repeated_spans.version_count, 1) as version_count,
        {{ spanmart.map_get('spans.exception_attributes', 'exception.type') }} as exception_type,
        {{ spanmart.map_get('spans.exception_attributes', 'exception.message') }}
            as exception_message,
        spans.producer_no,
        spans.key_set_no,
        spans.said,
    from kept_values as spans
    left join repeated_spans
        on spans.trace_id = repeated_spans.trace_id and spans.span_id = repeated_spans.span_id
    where
        -- One condition, which cannot be looked at before the join (see stg_spans).
        case
            -- Logfire sends a copy of each span at its start, under an id of its own: no span of
            -- the trace.
            when spans.logfire_type = 'pending_span' then false
            when spans.record_kind = 'deleted' then false
            else {{ spanmart.is_current_version('spans', 'repeated_spans') }}
        end

)

select * from current_spans
