-- One row per call of this run, with the rates that hold for its model, start time and input size.
{{ config(materialized='view') }}

with calls as (

    select * from {{ ref('int_calls__token_buckets') }}

),

matched_models as (

    select * from {{ ref('int_models__matched') }}

),

published_prices as (

    select * from {{ ref('int_prices__effective') }}

),

overridden_models as (

    select * from {{ ref('int_models__overridden') }}

),

active_overrides as (

    select
        calls.trace_id,
        calls.span_id,
        overridden_models.price_provider_id,
        overridden_models.price_model_id,
        overridden_models.price_valid_from,
        {{ spanmart.rate_columns('overridden_models') }},
        row_number() over (
            partition by calls.trace_id, calls.span_id order by overridden_models.override_rank
        ) as override_rank
    from calls
    inner join overridden_models
        on
            calls.model_provider is not distinct from overridden_models.model_provider
            and coalesce(nullif(calls.model_used, ''), nullif(calls.model_requested, ''))
            = overridden_models.model_name
            and calls.started_at >= overridden_models.holds_from
            and calls.started_at < overridden_models.holds_to
            and coalesce(calls.input_tokens, 0) > overridden_models.above_input_tokens
            and coalesce(calls.input_tokens, 0) <= overridden_models.up_to_input_tokens

),

rated_calls as (

    select
        calls.*,
        matched_models.is_provider_known,
        matched_models.is_provider_named,
        case
            when active_overrides.span_id is not null then 'override'
            when coalesce(tier_prices.model_id, standard_prices.model_id) is not null then 'shipped'
        end as price_source,
        coalesce(active_overrides.price_provider_id, matched_models.price_provider_id)
            as price_provider_id,
        coalesce(active_overrides.price_model_id, matched_models.price_model_id) as price_model_id,
        case when active_overrides.span_id is null then tier_prices.price_context end
            as price_context,
        case
            when active_overrides.span_id is not null then active_overrides.price_valid_from
            else coalesce(tier_prices.price_valid_from, standard_prices.price_valid_from)
        end as price_valid_from,
        {{ spanmart.rates_of_call('active_overrides', 'tier_prices', 'standard_prices') }}
    from calls
    left join matched_models
        on
            calls.model_provider is not distinct from matched_models.model_provider
            and coalesce(nullif(calls.model_used, ''), nullif(calls.model_requested, ''))
            is not distinct from matched_models.model_name
    left join published_prices as standard_prices
        on
            matched_models.price_provider_id = standard_prices.provider_id
            and matched_models.price_model_id = standard_prices.model_id
            and standard_prices.price_context = 'standard'
            and {{ spanmart.price_holds('calls', 'standard_prices') }}
    left join published_prices as tier_prices
        on
            matched_models.price_provider_id = tier_prices.provider_id
            and matched_models.price_model_id = tier_prices.model_id
            and tier_prices.price_context = 'service_tier=' || calls.service_tier
            -- A cloud that sells another vendor's model does not sell that vendor's service tiers.
            and matched_models.is_own_model
            and {{ spanmart.price_holds('calls', 'tier_prices') }}
    left join active_overrides
        on
            calls.trace_id = active_overrides.trace_id
            and calls.span_id = active_overrides.span_id
            and active_overrides.override_rank = 1

)

select * from rated_calls
