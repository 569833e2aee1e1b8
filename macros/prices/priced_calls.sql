{#- The CTEs that end in `priced_calls`: what the calls of the CTE `rated_calls` cost at their rates, and how well that is
    known. One text for what a call did cost and for what it would have. -#}
{% macro priced_calls() -%}
{%- set cache_buckets = ['cache_read', 'cache_write', 'cache_write_5m', 'cache_write_1h'] -%}
{%- set input_buckets = ['input', 'input_audio'] + cache_buckets -%}
{%- set output_buckets = ['output', 'output_reasoning', 'output_audio'] -%}
{%- set cached_tokens = 'priced_' ~ cache_buckets | join('_tokens + priced_') ~ '_tokens' -%}
-- Tokens that have a price of their own leave the bucket that contains them; all others stay in it
-- and cost what it costs. A detail that nobody reported counts as none.
specific_tokens as (

    select
        *,
        coalesce(
            input_rate,
            cache_read_rate,
            cache_write_rate,
            input_audio_rate,
            output_rate,
            request_rate
        ) is not null as has_rate,
        {{ spanmart.tokens_with_rate('cache_read_rate', 'cache_read_tokens') }}
            as priced_cache_read_tokens,
        {{ spanmart.tokens_with_rate('cache_write_5m_rate', 'cache_write_5m_tokens') }}
            as priced_cache_write_5m_tokens,
        {{ spanmart.tokens_with_rate('cache_write_1h_rate', 'cache_write_1h_tokens') }}
            as priced_cache_write_1h_tokens,
        {{ spanmart.tokens_with_rate('input_audio_rate', 'input_audio_tokens') }}
            as priced_input_audio_tokens,
        {{ spanmart.tokens_with_rate('output_reasoning_rate', 'reasoning_tokens') }}
            as priced_output_reasoning_tokens,
        {{ spanmart.tokens_with_rate('output_audio_rate', 'output_audio_tokens') }}
            as priced_output_audio_tokens
    from rated_calls

),

general_writes as (

    select
        *,
        case
            when cache_write_rate is null then 0
            else
                coalesce(cache_write_tokens, 0)
                - priced_cache_write_5m_tokens
                - priced_cache_write_1h_tokens
        end as priced_cache_write_tokens
    from specific_tokens

),

priced_tokens as (

    select
        *,
        -- What is left of a side whose size nobody reported is not known, and not below zero.
        case
            when input_tokens is null then 0
            else
                input_tokens
                - priced_cache_read_tokens
                - priced_cache_write_tokens
                - priced_cache_write_5m_tokens
                - priced_cache_write_1h_tokens
                - priced_input_audio_tokens
        end as priced_input_tokens,
        case
            when output_tokens is null then 0
            else output_tokens - priced_output_reasoning_tokens - priced_output_audio_tokens
        end as priced_output_tokens
    from general_writes

),

judged_calls as (

    select
        *,
        case
            when input_tokens is null and output_tokens is null then 'no_usage'
            when price_source is null and is_provider_named and not is_provider_known
                then 'unknown_provider'
            when price_source is null and price_model_id is null then 'unknown_model'
            when not has_rate then 'no_price'
            when
                least(
                    input_tokens,
                    output_tokens,
                    cache_read_tokens,
                    cache_write_tokens,
                    input_audio_tokens,
                    reasoning_tokens,
                    output_audio_tokens,
                    priced_cache_write_tokens,
                    priced_input_tokens,
                    priced_output_tokens
                ) < 0 then 'invalid_usage'
            when
                -- A side whose size is unknown, unless it is free anyway.
                (input_tokens is null and coalesce(input_rate, 1) > 0)
                or (output_tokens is null and output_rate > 0 and call_kind = 'model')
                -- A side that was used and has no price.
                or (priced_input_tokens > 0 and input_rate is null)
                or (priced_output_tokens > 0 and output_rate is null and call_kind = 'model')
                -- Cached audio has its own price, and nobody says how much of the cache was audio.
                or (
                    cache_audio_read_rate is not null
                    and priced_cache_read_tokens > 0
                    and priced_input_audio_tokens > 0
                ) then 'partial'
            else 'priced'
        end as cost_status
    from priced_tokens

),

-- Rounding to 12 decimals costs more than all the arithmetic (measured: 0.3 CPU-seconds for a
-- million values): hence none where there is nothing to round.
exact_costs as (

    select
        *,
        (
            cost_status = 'priced'
            {%- if var('count_partial_costs') %} or cost_status = 'partial'{% endif %}
        ) as is_cost_known,
        cast({{ spanmart.bucket_costs(input_buckets) }} as decimal(38, 12)) as exact_input_cost,
        cast({{ spanmart.bucket_costs(output_buckets) }} as decimal(38, 12)) as exact_output_cost,
        case
            when request_rate is null then 0
            else cast(request_rate as decimal(38, 12))
        end as exact_request_cost,
        case
            when {{ cached_tokens }} = 0 then 0
            else
                cast(
                    coalesce(input_rate, 0) * ({{ cached_tokens }})
                    - ({{ spanmart.bucket_costs(cache_buckets) }}) as decimal(38, 12)
                )
        end as exact_cache_saving
    from judged_calls

),

priced_calls as (

    select
        * exclude (
            is_provider_known,
            is_provider_named,
            has_rate,
            is_cost_known,
            {{ spanmart.rate_columns() }},
            priced_input_tokens,
            priced_input_audio_tokens,
            priced_cache_read_tokens,
            priced_cache_write_tokens,
            priced_cache_write_5m_tokens,
            priced_cache_write_1h_tokens,
            priced_output_tokens,
            priced_output_reasoning_tokens,
            priced_output_audio_tokens,
            exact_input_cost,
            exact_output_cost,
            exact_request_cost,
            exact_cache_saving
        ),
        case when is_cost_known then exact_input_cost + exact_output_cost + exact_request_cost end
            as cost_usd,
        case when is_cost_known then exact_input_cost end as input_cost_usd,
        case when is_cost_known then exact_output_cost end as output_cost_usd,
        case when is_cost_known then exact_request_cost end as request_cost_usd,
        case when is_cost_known then exact_cache_saving end as cache_saving_usd,
        input_rate as input_usd_per_token,
        cache_read_rate as cache_read_usd_per_token,
        output_rate as output_usd_per_token
    from exact_costs

)
{%- endmacro %}
