-- One row per span of the touched traces that its source tells in parts (one when it begins, one
-- when it ends): all that its parts say.
{%- set columns = {
    'parent_span_id': 'parent_span_id', 'trace_state': 'trace_state', 'name': "nullif(name, '')",
    'kind': "nullif(kind, 'unspecified')", 'start_time_unix_nano': 'start_time_unix_nano',
    'end_time_unix_nano': 'end_time_unix_nano', 'status_code': "nullif(status_code, 'unset')",
    'status_message': 'status_message', 'scope_name': 'scope_name', 'scope_version': 'scope_version',
} %}
with spans as {{ spanmart.inlined() }} (

    select * from {{ ref('stg_spans') }}

),

touched_traces as (

    select trace_id from {{ ref('int_traces__touched') }}

),

-- The same part may have landed more than once.
parts as {{ spanmart.materialized() }} (

    select * from spans
    where
        record_kind = 'partial'
        and trace_id in (select touched_traces.trace_id from touched_traces)
    qualify row_number() over (
        partition by trace_id, span_id, record_hash
        order by landed_at, load_id
    ) = 1

),

-- The order knows nothing of loads: what came later at the source wins, field by field.
ordered_parts as {{ spanmart.materialized() }} (

    select
        *,
        row_number() over (
            partition by trace_id, span_id
            order by
                source_version_at asc nulls first,
                end_time_unix_nano asc nulls first,
                record_hash asc
        ) as part_no,
    from parts

),

said as (

    select
        trace_id,
        span_id,
        part_no,
        unnest(map_entries(attributes)) as entry,
    from ordered_parts

),

maps_of_spans as (

    select
        trace_id,
        span_id,
        map_from_entries(list({ 'key': attribute_key, 'value': value } order by attribute_key))
            as attributes,
    from (
        select
            trace_id,
            span_id,
            entry.key as attribute_key,
            arg_max(entry.value, part_no) as value,
        from said
        group by trace_id, span_id, entry.key
    ) as newest_values
    group by trace_id, span_id

),

attributes_of_spans as (

    select
        *,
        {{ spanmart.map_get('attributes', 'spanmart.record.is_deleted') }} as is_deleted,
        {{ spanmart.map_get('attributes', 'spanmart.record.kind') }} as kind,
    from maps_of_spans

),

references_of_parts as (

    select
        trace_id,
        span_id,
        part_no,
        unnest(artifact_refs) as reference,
    from ordered_parts

),

references_of_spans as (

    select
        trace_id,
        span_id,
        list(reference order by attribute_key) as artifact_refs,
    from (
        select
            trace_id,
            span_id,
            reference.attribute_key,
            arg_max(reference, part_no) as reference,
        from references_of_parts
        group by trace_id, span_id, reference.attribute_key
    ) as newest_references
    group by trace_id, span_id

),

spans_of_parts as (

    select
        trace_id,
        span_id,
        {% for name, value in columns.items() %}
        arg_max({{ value }}, part_no) as {{ name }},
        {% endfor %}
        arg_max(
            case when cardinality(resource_attributes) > 0 then resource_attributes end, part_no
        ) as resource_attributes,
        arg_max(case when len(events) > 0 then events end, part_no) as events,
        arg_max(case when len(links) > 0 then links end, part_no) as links,
        sum(redaction_count) as redaction_count,
        {{ spanmart.stable_hash("string_agg(record_hash, ' ' order by part_no)") }} as record_hash,
        max(source) as source,
        max(source_format) as source_format,
        max(source_version_at) as source_version_at,
        arg_max(load_id, landed_at) as load_id,
        max(landed_at) as landed_at,
    from ordered_parts
    group by trace_id, span_id

),

merged_spans as (

    select
        spans_of_parts.* exclude (landed_at),
        attributes_of_spans.attributes,
        references_of_spans.artifact_refs,
        spans_of_parts.landed_at,
        -- Some sources say of a record that it was deleted.
        case
            when attributes_of_spans.is_deleted = 'true' then 'deleted'
            else attributes_of_spans.kind
        end as record_kind,
        -- Below every number of a landed row.
        -row_number() over (order by spans_of_parts.trace_id, spans_of_parts.span_id) as row_no,
    from spans_of_parts
    left join attributes_of_spans
        on
            spans_of_parts.trace_id = attributes_of_spans.trace_id
            and spans_of_parts.span_id = attributes_of_spans.span_id
    left join references_of_spans
        on
            spans_of_parts.trace_id = references_of_spans.trace_id
            and spans_of_parts.span_id = references_of_spans.span_id

)

select * from merged_spans
