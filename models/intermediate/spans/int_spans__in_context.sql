-- One row per span of the touched traces: typed, timed, and with the context that it has or
-- inherits. A view: each reader takes the few columns that it needs, and nothing is stored twice.
{{ config(materialized='view') }}

with spans as (

    select * from {{ ref('int_spans__current') }}

),

typed_spans as (

    select * from {{ ref('int_spans__typed') }}

),

contexts as (

    select * from {{ ref('int_contexts__inherited') }}

),

producers as (

    select * from {{ ref('int_spans__producers') }}

),

spans_in_context as (

    select
        spans.span_no,
        typed_spans.parent_no,
        spans.trace_id,
        spans.span_id,
        typed_spans.is_orphan,
        typed_spans.is_ring_cut,
        spans.name,
        typed_spans.span_type,
        typed_spans.operation_name,
        spans.start_time_unix_nano,
        spans.end_time_unix_nano,
        {{ spanmart.nanos_to_timestamp('spans.start_time_unix_nano') }} as started_at,
        {{ spanmart.nanos_to_timestamp('spans.end_time_unix_nano') }} as ended_at,
        -- Exported durations are milliseconds in one version and seconds in the next: only the two
        -- ends are believed.
        (spans.end_time_unix_nano - spans.start_time_unix_nano) / 1e6 as duration_ms,
        spans.status_code as span_status,
        typed_spans.error_type,
        spans.error_message_redacted,
        producers.service_name,
        producers.scope_name as instrumentation_scope,
        producers.scope_version as instrumentation_scope_version,
        producers.source,
        producers.source_format,
        spans.landed_at,
        {% for field in spanmart.context_fields() %}
        {% if field == 'workload_class' %}
        -- Below what is followed of a tree nothing is inherited.
        coalesce(contexts.workload_class, 'production') as workload_class,
        {% else %}
        contexts.{{ field }},
        {% endif %}
        {% endfor %}
        spans.version_count,
    from spans
    inner join typed_spans on spans.span_no = typed_spans.span_no
    left join producers on spans.producer_no = producers.producer_no
    left join contexts on typed_spans.context_no = contexts.context_no

)

select * from spans_in_context
