-- One row per artifact, and the span and attribute that refer to it.
with referred_artifacts as (

    select * from {{ ref('int_artifacts__referred') }}

),

artifacts as (

    select
        artifact_id,
        privacy_class,
        retention_class,
    from {{ ref('stg_artifacts') }}

),

artifact_references as (

    select
        {{ spanmart.stable_hash(
            "referred_artifacts.trace_id || '/' || coalesce(referred_artifacts.span_id, '') || '/' "
            ~ "|| referred_artifacts.attribute_key || '/' || referred_artifacts.artifact_id"
        ) }} as artifact_reference_id,
        referred_artifacts.trace_id,
        referred_artifacts.span_id,
        referred_artifacts.artifact_id,
        referred_artifacts.attribute_key,
        referred_artifacts.artifact_kind,
        referred_artifacts.bytes,
        artifacts.privacy_class,
        artifacts.retention_class,
        referred_artifacts.redaction_count,
        -- No retention period is set for any class yet, so nothing expires by itself.
        cast(null as timestamp) as expires_at,
        referred_artifacts.source,
        referred_artifacts.source_format,
        referred_artifacts.landed_at,
    from referred_artifacts
    left join artifacts on referred_artifacts.artifact_id = artifacts.artifact_id

)

select * from artifact_references
