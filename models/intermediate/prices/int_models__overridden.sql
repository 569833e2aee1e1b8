-- One row per (reported provider, model name) and price override that names it.
with matched_models as (

    select * from {{ ref('int_models__matched') }}

),

overrides as (

    select * from {{ ref('price_overrides') }}

),

bounded_overrides as (

    select
        nullif(lower(trim(provider_name)), '') as provider_name,
        coalesce(model_match, 'equals') as model_match,
        case model_match when 'regex' then model_pattern else lower(model_pattern) end
            as model_pattern,
        valid_from as price_valid_from,
        coalesce(valid_from, timestamp '0001-01-01') as holds_from,
        coalesce(valid_to, timestamp '9999-12-31') as holds_to,
        coalesce(above_input_tokens, -1) as above_input_tokens,
        coalesce(
            lead(above_input_tokens) over (
                partition by provider_name, model_match, model_pattern, valid_from
                order by coalesce(above_input_tokens, -1)
            ),
            9223372036854775807
        ) as up_to_input_tokens,
        {{ spanmart.rates_from_override() }}
    from overrides

),

overridden_models as (

    select
        matched_models.model_provider,
        matched_models.model_name,
        coalesce(matched_models.price_provider_id, bounded_overrides.provider_name)
            as price_provider_id,
        -- 1 wins: a row for this provider before one for any, an exact name before a pattern, a
        -- pattern that says more before one that says less.
        row_number() over (
            partition by matched_models.model_provider, matched_models.model_name
            order by
                (bounded_overrides.provider_name is null) asc,
                (bounded_overrides.model_match != 'equals') asc,
                length(bounded_overrides.model_pattern) desc,
                bounded_overrides.model_match asc,
                bounded_overrides.model_pattern asc,
                bounded_overrides.provider_name asc,
                bounded_overrides.holds_from desc,
                bounded_overrides.above_input_tokens asc
        ) as override_rank,
        bounded_overrides.model_pattern as price_model_id,
        bounded_overrides.price_valid_from,
        bounded_overrides.holds_from,
        bounded_overrides.holds_to,
        bounded_overrides.above_input_tokens,
        bounded_overrides.up_to_input_tokens,
        {{ spanmart.rate_columns('bounded_overrides') }}
    from matched_models
    inner join bounded_overrides
        on
            (
                bounded_overrides.provider_name is null
                or bounded_overrides.provider_name = lower(trim(matched_models.model_provider))
                or bounded_overrides.provider_name = matched_models.price_provider_id
            )
            and {{ spanmart.name_matches(
                'lower(matched_models.model_name)',
                'bounded_overrides.model_match',
                'bounded_overrides.model_pattern'
            ) }}

)

select * from overridden_models
