-- One row per version of a span of the touched traces that may stand for it: a landed record, or
-- what the parts of a record say together. A view: a first build reads stg_spans.
{{ config(materialized='view') }}
{%- set built_traces = spanmart.built_relation('request_trace') %}
{%- set columns = [
    'trace_id', 'span_id', 'parent_span_id', 'trace_state', 'name', 'kind', 'start_time_unix_nano',
    'end_time_unix_nano', 'status_code', 'status_message', 'scope_name', 'scope_version',
    'resource_attributes', 'attributes', 'events', 'links', 'record_kind', 'artifact_refs',
    'redaction_count', 'record_hash', 'source', 'source_format', 'source_version_at', 'load_id',
    'landed_at', 'row_no',
] %}
with touched_traces as ( -- noqa: ST03, as dbt must know of the ref before any table is built

    select trace_id from {{ ref('int_traces__touched') }}

),

-- A first build touches every trace, and has nothing to look up. Not `in`: see stg_spans.
spans as (

    select landed_spans.*
    from {{ ref('stg_spans') }} as landed_spans
    {% if built_traces %}
    inner join touched_traces on landed_spans.trace_id = touched_traces.trace_id
    {% endif %}

),

-- The same once more: DuckDB keeps a view without its word on how to read a CTE, and one that is
-- read twice it would make whole.
older_spans as (

    select landed_spans.*
    from {{ ref('stg_spans') }} as landed_spans
    {% if built_traces %}
    inner join touched_traces on landed_spans.trace_id = touched_traces.trace_id
    {% endif %}

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
    from older_spans
    where record_kind is distinct from 'partial' and attribute_keys is null
    union all
    select
        {{ columns | join(',\n        ') }},
        {{ spanmart.joined_keys('attributes') }} as attribute_keys,
        {{ spanmart.stable_hash(spanmart.map_text('resource_attributes')) }} as resource_hash,
    from merged_spans

)

select * from landed_spans
