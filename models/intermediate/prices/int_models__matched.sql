-- One row per distinct (provider as reported, model name): whose price applies.
with resolved_models as (

    select * from {{ ref('int_model_providers__resolved') }}

),

model_matches as (

    select * from {{ ref('price_model_matches') }}

),

fallbacks as (

    select * from {{ ref('price_provider_fallbacks') }}

),

-- A cloud sells other vendors' models at their price where it lists none of its own.
asked_providers as (

    select distinct
        price_provider_id,
        price_provider_id as asked_provider_id,
        0 as fallback_order
    from resolved_models
    where price_provider_id is not null

    union all

    select
        provider_id as price_provider_id,
        fallback_provider_id as asked_provider_id,
        fallback_order
    from fallbacks

),

spellings as (

    select distinct
        price_provider_id,
        model_ref,
        model_ref as spelling,
        0 as spelling_order
    from resolved_models
    where price_provider_id is not null and model_ref is not null

    union all

    select distinct
        price_provider_id,
        model_ref,
        {{ spanmart.dashed_date('model_ref') }} as spelling,
        1 as spelling_order
    from resolved_models
    where price_provider_id is not null and model_ref != {{ spanmart.dashed_date('model_ref') }}

),

satisfied_groups as (

    select
        spellings.price_provider_id,
        spellings.model_ref,
        spellings.spelling_order,
        asked_providers.fallback_order,
        model_matches.match_order,
        model_matches.provider_id,
        model_matches.model_id
    from spellings
    inner join asked_providers
        on spellings.price_provider_id = asked_providers.price_provider_id
    inner join model_matches
        on asked_providers.asked_provider_id = model_matches.provider_id
    group by
        spellings.price_provider_id,
        spellings.model_ref,
        spellings.spelling_order,
        asked_providers.fallback_order,
        model_matches.match_order,
        model_matches.provider_id,
        model_matches.model_id,
        model_matches.clause_group
    having
        bool_and(
            {{ spanmart.name_matches(
                'spellings.spelling', 'model_matches.match_kind', 'model_matches.pattern'
            ) }} != model_matches.is_negated
        )

),

ranked_matches as (

    select
        price_provider_id,
        model_ref,
        provider_id,
        model_id,
        row_number() over (
            partition by price_provider_id, model_ref
            order by spelling_order, fallback_order, match_order
        ) as match_rank
    from satisfied_groups

),

matched_models as (

    select
        resolved_models.model_provider,
        resolved_models.model_name,
        resolved_models.price_provider_id is not null as is_provider_known,
        -- A named provider that no price list has is another gap than a model that none has.
        resolved_models.resolved_by = 'provider' as is_provider_named,
        coalesce(ranked_matches.provider_id, resolved_models.price_provider_id)
            as price_provider_id,
        ranked_matches.model_id as price_model_id,
        ranked_matches.provider_id = resolved_models.price_provider_id as is_own_model
    from resolved_models
    left join ranked_matches
        on
            resolved_models.price_provider_id = ranked_matches.price_provider_id
            and resolved_models.model_ref = ranked_matches.model_ref
            and ranked_matches.match_rank = 1

)

select * from matched_models
