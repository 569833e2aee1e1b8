-- One row per distinct (provider as reported, model name) that a call of this run, a call built
-- before or an alternative names: whose list applies.
{%- set built_calls = spanmart.built_relation('usage_record') %}
with calls as (

    select * from {{ ref('int_calls__token_buckets') }}

),

alternatives as (

    select * from {{ ref('price_alternatives') }}

),

provider_names as (

    select * from {{ ref('price_providers') }}

),

provider_matches as (

    select * from {{ ref('price_provider_matches') }}

),

-- The response says which model was billed; a request may name an alias of it. Calls built before
-- come along because what they would cost today is asked for, too.
named_models as (

    select
        model_provider,
        coalesce(nullif(model_used, ''), nullif(model_requested, '')) as model_name
    from calls
    {% if built_calls %}
    union
    select
        model_provider,
        coalesce(nullif(model_used, ''), nullif(model_requested, '')) as model_name
    from {{ built_calls }}
    {% endif %}
    union
    select
        alternative_provider as model_provider,
        alternative_model as model_name
    from alternatives

),

reported_names as (

    select
        named_models.model_provider,
        named_models.model_name,
        nullif(lower(trim(named_models.model_provider)), '') as provider_name,
        lower(named_models.model_name) as model_ref,
        provider_names.price_provider_id as known_provider_id,
        coalesce(
            provider_names.resolved_by,
            case
                when nullif(trim(named_models.model_provider), '') is null then 'model'
                else 'provider'
            end
        ) as resolved_by
    from named_models
    left join provider_names
        on lower(trim(named_models.model_provider)) = provider_names.provider_name

),

-- A gateway's own name says nothing of who bills; it writes `vendor/model`.
vendor_names as (

    select
        model_provider,
        model_name,
        provider_name,
        model_ref,
        known_provider_id,
        resolved_by,
        case
            when resolved_by = 'provider' then provider_name
            when resolved_by = 'model_prefix' and contains(model_ref, '/')
                then split_part(model_ref, '/', 1)
        end as vendor_name
    from reported_names

),

looked_up_names as (

    select distinct
        'provider_name' as matched_name,
        vendor_name as looked_up_name
    from vendor_names
    where vendor_name is not null

    union all

    select distinct
        'model_name' as matched_name,
        model_ref as looked_up_name
    from vendor_names
    where resolved_by != 'provider' and model_ref is not null

),

satisfied_groups as (

    select
        looked_up_names.matched_name,
        looked_up_names.looked_up_name,
        provider_matches.provider_id,
        provider_matches.match_order
    from looked_up_names
    inner join provider_matches
        on looked_up_names.matched_name = provider_matches.matched_name
    group by
        looked_up_names.matched_name,
        looked_up_names.looked_up_name,
        provider_matches.provider_id,
        provider_matches.match_order,
        provider_matches.clause_group
    having
        bool_and(
            {{ spanmart.name_matches(
                'looked_up_names.looked_up_name',
                'provider_matches.match_kind',
                'provider_matches.pattern'
            ) }} != provider_matches.is_negated
        )

),

matched_providers as (

    select
        matched_name,
        looked_up_name,
        arg_min(provider_id, match_order) as provider_id
    from satisfied_groups
    group by matched_name, looked_up_name

),

resolved_models as (

    select
        vendor_names.model_provider,
        vendor_names.model_name,
        vendor_names.resolved_by,
        case vendor_names.resolved_by
            when 'provider' then coalesce(vendor_names.known_provider_id, by_vendor.provider_id)
            else coalesce(
                vendor_prefixes.price_provider_id, by_vendor.provider_id, by_model.provider_id
            )
        end as price_provider_id,
        -- A prefix that is no provider's name is part of the model's.
        case
            when
                vendor_names.resolved_by = 'model_prefix'
                and coalesce(vendor_prefixes.price_provider_id, by_vendor.provider_id) is not null
                then substr(vendor_names.model_ref, length(vendor_names.vendor_name) + 2)
            else vendor_names.model_ref
        end as model_ref
    from vendor_names
    left join matched_providers as by_vendor
        on
            vendor_names.vendor_name = by_vendor.looked_up_name
            and by_vendor.matched_name = 'provider_name'
    left join provider_names as vendor_prefixes
        on
            vendor_names.vendor_name = vendor_prefixes.provider_name
            and vendor_prefixes.resolved_by = 'provider'
    left join matched_providers as by_model
        on
            vendor_names.model_ref = by_model.looked_up_name
            and by_model.matched_name = 'model_name'

)

select * from resolved_models
