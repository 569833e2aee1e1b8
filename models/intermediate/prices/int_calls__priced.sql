-- One row per call of this run, with what it cost and how well that is known.
with rated_calls as (

    select * from {{ ref('int_calls__rated') }}

),

{{ spanmart.priced_calls() }},

-- Only what a price adds: what a call was like stands in int_calls__token_buckets, and writing it
-- twice costs more than all of the pricing.
costs as (

    select
        span_no,
        call_kind,
        usage_status,
        provided_cost_usd,
        price_source,
        price_provider_id,
        price_model_id,
        price_context,
        price_valid_from,
        cost_status,
        cost_usd,
        input_cost_usd,
        output_cost_usd,
        request_cost_usd,
        cache_saving_usd,
        input_usd_per_token,
        cache_read_usd_per_token,
        output_usd_per_token,
    from priced_calls

)

select * from costs
