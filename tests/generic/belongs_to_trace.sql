{#- Every row's trace is a row of request_trace. Without `trace_id` in the answer a NULL would pass: it fails here. -#}
{% test belongs_to_trace(model) %}
select
    facts.trace_id,
    count(*) as row_count,
from {{ model }} as facts
left join {{ ref('spanmart', 'request_trace') }} as traces on facts.trace_id = traces.trace_id
where traces.trace_id is null
group by facts.trace_id
{% endtest %}
