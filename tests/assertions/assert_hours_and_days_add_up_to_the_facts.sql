-- However time is cut, the sum is the same: the hours of a day, the day, and the calls of the
-- traces that began on it, counted from the facts of each kind of call and not from what the marts
-- are made of. Night for night.
with traces as (

    select * from {{ ref('request_trace') }}

),

calls as (

    {% for fact in ['model_span', 'embedding_span', 'rerank_span'] %}
    select
        trace_id,
        is_call_counted,
        is_usage_counted,
        input_tokens,
        cost_usd,
    from {{ ref(fact) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

days_of_facts as (

    select
        traces.started_on as day,
        count(*) filter (where calls.is_call_counted) as call_count,
        sum(calls.input_tokens) filter (where calls.is_usage_counted) as input_tokens,
        sum(calls.cost_usd) as seen_cost_usd,
        sum(traces.sample_weight * cast(calls.cost_usd as double)) as cost_usd,
    from calls
    inner join traces on calls.trace_id = traces.trace_id
    where calls.is_call_counted or calls.is_usage_counted
    group by traces.started_on

),

{% for mart in ['cost_daily', 'cost_hourly'] %}
days_of_{{ mart }} as (

    select
        day,
        sum(call_count) as call_count,
        sum(input_tokens) as input_tokens,
        sum(seen_cost_usd) as seen_cost_usd,
        sum(cast(cost_usd as double)) as cost_usd,
        sum(cost_usd_variance) as cost_usd_variance,
    from {{ ref(mart) }}
    group by day

),

{% endfor %}
wrong_days as (

    select
        coalesce(days_of_facts.day, days.day, hours.day) as day,
        days_of_facts.seen_cost_usd,
        days.seen_cost_usd as seen_cost_of_days,
        hours.seen_cost_usd as seen_cost_of_hours,
    from days_of_facts
    full join days_of_cost_daily as days on days_of_facts.day = days.day
    full join days_of_cost_hourly as hours on coalesce(days_of_facts.day, days.day) = hours.day
    where
        days_of_facts.call_count is distinct from days.call_count
        or days.call_count is distinct from hours.call_count
        or days_of_facts.input_tokens is distinct from days.input_tokens
        or days.input_tokens is distinct from hours.input_tokens
        or days_of_facts.seen_cost_usd is distinct from days.seen_cost_usd
        or days.seen_cost_usd is distinct from hours.seen_cost_usd
        -- Weighted money is rounded once a trace.
        or abs(days_of_facts.cost_usd - days.cost_usd) > 1e-9 * greatest(1, days.cost_usd)
        or abs(days.cost_usd - hours.cost_usd) > 1e-9 * greatest(1, days.cost_usd)
        or abs(days.cost_usd_variance - hours.cost_usd_variance)
        > 1e-9 * greatest(1, days.cost_usd_variance)

)

select * from wrong_days
