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
with spans as (

    select * from {{ ref('stg_spans') }}

),

merged_spans as (

    select * from {{ ref('int_spans__merged') }}

),

landed_spans as (

    select
        {{ columns | join(',\n        ') }},
    from spans
    where record_kind is distinct from 'partial'
    union all
    select
        {{ columns | join(',\n        ') }},
    from merged_spans

)

select * from landed_spans
