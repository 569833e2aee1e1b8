-- Whatever has landed is a row of request_trace, however odd its tree is. Copies that a producer
-- sends of spans which have only begun are no spans (int_spans__current).
with spans as (

    select * from {{ ref('stg_spans') }}

),

traces as (

    select * from {{ ref('request_trace') }}

),

-- Nothing may be left of a trace whose source took back a record.
deleted_spans as (

    select trace_id from spans
    where
        record_kind = 'deleted'
        or (
            record_kind = 'partial'
            and {{ spanmart.map_get('attributes', 'spanmart.record.is_deleted') }} = 'true'
        )

),

lost_traces as (

    select
        spans.trace_id,
        min(spans.source) as source,
        count(*) as landed_record_count,
    from spans
    left join traces on spans.trace_id = traces.trace_id
    where
        traces.trace_id is null
        and {{ spanmart.map_get('spans.attributes', 'logfire.span_type') }}
        is distinct from 'pending_span'
        and spans.trace_id not in (select deleted_spans.trace_id from deleted_spans)
    group by spans.trace_id

)

select * from lost_traces
