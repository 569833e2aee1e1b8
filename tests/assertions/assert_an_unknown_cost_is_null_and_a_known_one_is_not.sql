-- The status of a cost and the cost itself say the same; only a trace that called nothing cost
-- nothing without a price.
with costs as (

    select
        'request_trace' as fact,
        trace_id,
        span_id,
        cost_usd,
        cost_status,
        cost_status in ('priced', 'partial', 'no_calls') as is_cost_due,
    from {{ ref('request_trace') }}
    {% if var('cost_basis') == 'computed' %}
    {% for fact in ['model_span', 'embedding_span', 'rerank_span'] %}
    union all
    select
        '{{ fact }}' as fact,
        trace_id,
        span_id,
        cost_usd,
        cost_status,
        cost_status = 'priced'
        {%- if var('count_partial_costs') %} or cost_status = 'partial'{% endif %} as is_cost_due,
    from {{ ref(fact) }}
    {% endfor %}
    {% endif %}

),

contradictions as (

    select * from costs
    where is_cost_due <> (cost_usd is not null) or cost_usd < 0

)

select * from contradictions
