-- Two prices that hold for one call would bill it twice, or at random.
with published_prices as (

    select
        row_number() over () as price_number,
        *
    from {{ ref('int_prices__effective') }}

),

overlapping_prices as (

    select
        earlier.provider_id,
        earlier.model_id,
        earlier.holds_from,
        later.holds_from as overlapped_by
    from published_prices as earlier
    inner join published_prices as later
        on
            earlier.provider_id = later.provider_id
            and earlier.model_id = later.model_id
            and earlier.price_context = later.price_context
            and earlier.price_number < later.price_number
            and earlier.holds_from < later.holds_to
            and later.holds_from < earlier.holds_to
            and earlier.daily_from < later.daily_to
            and later.daily_from < earlier.daily_to
            and earlier.above_input_tokens < later.up_to_input_tokens
            and later.above_input_tokens < earlier.up_to_input_tokens

)

select * from overlapping_prices
