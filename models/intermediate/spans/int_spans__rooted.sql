-- One row per span: its place in the tree, with broken links mended.
{%- set hops = spanmart.ancestor_hops() %}
with spans as {{ spanmart.inlined() }} (

    select * from {{ ref('int_spans__current') }}

),

-- What a source knows of a trace apart from its spans (Langfuse's trace, the OpenAI agents' trace):
-- the parent of the spans that have none.
trace_records as (

    select
        trace_key,
        min(span_no) as span_no,
    from spans
    where record_kind = 'trace'
    group by trace_key

),

linked_spans as (

    select
        spans.span_no,
        spans.trace_key,
        -- A span that names itself as its parent is a root.
        case
            when spans.parent_key is null and spans.record_kind is null
                then trace_records.span_no
            when parents.span_no <> spans.span_no then parents.span_no
        end as parent_no,
        spans.parent_key is not null and parents.span_no is null as is_orphan,
        coalesce(spans.start_time_unix_nano, 0) as start_nano,
        coalesce(parents.start_time_unix_nano, 0)
        >= coalesce(spans.start_time_unix_nano, 0) as is_parent_not_earlier,
    from spans
    left join spans as parents
        -- Two hashes of 64 bits each for two ids of 128 and 64: numbers join faster than texts.
        on spans.trace_key = parents.trace_key and spans.parent_key = parents.span_key
    left join trace_records on spans.trace_key = trace_records.trace_key

),

-- A ring of parents needs a link to a parent that did not start earlier, which few traces have:
-- only those are searched.
suspicious_traces as (

    select distinct trace_key
    from linked_spans
    where parent_no is not null and is_parent_not_earlier

),

-- Spans are sorted by start, ties by id; what the cut below picks does not depend on the order of
-- landing.
suspects as (

    select
        linked_spans.span_no,
        spans.span_id,
        linked_spans.parent_no,
        linked_spans.start_nano,
    from linked_spans
    inner join suspicious_traces on linked_spans.trace_key = suspicious_traces.trace_key
    inner join spans on linked_spans.span_no = spans.span_no

),

-- The earliest of the next 1, 2, 4, … ancestors by doubling. In a ring the first span of all meets
-- itself.
suspects_1 as {{ spanmart.materialized() }} (

    select
        suspects.span_no,
        suspects.span_id,
        suspects.parent_no as ancestor_no,
        parents.start_nano as earliest_nano,
        parents.span_id as earliest_id,
    from suspects
    left join suspects as parents on suspects.parent_no = parents.span_no

),
{% for hop in hops %}
suspects_{{ hop * 2 }} as {{ spanmart.materialized() }} (

    select
        near.span_no,
        near.span_id,
        far.ancestor_no,
        case
            when (far.earliest_nano, far.earliest_id) < (near.earliest_nano, near.earliest_id)
                then far.earliest_nano
            else near.earliest_nano
        end as earliest_nano,
        case
            when (far.earliest_nano, far.earliest_id) < (near.earliest_nano, near.earliest_id)
                then far.earliest_id
            else near.earliest_id
        end as earliest_id,
    from suspects_{{ hop }} as near
    left join suspects_{{ hop }} as far on near.ancestor_no = far.span_no

),
{% endfor %}
ring_heads as (

    select span_no
    from suspects_{{ hops[-1] * 2 }}
    where span_id = earliest_id and ancestor_no is not null

),

rooted as (

    select
        linked_spans.span_no,
        linked_spans.trace_key,
        case when ring_heads.span_no is null then linked_spans.parent_no end as parent_no,
        linked_spans.is_orphan,
        ring_heads.span_no is not null as is_ring_cut,
    from linked_spans
    left join ring_heads on linked_spans.span_no = ring_heads.span_no

)

select * from rooted
