-- One row per call or usage report: what it says, and its tokens on the inclusive convention, in
-- disjoint buckets. A view.
{{ config(materialized='view') }}

with calls as (

    select * from {{ ref('int_calls__reported') }}

),

buckets as (

    select * from {{ ref('int_calls__bucketed') }}

),

token_buckets as (

    select
        calls.span_no,
        calls.trace_id,
        calls.span_id,
        calls.span_type,
        calls.call_kind,
        calls.started_at,
        calls.ended_at,
        calls.span_status,
        calls.model_provider,
        calls.model_requested,
        calls.model_used,
        calls.api_mode,
        calls.service_tier,
        calls.is_streaming,
        calls.response_id,
        calls.cache_status,
        calls.provided_cost_usd,
        calls.usage_input as reported_input_tokens,
        calls.usage_output as reported_output_tokens,
        calls.usage_total as reported_total_tokens,
        calls.usage_cache_read as cache_read_tokens,
        calls.usage_cache_write_5m as cache_write_5m_tokens,
        calls.usage_cache_write_1h as cache_write_1h_tokens,
        calls.usage_input_audio as input_audio_tokens,
        calls.usage_output_audio as output_audio_tokens,
        buckets.* exclude (span_no),
    from calls
    inner join buckets on calls.span_no = buckets.span_no

)

select * from token_buckets
