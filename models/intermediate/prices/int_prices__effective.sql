-- One row per published price list (model, context, days, window of day) and tier of input size.
{% set list_key = [
    'provider_id', 'model_id', 'price_context', 'valid_from', 'valid_to', 'time_from', 'time_to'
] | join(', ') %}

with published_prices as (

    select
        provider_id,
        model_id,
        coalesce(price_context, 'standard') as price_context,
        valid_from,
        valid_to,
        time_from,
        time_to,
        coalesce(above_input_tokens, -1) as above_input_tokens,
        price_unit,
        {{ spanmart.usd_per_unit('usd', 'per_units') }} as usd_per_unit
    from {{ ref('model_prices') }}

),

tiers as (

    select distinct
        {{ list_key }},
        above_input_tokens
    from published_prices

),

-- A tier holds the whole list: what has no price of its own in it keeps the one of the tier below.
-- The tier is a cliff: above it, every token of the call costs the tier's price.
tiered_prices as (

    select
        tiers.provider_id,
        tiers.model_id,
        tiers.price_context,
        tiers.valid_from,
        tiers.valid_to,
        tiers.time_from,
        tiers.time_to,
        tiers.above_input_tokens,
        {{ spanmart.rates_from_units('published_prices') }}
    from tiers
    inner join published_prices
        on
            tiers.provider_id = published_prices.provider_id
            and tiers.model_id = published_prices.model_id
            and tiers.price_context = published_prices.price_context
            and tiers.valid_from is not distinct from published_prices.valid_from
            and tiers.time_from is not distinct from published_prices.time_from
            and tiers.above_input_tokens >= published_prices.above_input_tokens
    group by all

),

bounded_prices as (

    select
        provider_id,
        model_id,
        price_context,
        valid_from as price_valid_from,
        coalesce(valid_from, timestamp '0001-01-01') as holds_from,
        coalesce(valid_to, timestamp '9999-12-31') as holds_to,
        coalesce(time_from, time '00:00:00') as daily_from,
        coalesce(time_to, time '24:00:00') as daily_to,
        above_input_tokens,
        coalesce(
            lead(above_input_tokens) over (partition by {{ list_key }} order by above_input_tokens),
            9223372036854775807
        ) as up_to_input_tokens,
        {{ spanmart.rate_columns() }}
    from tiered_prices

)

select * from bounded_prices
