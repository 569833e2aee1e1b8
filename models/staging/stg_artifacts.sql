-- One row per artifact.
with artifacts as (

    select * from {{ source('landing', 'artifacts') }}

),

loads as (

    select load_id from {{ ref('stg_loads') }}

)

select
    artifacts.artifact_id,
    min(artifacts.artifact_kind) as artifact_kind,
    min(artifacts.content) as content,
    min(artifacts.bytes) as bytes,
    max(artifacts.redaction_count) as redaction_count,
    min(artifacts.privacy_class) as privacy_class,
    arg_min(artifacts.retention_class, artifacts.landed_at) as retention_class,
    min(artifacts.landed_at) as landed_at,
    -- Content that expired may land again with a new record.
    case when min(artifacts.content) is null then max(artifacts.deleted_at) end as deleted_at,
    case
        when min(artifacts.content) is null then max(artifacts.deletion_reason)
    end as deletion_reason,
from artifacts
where artifacts.load_id in (select loads.load_id from loads)
group by artifacts.artifact_id
