-- One row per document of a list on a span: what a retrieval returned, or what a rerank kept, in
-- its order.
with spans as (

    select
        span_no,
        trace_id,
        span_type,
        attributes,
        resource_attributes,
        events,
    from {{ ref('int_spans__with_attributes') }}
    where span_type in ('retrieval', 'rerank')

),

readings as (

    select
        span_no,
        trace_id,
        span_type,
        attributes,
        events,
        {{ spanmart.attribute('document_list') }} as document_list,
        {{ spanmart.text_list(spanmart.attribute('document_ids')) }} as document_ids,
        {{ spanmart.text_list(spanmart.attribute('chunk_ids')) }} as chunk_ids,
        {{ spanmart.number_list(spanmart.attribute('document_scores')) }} as scores,
        {{ spanmart.text_list(spanmart.attribute('document_source_types')) }} as source_types,
    from spans

),

-- Form 1: parallel lists of ids, chunks and scores.
parallel_lists as (

    select
        span_no,
        unnest(range(1, len(coalesce(document_ids, chunk_ids)) + 1)) as rank,
        document_ids,
        chunk_ids,
        scores,
        source_types,
    from readings
    where coalesce(document_ids, chunk_ids) is not null

),

from_lists as (

    select
        span_no,
        rank,
        document_ids[rank] as document_id,
        chunk_ids[rank] as chunk_id,
        scores[rank] as score,
        source_types[rank] as source_type,
    from parallel_lists

),

-- Form 2: OpenTelemetry's gen_ai.retrieval.documents, a JSON array of objects.
json_documents as (

    select
        span_no,
        unnest(json_extract(document_list, '$[*]')) as document,
        generate_subscripts(json_extract(document_list, '$[*]'), 1) as rank,
    from readings
    where json_valid(document_list) and document_ids is null and chunk_ids is null

),

from_json_documents as (

    select
        span_no,
        rank,
        coalesce(document ->> '$.id', document ->> '$.document_id') as document_id,
        document ->> '$.chunk_id' as chunk_id,
        try_cast(document ->> '$.score' as double) as score,
        document ->> '$.source_type' as source_type,
    from json_documents

),

-- Form 3: OpenInference's indexed keys. A reranker's output list counts, not its input.
indexed_keys as (

    select
        span_no,
        entry.key as attribute_key,
        entry.value as attribute_value,
    from (
        select
            span_no,
            unnest(map_entries(attributes)) as entry,
        from readings
    )
    where
        starts_with(entry.key, 'retrieval.documents.')
        or starts_with(entry.key, 'reranker.output_documents.')

),

indexed_documents as (

    select
        span_no,
        try_cast(regexp_extract(attribute_key, '_?documents\.(\d+)\.', 1) as bigint) + 1 as rank,
        regexp_extract(attribute_key, 'document\.(\w+)$', 1) as member,
        attribute_value,
    from indexed_keys

),

from_indexed_keys as (

    select
        span_no,
        rank,
        coalesce(
            max(attribute_value) filter (where member = 'id'),
            max({{ spanmart.json_text('attribute_value', 'id') }})
            filter (where member = 'metadata')
        ) as document_id,
        max({{ spanmart.json_text('attribute_value', 'chunk_id') }})
        filter (where member = 'metadata') as chunk_id,
        max(try_cast(attribute_value as double)) filter (where member = 'score') as score,
        max({{ spanmart.json_text('attribute_value', 'source_type') }})
        filter (where member = 'metadata') as source_type,
    from indexed_documents
    where rank is not null
    group by span_no, rank

),

-- Form 4: OpenLLMetry's events, one a result.
result_events as (

    select
        span_no,
        unnest(list_filter(events, lambda event: event.name = 'db.query.result')) as result_event,
        generate_subscripts(
            list_filter(events, lambda event: event.name = 'db.query.result'), 1
        ) as rank,
    from readings

),

from_events as (

    select
        span_no,
        rank,
        {{ spanmart.map_get('result_event.attributes', 'db.query.result.id') }} as document_id,
        cast(null as varchar) as chunk_id,
        try_cast(
            {{ spanmart.map_get('result_event.attributes', 'db.query.result.score') }} as double
        ) as score,
        cast(null as varchar) as source_type,
    from result_events

),

all_documents as (

    select * from from_lists
    union all
    select * from from_json_documents
    union all
    select * from from_indexed_keys
    union all
    select * from from_events

),

listed_documents as (

    select
        readings.span_no,
        readings.trace_id,
        readings.span_type,
        all_documents.rank,
        all_documents.document_id,
        all_documents.chunk_id,
        -- What the other stages call it: a chunk where there are chunks, else the document.
        coalesce(all_documents.chunk_id, all_documents.document_id) as item_id,
        all_documents.score,
        all_documents.source_type,
    from all_documents
    inner join readings on all_documents.span_no = readings.span_no
    qualify row_number() over (
        partition by readings.span_no, all_documents.rank
        order by all_documents.document_id nulls last
    ) = 1

)

select * from listed_documents
