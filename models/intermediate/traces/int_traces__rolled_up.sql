-- One row per touched trace: what its steps add up to. Every kind of step is summed by itself
-- before it is joined.
with described_traces as (

    select * from {{ ref('int_traces__described') }}

),

touched_traces as (

    select trace_id from {{ ref('int_traces__touched') }}

),

-- A judge that runs inside a request is no part of what the request cost or said: only calls of the
-- trace's own workload are summed.
model_spans as (

    select model_spans.*
    from {{ ref('model_span') }} as model_spans
    inner join described_traces
        on
            model_spans.trace_id = described_traces.trace_id
            and model_spans.workload_class is not distinct from described_traces.workload_class

),

priced_calls as (

    select * from {{ ref('int_calls__priced') }}

),

token_buckets as (

    select * from {{ ref('int_calls__token_buckets') }}

),

spans as (

    select * from {{ ref('int_spans__in_context') }}

),

retrieval_spans as (

    select * from {{ ref('retrieval_span') }}
    where trace_id in (select touched_traces.trace_id from touched_traces)

),

tool_spans as (

    select * from {{ ref('tool_span') }}
    where trace_id in (select touched_traces.trace_id from touched_traces)

),

prompt_assembly_spans as (

    select * from {{ ref('prompt_assembly_span') }}
    where trace_id in (select touched_traces.trace_id from touched_traces)

),

postprocess_spans as (

    select * from {{ ref('postprocess_span') }}
    where trace_id in (select touched_traces.trace_id from touched_traces)

),

selections as (

    select * from {{ ref('int_documents__selected') }}

),

model_totals as (

    select
        trace_id,
        count(*) filter (where is_call_counted) as model_call_count,
        sum(input_tokens) filter (where is_usage_counted) as input_tokens,
        sum(output_tokens) filter (where is_usage_counted) as output_tokens,
    from model_spans
    group by trace_id

),

-- The answer is the last call that did not fail; if all failed, the last. A rewrite or a plan that
-- reports its usage on its own span answers nothing unless there is no other call.
final_calls as (

    select
        trace_id,
        prompt_name,
        prompt_version,
        coalesce(model_used, model_requested) as model_used,
        model_requested,
        finish_class,
        is_truncated,
    from model_spans
    where is_call_counted
    qualify row_number() over (
        partition by trace_id
        order by
            operation_name = 'llm_generate' desc,
            span_status = 'error' asc,
            started_at desc,
            span_id desc
    ) = 1

),

counted_costs as (

    select
        token_buckets.trace_id,
        priced_calls.usage_status,
        token_buckets.cache_status,
        token_buckets.is_perhaps_billed,
        {{ spanmart.call_cost('priced_calls') }} as cost_usd,
    from priced_calls
    inner join token_buckets on priced_calls.span_no = token_buckets.span_no
    inner join spans on priced_calls.span_no = spans.span_no
    inner join described_traces on token_buckets.trace_id = described_traces.trace_id
    where
        (token_buckets.is_call_counted or token_buckets.is_usage_counted)
        and spans.workload_class is not distinct from described_traces.workload_class
        -- A rerank that names no provider and reports no usage is a step of the application, which
        -- nobody bills.
        and not (
            token_buckets.call_kind = 'rerank'
            and token_buckets.model_provider is null
            and token_buckets.usage_status in ('missing_other', 'missing_error')
        )

),

-- A call that the provider refused was not billed, and what the application's own cache answered
-- was no call of a provider. Any other call without a price leaves the cost of its trace partly
-- unknown, also one that timed out or broke off: the provider may have billed all of it.
call_costs as (

    select
        trace_id,
        sum(cost_usd) as cost_usd,
        count(*) filter (where cost_usd is not null) as priced_call_count,
        count(*) filter (
            where cost_usd is null
            and (usage_status <> 'missing_error' or is_perhaps_billed)
            and cache_status is distinct from 'hit'
        ) as unpriced_call_count,
    from counted_costs
    group by trace_id

),

copied_calls as (

    select
        trace_id,
        count(*) filter (where duplicate_of_trace_id is not null) as copied_call_count,
        sum(rollup_gap_tokens) filter (where not is_below_usage) as rollup_gap_tokens,
    from token_buckets
    group by trace_id

),

retrieval_totals as (

    select
        trace_id,
        count(*) as retrieval_count,
        first(retriever_version order by started_at, span_id) filter (
            where retriever_version is not null
        ) as retriever_version,
        first(index_version order by started_at, span_id) filter (where index_version is not null)
            as index_version,
    from retrieval_spans
    group by trace_id

),

tool_totals as (

    select
        trace_id,
        count(*) as tool_call_count,
        count(*) filter (where is_last_attempt and not is_success) as failed_tool_episode_count,
    from tool_spans
    group by trace_id

),

assembly_totals as (

    select
        trace_id,
        bool_or(is_truncated) as is_input_truncated,
    from prompt_assembly_spans
    group by trace_id

),

check_totals as (

    select
        trace_id,
        bool_or(is_fallback) as is_fallback,
        sum(repair_attempts) as repair_attempts,
    from postprocess_spans
    group by trace_id

),

cited_items as (

    select
        trace_id,
        item_id,
        bool_or(is_cited) as is_cited,
        bool_or(is_included) as is_included,
    from selections
    where item_id is not null
    group by trace_id, item_id

),

citation_totals as (

    select
        cited_items.trace_id,
        count(*) filter (where cited_items.is_cited) as cited_count,
        count(*) filter (where cited_items.is_cited and cited_items.is_included is null)
            as cited_not_included_count,
    from cited_items
    group by cited_items.trace_id

),

citation_known as (

    select
        trace_id,
        bool_or(is_inclusion_known) and bool_or(is_citation_known) as is_citation_known,
    from selections
    group by trace_id

),

rolled_up_traces as (

    select
        described_traces.*,
        coalesce(model_totals.model_call_count, 0) as model_call_count,
        coalesce(tool_totals.tool_call_count, 0) as tool_call_count,
        coalesce(retrieval_totals.retrieval_count, 0) as retrieval_count,
        model_totals.input_tokens,
        model_totals.output_tokens,
        case
            when coalesce(call_costs.priced_call_count + call_costs.unpriced_call_count, 0) = 0
                then 0
            else call_costs.cost_usd
        end as cost_usd,
        case
            when coalesce(call_costs.priced_call_count + call_costs.unpriced_call_count, 0) = 0
                then 'no_calls'
            when call_costs.unpriced_call_count = 0 then 'priced'
            when call_costs.priced_call_count > 0 then 'partial'
            else 'unknown'
        end as cost_status,
        coalesce(final_calls.prompt_name, described_traces.prompt_name) as answer_prompt_name,
        case
            when final_calls.trace_id is not null and final_calls.prompt_name is not null
                then final_calls.prompt_version
            else coalesce(final_calls.prompt_version, described_traces.prompt_version)
        end as answer_prompt_version,
        final_calls.model_used,
        final_calls.model_requested,
        final_calls.is_truncated as is_output_truncated,
        final_calls.finish_class as answer_finish_class,
        retrieval_totals.retriever_version,
        retrieval_totals.index_version,
        assembly_totals.is_input_truncated,
        check_totals.is_fallback,
        check_totals.repair_attempts,
        tool_totals.failed_tool_episode_count,
        citation_totals.cited_count,
        case
            when citation_known.is_citation_known
                then coalesce(citation_totals.cited_not_included_count, 0)
        end as cited_not_included_count,
        -- A trace that holds nothing but copies of calls that count elsewhere is no request of its
        -- own.
        coalesce(copied_calls.copied_call_count = described_traces.span_count, false) as is_copy,
        copied_calls.rollup_gap_tokens,
    from described_traces
    left join model_totals on described_traces.trace_id = model_totals.trace_id
    left join final_calls on described_traces.trace_id = final_calls.trace_id
    left join call_costs on described_traces.trace_id = call_costs.trace_id
    left join copied_calls on described_traces.trace_id = copied_calls.trace_id
    left join retrieval_totals on described_traces.trace_id = retrieval_totals.trace_id
    left join tool_totals on described_traces.trace_id = tool_totals.trace_id
    left join assembly_totals on described_traces.trace_id = assembly_totals.trace_id
    left join check_totals on described_traces.trace_id = check_totals.trace_id
    left join citation_totals on described_traces.trace_id = citation_totals.trace_id
    left join citation_known on described_traces.trace_id = citation_known.trace_id

),

judged_traces as (

    select
        rolled_up_traces.*,
        -- What the application says of itself, else what its root and its answer show.
        case
            when said_final_status in ('success', 'degraded', 'blocked', 'failed')
                then said_final_status
            when root_span_status = 'error' then 'failed'
            when answer_finish_class = 'blocked' then 'blocked'
            when is_fallback then 'degraded'
            else 'success'
        end as final_status,
    from rolled_up_traces

)

select * from judged_traces
