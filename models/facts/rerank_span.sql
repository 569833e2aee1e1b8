-- One row per rerank.
with spans as (

    select * from {{ ref('int_spans__with_attributes') }}
    where span_type = 'rerank'

),

calls as (

    select * from {{ ref('int_calls__priced') }}

),

token_buckets as (

    select * from {{ ref('int_calls__token_buckets') }}

),

documents as (

    select * from {{ ref('int_documents__listed') }}

),

selected_documents as (

    select
        span_no,
        array_agg(item_id order by rank) as selected_chunk_ids,
    from documents
    group by span_no

),

rerank_spans as (

    select
        {{ spanmart.span_envelope() }}
        token_buckets.model_provider,
        token_buckets.model_requested,
        token_buckets.model_used,
        {{ spanmart.attribute('reranker_version') }} as reranker_version,
        {{ spanmart.attribute('candidate_count') }} as candidate_count,
        {{ spanmart.attribute('top_n_selected') }} as top_n_selected,
        {{ spanmart.attribute('changed_rank_count') }} as changed_rank_count,
        {{ spanmart.attribute('score_delta_mean') }} as score_delta_mean,
        selected_documents.selected_chunk_ids,
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
    left join selected_documents on spans.span_no = selected_documents.span_no

)

select * from rerank_spans
