-- One row per span of the touched traces that landed more than once: which record stands for it.
with spans as {{ spanmart.inlined() }} (

    select * from {{ ref('int_spans__landed') }}

),

-- Few spans land more than once: which do is found out on a hash of their ids, and only those are
-- compared, by the ids themselves.
repeated_keys as {{ spanmart.materialized() }} (

    select {{ spanmart.same_run_hash(['spans.trace_id', 'spans.span_id']) }} as span_key
    from spans
    group by 1
    having count(*) > 1

),

-- The order knows nothing of loads, so that any order of loading picks the same version: an ended
-- span before a running one, then the producer's own version, then the later end.
ranked_versions as {{ spanmart.materialized() }} (

    select
        spans.trace_id,
        spans.span_id,
        spans.record_hash,
        spans.load_id,
        spans.landed_at as version_landed_at,
        max(spans.landed_at) over (partition by spans.trace_id, spans.span_id) as last_landed_at,
        rank() over (
            partition by spans.trace_id, spans.span_id
            order by
                spans.end_time_unix_nano is not null desc,
                spans.source_version_at desc nulls last,
                spans.end_time_unix_nano desc nulls last
        ) as version_rank,
    from spans
    inner join repeated_keys
        on
            {{ spanmart.same_run_hash(['spans.trace_id', 'spans.span_id']) }}
            = repeated_keys.span_key
    qualify count(*) over (partition by spans.trace_id, spans.span_id) > 1

),

version_counts as (

    select
        trace_id,
        span_id,
        count(distinct record_hash) as version_count,
    from ranked_versions
    group by trace_id, span_id

),

versions as {{ spanmart.materialized() }} (

    select
        ranked_versions.* exclude (version_rank),
        version_counts.version_count,
    from ranked_versions
    inner join version_counts
        on
            ranked_versions.trace_id = version_counts.trace_id
            and ranked_versions.span_id = version_counts.span_id
    where ranked_versions.version_rank = 1

),

-- Which record is fuller is seldom asked, and costs a reading of all attributes.
undecided_ids as (

    select
        trace_id,
        span_id,
    from versions
    group by trace_id, span_id
    having min(record_hash) <> max(record_hash)

),

attribute_counts as (

    select
        spans.trace_id,
        spans.span_id,
        spans.record_hash,
        max(cardinality(spans.attributes)) as attribute_count,
    from spans
    inner join undecided_ids
        on spans.trace_id = undecided_ids.trace_id and spans.span_id = undecided_ids.span_id
    group by spans.trace_id, spans.span_id, spans.record_hash

),

-- Of the same record landed twice it is all one which stands.
best_versions as (

    select versions.*
    from versions
    left join attribute_counts
        on
            versions.trace_id = attribute_counts.trace_id
            and versions.span_id = attribute_counts.span_id
            and versions.record_hash = attribute_counts.record_hash
    qualify row_number() over (
        partition by versions.trace_id, versions.span_id
        order by
            attribute_counts.attribute_count desc,
            versions.record_hash asc,
            versions.version_landed_at asc,
            versions.load_id asc
    ) = 1

)

select * from best_versions
