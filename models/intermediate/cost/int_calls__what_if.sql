-- One row per billed call and what might have been: the same call at the latest price, or of
-- another model at the price of its own start. One thing is changed at a time.
with usage_records as (

    select * from {{ ref('int_usage__placed') }}

),

alternatives as (

    select * from {{ ref('price_alternatives') }}

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

billed_calls as (

    select
        trace_id,
        span_id,
        day,
        workload_class,
        service_name,
        sample_weight,
        call_kind,
        model_provider as billed_provider,
        model as billed_model,
        price_provider_id as billed_price_provider_id,
        model_used,
        model_requested,
        computed_cost_usd as billed_cost_usd,
        call_started_at as started_at,
        service_tier,
        api_mode,
        input_tokens,
        output_tokens,
        cache_read_tokens,
        cache_write_tokens,
        cache_write_5m_tokens,
        cache_write_1h_tokens,
        input_audio_tokens,
        output_audio_tokens,
        reasoning_tokens,
    from usage_records
    where
        (is_usage_counted or is_call_counted)
        and is_billable
        and started_at >= {{ spanmart.as_of() }} - interval '{{ var("what_if_days") }} days'

),

billed_models as (

    select distinct
        billed_provider,
        billed_model,
        billed_price_provider_id,
    from billed_calls

),

-- Two rows that name the same alternative for one model are one.
asked_alternatives as (

    select distinct
        billed_models.billed_provider,
        billed_models.billed_model,
        billed_models.billed_price_provider_id,
        alternatives.alternative_provider,
        alternatives.alternative_model,
    from billed_models
    inner join alternatives
        on
            (
                alternatives.provider_name is null
                or lower(alternatives.provider_name) = lower(billed_models.billed_provider)
                or lower(alternatives.provider_name) = billed_models.billed_price_provider_id
            )
            and {{ spanmart.name_matches(
                'lower(billed_models.billed_model)',
                "coalesce(alternatives.model_match, 'equals')",
                'lower(alternatives.model_pattern)'
            ) }}

),

calls as (

    select
        billed_calls.*,
        'latest_price' as scenario,
        'latest_price' as what_if,
        cast(null as varchar) as alternative_provider,
        cast(null as varchar) as alternative_model,
        billed_provider as model_provider,
        {{ spanmart.as_of() }} as priced_at,
    from billed_calls
    union all
    select
        billed_calls.* replace (
            asked_alternatives.alternative_model as model_used,
            cast(null as varchar) as model_requested
        ),
        asked_alternatives.alternative_provider || '/' || asked_alternatives.alternative_model
            as scenario,
        'other_model' as what_if,
        asked_alternatives.alternative_provider,
        asked_alternatives.alternative_model,
        asked_alternatives.alternative_provider as model_provider,
        billed_calls.started_at as priced_at,
    from billed_calls
    inner join asked_alternatives
        on
            billed_calls.billed_provider is not distinct from asked_alternatives.billed_provider
            and billed_calls.billed_model = asked_alternatives.billed_model
            and billed_calls.billed_price_provider_id
            is not distinct from asked_alternatives.billed_price_provider_id

),

{{ spanmart.rated_calls(key=['trace_id', 'span_id', 'scenario'], at='priced_at') }},

{{ spanmart.priced_calls() }},

compared_calls as (

    select
        trace_id,
        span_id,
        scenario,
        day,
        workload_class,
        service_name,
        sample_weight,
        billed_provider,
        billed_model,
        what_if,
        alternative_provider,
        alternative_model,
        billed_cost_usd,
        cost_usd,
        cost_status,
    from priced_calls

)

select * from compared_calls
