-- What request_trace says of its steps is what the facts of those steps hold: counted another way,
-- from the facts, so that a fan-out, a lost join or a trace that one fact rebuilt and the other did
-- not shows.
with traces as (

    select * from {{ ref('request_trace') }}

),

calls as (

    select
        trace_id,
        is_call_counted,
        is_usage_counted,
        workload_class,
        input_tokens,
        output_tokens,
        cost_usd,
        true as is_model,
    from {{ ref('model_span') }}
    union all
    select
        trace_id,
        is_call_counted,
        is_usage_counted,
        workload_class,
        input_tokens,
        null as output_tokens,
        cost_usd,
        false as is_model,
    from {{ ref('embedding_span') }}
    union all
    select
        trace_id,
        is_call_counted,
        is_usage_counted,
        workload_class,
        input_tokens,
        null as output_tokens,
        cost_usd,
        false as is_model,
    from {{ ref('rerank_span') }}

),

call_sums as (

    select
        calls.trace_id,
        count(*) filter (where is_model and is_call_counted) as model_call_count,
        sum(calls.input_tokens) filter (where is_model and is_usage_counted) as input_tokens,
        sum(calls.output_tokens) filter (where is_model and is_usage_counted) as output_tokens,
        sum(calls.cost_usd) filter (where is_call_counted or is_usage_counted) as cost_usd,
    from calls
    -- A judge that runs inside a request counts for itself.
    inner join traces
        on calls.trace_id = traces.trace_id and calls.workload_class = traces.workload_class
    group by calls.trace_id

),

tool_sums as (

    select
        trace_id,
        count(*) as tool_call_count,
    from {{ ref('tool_span') }}
    group by trace_id

),

retrieval_sums as (

    select
        trace_id,
        count(*) as retrieval_count,
    from {{ ref('retrieval_span') }}
    group by trace_id

),

wrong_traces as (

    select
        traces.trace_id,
        traces.model_call_count,
        call_sums.model_call_count as summed_model_call_count,
        traces.tool_call_count,
        tool_sums.tool_call_count as summed_tool_call_count,
        traces.retrieval_count,
        retrieval_sums.retrieval_count as summed_retrieval_count,
        traces.input_tokens,
        call_sums.input_tokens as summed_input_tokens,
        traces.output_tokens,
        call_sums.output_tokens as summed_output_tokens,
        traces.cost_usd,
        call_sums.cost_usd as summed_cost_usd,
    from traces
    left join call_sums on traces.trace_id = call_sums.trace_id
    left join tool_sums on traces.trace_id = tool_sums.trace_id
    left join retrieval_sums on traces.trace_id = retrieval_sums.trace_id
    where
        traces.model_call_count <> coalesce(call_sums.model_call_count, 0)
        or traces.tool_call_count <> coalesce(tool_sums.tool_call_count, 0)
        or traces.retrieval_count <> coalesce(retrieval_sums.retrieval_count, 0)
        or traces.input_tokens is distinct from call_sums.input_tokens
        or traces.output_tokens is distinct from call_sums.output_tokens
        or (
            traces.cost_status <> 'no_calls'
            and traces.cost_usd is distinct from call_sums.cost_usd
        )

)

select * from wrong_traces
