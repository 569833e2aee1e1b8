{{ config(materialized='table') }}
-- One row per load.
select
    load_id,
    source,
    source_format,
    source_file,
    records_read,
    records_landed,
    records_duplicate,
    records_rejected,
    redactions,
    landed_at,
from {{ source('landing', 'loads') }}
