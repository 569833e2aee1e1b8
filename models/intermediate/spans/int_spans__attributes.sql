-- One row per span of the touched traces: all that it says beside what leads to a priced
-- call: its attributes and events, what it refers to, the names of its parent and of its sampling.
with landed_spans as {{ spanmart.inlined() }} (

    select * from {{ ref('int_spans__landed') }}

),

spans as (

    select * from {{ ref('int_spans__current') }}

),

repeated_spans as (

    select * from {{ ref('int_spans__repeated') }}

),

attributes_of_spans as (

    select
        spans.span_no,
        landed_spans.parent_span_id,
        landed_spans.trace_state,
        landed_spans.attributes,
        landed_spans.resource_attributes,
        landed_spans.events,
        landed_spans.artifact_refs,
    from landed_spans
    inner join spans
        on landed_spans.trace_id = spans.trace_id and landed_spans.span_id = spans.span_id
    left join repeated_spans
        on
            landed_spans.trace_id = repeated_spans.trace_id
            and landed_spans.span_id = repeated_spans.span_id
    where {{ spanmart.is_current_version('landed_spans', 'repeated_spans') }}

)

select * from attributes_of_spans
