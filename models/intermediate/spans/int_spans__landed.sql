-- One row per version of a span that may stand for it: a landed record, or what the parts of a
-- record say together. A view: where nothing came in parts, it is stg_spans.
{{ config(materialized='view') }}
{%- set columns = [
    'trace_id', 'span_id', 'parent_span_id', 'trace_state', 'name', 'kind', 'start_time_unix_nano',
    'end_time_unix_nano', 'status_code', 'status_message', 'scope_name', 'scope_version',
    'resource_attributes', 'attributes', 'events', 'links', 'record_kind', 'artifact_refs',
    'redaction_count', 'record_hash', 'source', 'source_format', 'source_version_at', 'load_id',
    'landed_at', 'row_no',
] %}
with spans as {{ spanmart.inlined() }} (

    select * from {{ ref('stg_spans') }}

),

merged_spans as (

    select * from {{ ref('int_spans__merged') }}

),

landed_spans as (

    select
        {{ columns | join(',\n        ') }},
        attribute_keys,
        resource_hash,
    from spans
    where record_kind is distinct from 'partial' and attribute_keys is not null
    union all
    -- What landed before the loaders wrote these two columns. Nothing is read where all have them.
    select
        {{ columns | join(',\n        ') }},
        {{ spanmart.joined_keys('attributes') }} as attribute_keys,
        {{ spanmart.stable_hash(spanmart.map_text('resource_attributes')) }} as resource_hash,
    from spans
    where record_kind is distinct from 'partial' and attribute_keys is null
    union all
    select
        {{ columns | join(',\n        ') }},
        {{ spanmart.joined_keys('attributes') }} as attribute_keys,
        {{ spanmart.stable_hash(spanmart.map_text('resource_attributes')) }} as resource_hash,
    from merged_spans

)

select * from landed_spans
