-- Of this night's calls of every kind, down to the finest buckets: the lifetimes of written cache
-- make up all that was written, and text, reasoning, audio and what only a total shows make up the
-- output.
with calls as (

    select * from {{ ref('int_calls__token_buckets') }}

),

torn_calls as (

    select
        trace_id,
        span_id,
        call_kind,
        input_tokens,
        cache_write_tokens,
        output_tokens,
    from calls
    where
        input_uncached_tokens + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)
        is distinct from input_tokens
        or coalesce(cache_write_5m_tokens, 0)
        + coalesce(cache_write_1h_tokens, 0)
        + cache_write_other_tokens <> cache_write_tokens
        or output_text_tokens
        + coalesce(reasoning_tokens, 0)
        + coalesce(output_audio_tokens, 0)
        + coalesce(unreported_output_tokens, 0) <> output_tokens
        or least(
            input_uncached_tokens,
            cache_read_tokens,
            cache_write_tokens,
            cache_write_other_tokens,
            output_text_tokens,
            output_tokens
        ) < 0

)

select * from torn_calls
