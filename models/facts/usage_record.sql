-- One row per span that is a model, embedding or rerank call, or that reports token usage.
with spans as (

    select * from {{ ref('int_spans__with_attributes') }}

),

calls as (

    select * from {{ ref('int_calls__token_buckets') }}

),

costs as (

    select * from {{ ref('int_calls__priced') }}

),

usage_records as (

    select
        {{ spanmart.span_envelope() }}
        calls.call_kind,
        calls.span_type = calls.call_kind as is_call,
        calls.model_provider,
        calls.model_requested,
        calls.model_used,
        calls.api_mode,
        calls.service_tier,
        calls.cache_status,
        calls.input_tokens,
        calls.input_uncached_tokens,
        calls.cache_read_tokens,
        calls.cache_write_tokens,
        calls.cache_write_5m_tokens,
        calls.cache_write_1h_tokens,
        calls.input_audio_tokens,
        calls.output_tokens,
        calls.reasoning_tokens,
        calls.output_audio_tokens,
        calls.reported_input_tokens,
        calls.reported_output_tokens,
        calls.reported_total_tokens,
        calls.token_semantics,
        calls.usage_status,
        calls.is_usage_counted,
        calls.is_call_counted,
        -- A provider bills what it answered, and perhaps what broke off; not what it refused, not
        -- what the application's own cache answered, and not a rerank of the application's own.
        (calls.is_usage_counted or calls.is_call_counted)
        and (
            {{ spanmart.call_cost('costs') }} is not null
            or (
                (calls.usage_status <> 'missing_error' or calls.is_perhaps_billed)
                and calls.cache_status is distinct from 'hit'
                and not (
                    calls.call_kind = 'rerank'
                    and calls.model_provider is null
                    and calls.usage_status in ('missing_other', 'missing_error')
                )
            )
        ) as is_billable,
        calls.duplicate_reason,
        calls.is_below_usage,
        cast(calls.rollup_gap_tokens as bigint) as rollup_gap_tokens,
        {{ spanmart.call_cost('costs') }} as cost_usd,
        costs.cost_status,
        costs.cost_usd as computed_cost_usd,
        calls.provided_cost_usd,
        costs.input_cost_usd,
        costs.output_cost_usd,
        costs.request_cost_usd,
        costs.cache_saving_usd,
        costs.price_source,
        costs.price_provider_id,
        costs.price_model_id,
        costs.price_context,
        costs.price_valid_from,
        costs.input_usd_per_token,
        costs.cache_read_usd_per_token,
        costs.output_usd_per_token,
        spans.workload_class,
    from calls
    inner join costs on calls.span_no = costs.span_no
    inner join spans on calls.span_no = spans.span_no

)

select * from usage_records
