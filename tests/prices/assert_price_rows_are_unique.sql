-- One price of one unit in one window, tier and context.
with repeated_prices as (

    select
        provider_id,
        model_id,
        price_context,
        valid_from,
        time_from,
        above_input_tokens,
        price_unit
    from {{ ref('model_prices') }}
    group by all
    having count(*) > 1

)

select * from repeated_prices
