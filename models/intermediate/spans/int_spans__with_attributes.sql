-- One row per span of the touched traces: as in int_spans__in_context, with all of its attributes
-- and events. A view.
{{ config(materialized='view') }}

with spans as (

    select * from {{ ref('int_spans__in_context') }}

),

attributes_of_spans as (

    select * from {{ ref('int_spans__attributes') }}

),

spans_with_attributes as (

    select
        spans.*,
        attributes_of_spans.parent_span_id,
        attributes_of_spans.trace_state,
        attributes_of_spans.attributes,
        attributes_of_spans.resource_attributes,
        attributes_of_spans.events,
        attributes_of_spans.artifact_refs,
    from spans
    inner join attributes_of_spans on spans.span_no = attributes_of_spans.span_no

)

select * from spans_with_attributes
