-- One row per span of the touched traces: its newest complete version.
with spans as {{ spanmart.inlined() }} (

    select * from {{ ref('stg_spans') }}

),

touched_traces as (

    select trace_id from {{ ref('int_traces__touched') }}

),

-- Few spans land more than once: which do is found out on their ids alone, and only those are
-- compared.
landed_ids as (

    select
        trace_id,
        span_id,
        count(*) as record_count,
        max(landed_at) as last_landed_at,
    from spans
    where trace_id in (select touched_traces.trace_id from touched_traces)
    group by trace_id, span_id

),

numbered_ids as {{ spanmart.materialized() }} (

    select
        *,
        row_number() over (order by trace_id, span_id) as span_no,
    from landed_ids

),

versions as {{ spanmart.materialized() }} (

    select
        numbered_ids.span_no,
        spans.end_time_unix_nano,
        spans.source_version_at,
        cardinality(spans.attributes) as attribute_count,
        spans.record_hash,
        spans.load_id,
        spans.landed_at,
    from spans
    inner join numbered_ids
        on spans.trace_id = numbered_ids.trace_id and spans.span_id = numbered_ids.span_id
    where numbered_ids.record_count > 1

),

version_counts as (

    select
        span_no,
        count(distinct record_hash) as version_count,
    from versions
    group by span_no

),

best_versions as (

    select
        versions.span_no,
        versions.record_hash,
        versions.load_id,
        versions.landed_at,
        version_counts.version_count,
    from versions
    inner join version_counts on versions.span_no = version_counts.span_no
    -- The order knows nothing of loads, so that any order of loading picks the same version: an
    -- ended span before a running one, then the producer's own version, then the fuller and later
    -- record. Of the same record landed twice it is all one which stands.
    qualify row_number() over (
        partition by versions.span_no
        order by
            versions.end_time_unix_nano is not null desc,
            versions.source_version_at desc nulls last,
            versions.end_time_unix_nano desc nulls last,
            versions.attribute_count desc,
            versions.record_hash asc,
            versions.landed_at asc,
            versions.load_id asc
    ) = 1

),

numbered_versions as (

    select
        numbered_ids.*,
        best_versions.record_hash,
        best_versions.load_id,
        best_versions.landed_at,
        coalesce(best_versions.version_count, 1) as version_count,
    from numbered_ids
    left join best_versions on numbered_ids.span_no = best_versions.span_no

),

current_spans as (

    select
        spans.* exclude (landed_at, load_id),
        numbered_versions.version_count,
        numbered_versions.last_landed_at as landed_at,
        numbered_versions.span_no,
    from spans
    inner join numbered_versions
        on
            spans.trace_id = numbered_versions.trace_id
            and spans.span_id = numbered_versions.span_id
    where
        -- A load holds a record once.
        (
            numbered_versions.record_count = 1
            or (
                spans.record_hash = numbered_versions.record_hash
                and spans.load_id is not distinct from numbered_versions.load_id
                and spans.landed_at is not distinct from numbered_versions.landed_at
            )
        )
        -- Logfire sends a copy of each span at its start, under an id of its own: no span of the
        -- trace.
        and spans.attributes['logfire.span_type'] is distinct from 'pending_span'

)

select * from current_spans
