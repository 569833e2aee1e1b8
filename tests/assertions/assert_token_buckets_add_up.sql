-- The buckets of a call are disjoint, hold all of its tokens, and none is below zero; where one
-- bucket is known so is the whole.
with calls as (

    select * from {{ ref('model_span') }}

),

torn_calls as (

    select
        trace_id,
        span_id,
        input_tokens,
        input_uncached_tokens,
        cache_read_tokens,
        cache_write_tokens,
        output_tokens,
        reasoning_tokens,
    from calls
    where
        input_uncached_tokens + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)
        is distinct from input_tokens
        or least(
            input_uncached_tokens,
            cache_read_tokens,
            cache_write_tokens,
            output_tokens,
            reasoning_tokens
        ) < 0
        or reasoning_tokens > output_tokens
        or unreported_output_tokens > output_tokens

)

select * from torn_calls
