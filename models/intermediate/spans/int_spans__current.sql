-- One row per span of the touched traces: its newest complete version, with those values of its
-- attributes that tell of its type, its request and its call.
{%- set keys = [('step', 'step', 'name'), ('content', 'context', 'resource_no')] %}
with spans as {{ spanmart.inlined() }} (

    select * from {{ ref('int_spans__landed') }}

),

key_sets as (

    select * from {{ ref('int_spans__key_sets') }}

),

producers as (

    select
        producer_key,
        producer_no,
        resource_no,
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

),

-- Before anything joins or filters rows away: behind that, DuckDB unpacks a list again for each
-- lookup.
kept_values as (

    select
        spans.*,
        producers.producer_no,
        producers.resource_no,
        key_sets.* exclude (key_set),
        {{ spanmart.known_texts(spanmart.values_at('spans.all_values', 'key_sets.kept_places')) }}
            as said,
        spans.all_values[key_sets.logfire_type_place] as logfire_type,
    from said_by_spans as spans
    left join key_sets on spans.key_set = key_sets.key_set
    left join producers on spans.producer_key = producers.producer_key

),

read_spans as (

    select
        *,
        -- All that may tell of the step, and of the request: the values, which names they have, and
        -- what stands beside them.
        {% for key, group, beside in keys %}
        {{ spanmart.same_run_hash(
            [beside, group ~ '_keys', spanmart.values_at('said', 'places_of_' ~ group)]
            + spanmart.json_members(group, 'said', 'kept_values')
        ) }} as {{ key }}_key,
        {% endfor %}
    from kept_values

),

current_spans as (

    select
        spans.row_no as span_no,
        spans.trace_id,
        spans.span_id,
        {{ spanmart.same_run_hash(['spans.trace_id']) }} as trace_key,
        {{ spanmart.same_run_hash(['spans.span_id']) }} as span_key,
        case
            when spans.parent_span_id is not null
                then {{ spanmart.same_run_hash(['spans.parent_span_id']) }}
        end as parent_key,
        spans.name,
        spans.start_time_unix_nano,
        spans.end_time_unix_nano,
        spans.status_code,
        {{ spanmart.map_get('spans.exception_attributes', 'exception.type') }} as exception_type,
        coalesce(
            nullif(spans.status_message, ''),
            {{ spanmart.map_get('spans.exception_attributes', 'exception.message') }}
        ) as error_message_redacted,
        spans.record_kind,
        coalesce(repeated_spans.last_landed_at, spans.landed_at) as landed_at,
        coalesce(repeated_spans.version_count, 1) as version_count,
        spans.producer_no,
        spans.key_set_no,
        spans.step_key,
        spans.content_key,
        spans.said,
    from read_spans as spans
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
