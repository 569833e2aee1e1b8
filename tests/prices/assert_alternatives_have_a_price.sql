{{ config(severity='warn') }}
-- An alternative that no price list and no override has can be compared with nothing: a misspelt
-- name, most often.
with alternatives as (

    select * from {{ ref('price_alternatives') }}

),

matched_models as (

    select * from {{ ref('int_models__matched') }}

),

overridden_models as (

    select * from {{ ref('int_models__overridden') }}

),

unpriced_alternatives as (

    select
        alternatives.model_pattern,
        alternatives.alternative_provider,
        alternatives.alternative_model
    from alternatives
    left join matched_models
        on
            alternatives.alternative_provider = matched_models.model_provider
            and alternatives.alternative_model = matched_models.model_name
            and matched_models.price_model_id is not null
    left join overridden_models
        on
            alternatives.alternative_provider = overridden_models.model_provider
            and alternatives.alternative_model = overridden_models.model_name
    where matched_models.model_name is null and overridden_models.model_name is null

)

select * from unpriced_alternatives
