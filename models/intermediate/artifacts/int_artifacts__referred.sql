-- One row per span of the touched traces, attribute and artifact.
with spans as (

    select * from {{ ref('int_spans__current') }}

),

producers as (

    select * from {{ ref('int_spans__producers') }}

),

attributes_of_spans as (

    select
        span_no,
        artifact_refs,
    from {{ ref('int_spans__attributes') }}
    where len(artifact_refs) > 0

),

log_records as (

    select * from {{ ref('stg_log_records') }}

),

span_references as (

    select
        spans.trace_id,
        spans.span_id,
        producers.source,
        producers.source_format,
        spans.landed_at,
        unnest(attributes_of_spans.artifact_refs) as reference,
    from spans
    inner join attributes_of_spans on spans.span_no = attributes_of_spans.span_no
    left join producers on spans.producer_no = producers.producer_no

),

-- Content that a producer keeps off its spans: the log record names the span that it belongs to.
log_references as (

    select distinct
        trace_id,
        span_id,
        source,
        source_format,
        landed_at,
        unnest(artifact_refs) as reference,
    from log_records
    where trace_id in (select spans.trace_id from spans)

),

all_references as (

    select * from span_references
    union all
    select * from log_references

),

referred_artifacts as (

    select
        trace_id,
        span_id,
        reference.artifact_id,
        reference.attribute_key,
        min(reference.artifact_kind) as artifact_kind,
        max(reference.bytes) as bytes,
        max(reference.redaction_count) as redaction_count,
        min(source) as source,
        min(source_format) as source_format,
        max(landed_at) as landed_at,
    from all_references
    group by trace_id, span_id, reference.artifact_id, reference.attribute_key

)

select * from referred_artifacts
