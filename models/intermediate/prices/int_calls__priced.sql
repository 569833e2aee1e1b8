-- One row per call of this run, with what it cost and how well that is known.
{% set cache_buckets = ['cache_read', 'cache_write', 'cache_write_5m', 'cache_write_1h'] %}
{% set output_buckets = ['output', 'output_reasoning', 'output_audio'] %}
{% set buckets = ['input', 'input_audio'] + cache_buckets + output_buckets %}
{% set cached_tokens = 'priced_' ~ cache_buckets | join('_tokens + priced_') ~ '_tokens' %}

with rated_calls as (

    select * from {{ ref('int_calls__rated') }}

),

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
        {% for bucket, tokens in [
            ('cache_read', 'cache_read_tokens'),
            ('cache_write_5m', 'cache_write_5m_tokens'),
            ('cache_write_1h', 'cache_write_1h_tokens'),
            ('input_audio', 'input_audio_tokens'),
            ('output_reasoning', 'reasoning_tokens'),
            ('output_audio', 'output_audio_tokens'),
        ] %}
        case when {{ bucket }}_rate is null then 0 else coalesce({{ tokens }}, 0) end
            as priced_{{ bucket }}_tokens{{ ',' if not loop.last }}
        {% endfor %}
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
        coalesce(input_tokens, 0)
        - priced_cache_read_tokens
        - priced_cache_write_tokens
        - priced_cache_write_5m_tokens
        - priced_cache_write_1h_tokens
        - priced_input_audio_tokens as priced_input_tokens,
        coalesce(output_tokens, 0)
        - priced_output_reasoning_tokens
        - priced_output_audio_tokens as priced_output_tokens
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

-- A product of decimals is dear (measured: 8 of 10 CPU-seconds for 5 M calls), and most calls use
-- two or three buckets: hence one product a bucket, and only where it holds tokens.
bucket_costs as (

    select
        *,
        {% for bucket in buckets %}
        case
            when priced_{{ bucket }}_tokens != 0 then {{ bucket }}_rate * priced_{{ bucket }}_tokens
        end as {{ bucket }}_cost{{ ',' if not loop.last }}
        {% endfor %}
    from judged_calls

),

exact_costs as (

    select
        *,
        (
            cost_status = 'priced'
            {%- if var('count_partial_costs') %} or cost_status = 'partial'{% endif %}
        ) as is_cost_known,
        {% for side, side_buckets in [
            ('input', ['input', 'input_audio'] + cache_buckets),
            ('output', output_buckets),
        ] %}
        cast(
            {% for bucket in side_buckets %}
            {{ '+ ' if not loop.first }}coalesce({{ bucket }}_cost, 0)
            {% endfor %}
            as decimal(38, 12)
        ) as exact_{{ side }}_cost,
        {% endfor %}
        cast(coalesce(request_rate, 0) as decimal(38, 12)) as exact_request_cost,
        cast(
            coalesce(
                case
                    when {{ cached_tokens }} != 0
                        then input_rate * ({{ cached_tokens }})
                end,
                0
            )
            {% for bucket in cache_buckets %}
            - coalesce({{ bucket }}_cost, 0)
            {% endfor %}
            as decimal(38, 12)
        ) as exact_cache_saving
    from bucket_costs

),

priced_calls as (

    select
        * exclude (
            is_provider_known,
            is_provider_named,
            has_rate,
            is_cost_known,
            {% for rate, _, _, _ in spanmart.price_rates() -%}
            {{ rate }},
            {% endfor -%}
            {% for bucket in buckets -%}
            priced_{{ bucket }}_tokens,
            {{ bucket }}_cost,
            {% endfor -%}
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
        case when is_cost_known then exact_cache_saving end as cache_saving_usd
    from exact_costs

)

select * from priced_calls
