-- One row per artifact, and the span and attribute that refer to it.
with referred_artifacts as (

    select * from {{ ref('int_artifacts__referred') }}

),

retention_classes as (

    select * from {{ ref('stg_retention_classes') }}

),

artifacts as (

    select
        artifact_id,
        privacy_class,
        retention_class,
        -- A class that left the policy ends as the default one does.
        case
            when retention_class in (select known.retention_class from retention_classes as known)
                then retention_class
            else (
                select defaults.retention_class
                from retention_classes as defaults
                where defaults.is_default
            )
        end as class_in_force,
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
        -- The content goes with the last of its references.
        referred_artifacts.landed_at + retention_classes.days * interval 1 day as expires_at,
        referred_artifacts.source,
        referred_artifacts.source_format,
        referred_artifacts.landed_at,
    from referred_artifacts
    left join artifacts on referred_artifacts.artifact_id = artifacts.artifact_id
    left join retention_classes on artifacts.class_in_force = retention_classes.retention_class

)

select * from artifact_references
