-- One row per span of the touched traces: what kind of step it is, where it stands, and whose
-- context holds for it. A view.
{{ config(materialized='view') }}

with spans as (

    select * from {{ ref('int_spans__current') }}

),

placed_spans as (

    select * from {{ ref('int_spans__rooted') }}

),

steps as (

    select * from {{ ref('int_steps__typed') }}

),

contexts_of_traces as (

    select * from {{ ref('int_contexts__of_traces') }}

),

contexts_of_spans as (

    select * from {{ ref('int_contexts__of_spans') }}

),

typed_spans as (

    select
        spans.span_no,
        placed_spans.parent_no,
        coalesce(contexts_of_traces.context_no, contexts_of_spans.context_no) as context_no,
        placed_spans.is_orphan,
        placed_spans.is_ring_cut,
        steps.span_type,
        steps.operation_name,
        coalesce(steps.error_type, spans.exception_type) as error_type,
    from spans
    inner join placed_spans on spans.span_no = placed_spans.span_no
    inner join steps on spans.step_key = steps.step_key
    left join contexts_of_traces on spans.trace_key = contexts_of_traces.trace_key
    left join contexts_of_spans on spans.span_no = contexts_of_spans.span_no

)

select * from typed_spans
