-- One row per span of the touched traces: all of its attributes and events, and what it refers to.
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
