-- One row per trace, instrumentation scope and attribute that looks like usage and that nothing
-- reads.
with touched_traces as (

    select trace_id from {{ ref('int_traces__touched') }}

),

-- Of every landed version: a name that any of them has is a name that the producer wrote.
spans as {{ spanmart.inlined() }} (

    select
        trace_id,
        span_id,
        scope_name,
        attributes,
        source,
        source_format,
        landed_at,
    from {{ ref('stg_spans') }}
    where
        trace_id in (select touched_traces.trace_id from touched_traces)
        -- Logfire's copies of spans at their start are no spans of the trace.
        and attributes['logfire.span_type'] is distinct from 'pending_span'

),

-- Producers write few different sets of keys: those are searched, and not the spans.
key_lists as {{ spanmart.materialized() }} (

    select distinct {{ spanmart.map_keys('attributes') }} as key_list
    from spans

),

listed_keys as (

    select
        {{ spanmart.same_run_hash(['key_list']) }} as key_set,
        unnest(key_list) as attribute_key,
    from key_lists

),

unmapped_keys as {{ spanmart.materialized() }} (

    select
        key_set,
        attribute_key,
    from listed_keys
    where
        {{ spanmart.looks_like_usage('attribute_key') }}
        and not {{ spanmart.is_never_mapped('attribute_key') }}
        and not {{ spanmart.is_read('attribute_key') }}

),

unmapped_values as (

    select
        spans.trace_id,
        spans.span_id,
        spans.scope_name as instrumentation_scope,
        unmapped_keys.attribute_key,
        spans.attributes[unmapped_keys.attribute_key] as attribute_value,
        spans.source,
        spans.source_format,
        spans.landed_at,
    from spans
    inner join unmapped_keys
        on {{ spanmart.key_set_of('spans.attributes') }} = unmapped_keys.key_set

),

unmapped_attributes as (

    select
        trace_id,
        instrumentation_scope,
        attribute_key,
        count(distinct span_id) as span_count,
        -- Of the values together: what all of them could be.
        case
            when count(attribute_value) = 0 then 'empty'
            when bool_and(try_cast(attribute_value as bigint) is not null) then 'integer'
            when bool_and(try_cast(attribute_value as double) is not null) then 'number'
            when bool_and(attribute_value in ('true', 'false')) then 'boolean'
            when bool_and(starts_with(attribute_value, '{')) then 'object'
            when bool_and(starts_with(attribute_value, '[')) then 'list'
            else 'text'
        end as value_type,
        min(span_id) as example_span_id,
        min(source) as source,
        min(source_format) as source_format,
        max(landed_at) as landed_at,
    from unmapped_values
    group by trace_id, instrumentation_scope, attribute_key

)

select * from unmapped_attributes
