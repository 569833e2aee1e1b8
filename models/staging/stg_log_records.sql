-- One row per landed log record.
with log_records as (

    select * from {{ source('landing', 'log_records') }}

),

loads as (

    select load_id from {{ ref('stg_loads') }}

)

select
    log_records.trace_id,
    log_records.span_id,
    log_records.event_name,
    log_records.time_unix_nano,
    log_records.attributes,
    log_records.artifact_refs,
    log_records.redaction_count,
    log_records.record_hash,
    log_records.source,
    log_records.source_format,
    log_records.load_id,
    log_records.landed_at,
from log_records
where log_records.load_id in (select loads.load_id from loads)
