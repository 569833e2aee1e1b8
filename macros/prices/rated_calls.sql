{#- The CTEs `active_overrides` and `rated_calls`: the calls with the rates that hold at the time `at`. They read the CTEs
    `calls` (one row per `key`), `matched_models`, `published_prices` and `overridden_models`. One text for what a call did
    cost and for what it would have. `asked` is a second CTE of the same calls, for a view: DuckDB keeps one without its word
    on how to read a CTE, and makes whole what is read twice. -#}
{% macro rated_calls(key, at='started_at', asked='calls') -%}
{%- set calls_key = 'calls.' ~ key | join(', calls.') -%}
active_overrides as (

    select
        {{ calls_key }},
        overridden_models.price_provider_id,
        overridden_models.price_model_id,
        overridden_models.price_valid_from,
        {{ spanmart.rate_columns('overridden_models') }},
        row_number() over (
            partition by {{ calls_key }} order by overridden_models.override_rank
        ) as override_rank
    from {{ asked }} as calls
    inner join overridden_models
        on
            calls.model_provider is not distinct from overridden_models.model_provider
            and coalesce(nullif(calls.model_used, ''), nullif(calls.model_requested, ''))
            = overridden_models.model_name
            and calls.{{ at }} >= overridden_models.holds_from
            and calls.{{ at }} < overridden_models.holds_to
            and coalesce(calls.input_tokens, 0) > overridden_models.above_input_tokens
            and coalesce(calls.input_tokens, 0) <= overridden_models.up_to_input_tokens

),

rated_calls as (

    select
        calls.*,
        matched_models.is_provider_known,
        matched_models.is_provider_named,
        case
            when active_overrides.override_rank is not null then 'override'
            when coalesce(tier_prices.model_id, standard_prices.model_id) is not null then 'shipped'
        end as price_source,
        coalesce(active_overrides.price_provider_id, matched_models.price_provider_id)
            as price_provider_id,
        coalesce(active_overrides.price_model_id, matched_models.price_model_id) as price_model_id,
        case when active_overrides.override_rank is null then tier_prices.price_context end
            as price_context,
        case
            when active_overrides.override_rank is not null then active_overrides.price_valid_from
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
            and {{ spanmart.price_holds('calls', 'standard_prices', at) }}
    left join published_prices as tier_prices
        on
            matched_models.price_provider_id = tier_prices.provider_id
            and matched_models.price_model_id = tier_prices.model_id
            and tier_prices.price_context = {{ spanmart.price_context_of('calls') }}
            -- A cloud that sells another vendor's model does not sell that vendor's tiers and discounts.
            and matched_models.is_own_model
            and {{ spanmart.price_holds('calls', 'tier_prices', at) }}
    left join active_overrides
        on
            {% for column in key -%}
            calls.{{ column }} = active_overrides.{{ column }} and
            {% endfor -%}
            active_overrides.override_rank = 1

)
{%- endmacro %}
