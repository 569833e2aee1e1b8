-- One row per embedding call.
with spans as (

    select * from {{ ref('int_spans__with_attributes') }}
    where span_type = 'embedding'

),

calls as (

    select * from {{ ref('int_calls__priced') }}

),

token_buckets as (

    select * from {{ ref('int_calls__token_buckets') }}

),

embedding_spans as (

    select
        {{ spanmart.span_envelope() }}
        token_buckets.model_provider,
        token_buckets.model_requested,
        token_buckets.model_used,
        {{ spanmart.attribute('vector_dimension') }} as vector_dimension,
        {{ spanmart.attribute('input_length') }} as input_length,
        {{ spanmart.attribute('is_input_truncated') }} as is_input_truncated,
        {{ spanmart.attribute('cache_status') }} as cache_status,
        token_buckets.input_tokens,
        token_buckets.usage_status,
        token_buckets.is_usage_counted,
        token_buckets.is_call_counted,
        token_buckets.duplicate_reason,
        {{ spanmart.call_cost('calls') }} as cost_usd,
        calls.cost_status,
        calls.price_valid_from,
        spans.workload_class,
    from spans
    inner join token_buckets on spans.span_no = token_buckets.span_no
    inner join calls on spans.span_no = calls.span_no

)

select * from embedding_spans
