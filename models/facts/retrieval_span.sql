-- One row per retrieval.
with spans as (

    select * from {{ ref('int_spans__with_attributes') }}
    where span_type = 'retrieval'

),

documents as (

    select * from {{ ref('int_documents__listed') }}

),

returned_documents as (

    select
        span_no,
        count(*) as document_count,
        min(score) as score_min,
        median(score) as score_p50,
        max(score) as score_max,
        array_agg(document_id order by rank) as document_ids,
        array_agg(chunk_id order by rank) filter (where chunk_id is not null) as chunk_ids,
        list_sort(list_distinct(array_agg(source_type))) as source_types,
    from documents
    group by span_no

),

retrieval_spans as (

    select
        {{ spanmart.span_envelope() }}
        {{ spanmart.attribute('retriever_type') }} as retriever_type,
        {{ spanmart.attribute('retriever_version') }} as retriever_version,
        {{ spanmart.attribute('index_version') }} as index_version,
        {{ spanmart.attribute('index_snapshot_at') }} as index_snapshot_at,
        {{ spanmart.attribute('embedding_model') }} as embedding_model,
        {{ spanmart.attribute('query_variant') }} as query_variant,
        {{ spanmart.attribute('top_k_requested') }} as top_k_requested,
        coalesce(
            {{ spanmart.attribute('top_k_returned') }}, returned_documents.document_count
        ) as top_k_returned,
        {{ spanmart.attribute('filtered_by_acl_count') }} as filtered_by_acl_count,
        {{ spanmart.attribute('metadata_filters') }} as metadata_filters,
        {{ spanmart.attribute('acl_filters') }} as acl_filters,
        returned_documents.score_min,
        returned_documents.score_p50,
        returned_documents.score_max,
        returned_documents.document_ids,
        returned_documents.chunk_ids,
        returned_documents.source_types,
        {{ spanmart.attribute('sub_stage_ms') }} as sub_stage_ms,
        {{ spanmart.attribute('cache_status') }} as cache_status,
    from spans
    left join returned_documents on spans.span_no = returned_documents.span_no

)

select * from retrieval_spans
