-- One row per retrieval and rank.
with spans as (

    select * from {{ ref('int_spans__in_context') }}

),

documents as (

    select * from {{ ref('int_documents__listed') }}

),

selections as (

    select * from {{ ref('int_documents__selected') }}

),

reranks as (

    select
        trace_id,
        item_id,
        min(rank) as rank_after_rerank,
    from documents
    where span_type = 'rerank'
    group by trace_id, item_id

),

reranked_traces as (

    select distinct trace_id
    from documents
    where span_type = 'rerank'

),

selection_known as (

    select
        trace_id,
        bool_or(is_inclusion_known) as is_inclusion_known,
        bool_or(is_citation_known) as is_citation_known,
    from selections
    group by trace_id

),

item_selections as (

    select
        trace_id,
        item_id,
        bool_or(is_included) as is_included,
        min(exclusion_reason) as exclusion_reason,
        bool_or(is_cited) as is_cited,
    from selections
    where item_id is not null
    group by trace_id, item_id

),

retrieved_documents as (

    select
        documents.trace_id,
        spans.span_id,
        spans.started_at,
        documents.rank,
        documents.document_id,
        documents.chunk_id,
        documents.source_type,
        documents.score,
        reranks.rank_after_rerank,
        -- Without a rerank, or with one that does not list what it kept, nobody knows what was
        -- selected.
        case
            when reranked_traces.trace_id is not null then reranks.rank_after_rerank is not null
        end as is_selected,
        case
            when selection_known.is_inclusion_known
                then coalesce(item_selections.is_included, false)
        end as is_included,
        item_selections.exclusion_reason,
        case
            when selection_known.is_citation_known then coalesce(item_selections.is_cited, false)
        end as is_cited,
        spans.tenant_id,
        spans.source,
        spans.source_format,
        spans.landed_at,
    from documents
    inner join spans on documents.span_no = spans.span_no
    left join reranks
        on
            documents.trace_id = reranks.trace_id
            and documents.item_id = reranks.item_id
    left join reranked_traces on documents.trace_id = reranked_traces.trace_id
    left join selection_known on documents.trace_id = selection_known.trace_id
    left join item_selections
        on
            documents.trace_id = item_selections.trace_id
            and documents.item_id = item_selections.item_id
    where documents.span_type = 'retrieval'

)

select * from retrieved_documents
