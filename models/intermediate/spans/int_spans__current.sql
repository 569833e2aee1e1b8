-- One row per span of the touched traces: its newest complete version.
with spans as (

    select * from {{ ref('stg_spans') }}

),

touched_traces as (

    select trace_id from {{ ref('int_traces__touched') }}

),

versions as (

    select
        spans.*,
        -- The order knows nothing of loads, so that any order of loading picks the same version: an
        -- ended span before a running one, then the producer's own version, then the fuller and
        -- later record.
        row_number() over (
            partition by spans.trace_id, spans.span_id
            order by
                spans.end_time_unix_nano is not null desc,
                spans.source_version_at desc nulls last,
                spans.end_time_unix_nano desc nulls last,
                cardinality(spans.attributes) desc,
                spans.record_hash asc
        ) as version_rank,
        count(distinct spans.record_hash) over (
            partition by spans.trace_id, spans.span_id
        ) as version_count,
        max(spans.landed_at) over (
            partition by spans.trace_id, spans.span_id
        ) as last_landed_at,
    from spans
    where spans.trace_id in (select touched_traces.trace_id from touched_traces)

),

current_spans as (

    select
        versions.* exclude (version_rank, landed_at, last_landed_at, load_id),
        versions.last_landed_at as landed_at,
        row_number() over (order by versions.trace_id, versions.span_id) as span_no,
    from versions
    where
        versions.version_rank = 1
        -- Logfire sends a copy of each span at its start, under an id of its own: no span of the
        -- trace.
        and versions.attributes['logfire.span_type'] is distinct from 'pending_span'

)

select * from current_spans
