-- Two rows of your own for the same model, day and tier: which one is meant?
with overrides as (

    select
        row_number() over () as override_number,
        coalesce(lower(trim(provider_name)), '') as provider_name,
        coalesce(model_match, 'equals') as model_match,
        lower(model_pattern) as model_pattern,
        coalesce(valid_from, timestamp '0001-01-01') as holds_from,
        coalesce(valid_to, timestamp '9999-12-31') as holds_to,
        coalesce(above_input_tokens, -1) as above_input_tokens
    from {{ ref('price_overrides') }}

),

overlapping_overrides as (

    select
        earlier.provider_name,
        earlier.model_pattern,
        earlier.holds_from,
        later.holds_from as overlapped_by
    from overrides as earlier
    inner join overrides as later
        on
            earlier.provider_name = later.provider_name
            and earlier.model_match = later.model_match
            and earlier.model_pattern = later.model_pattern
            and earlier.above_input_tokens = later.above_input_tokens
            and earlier.override_number < later.override_number
            and earlier.holds_from < later.holds_to
            and later.holds_from < earlier.holds_to

),

empty_intervals as (

    select
        provider_name,
        model_pattern,
        holds_from,
        holds_to as overlapped_by
    from overrides
    where holds_from >= holds_to

),

faulty_overrides as (

    select * from overlapping_overrides
    union all
    select * from empty_intervals

)

select * from faulty_overrides
