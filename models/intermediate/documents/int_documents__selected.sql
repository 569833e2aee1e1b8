-- One row per span that says what became of retrieved items, and item: put into the prompt, left
-- out, or cited.
with spans as (

    select * from {{ ref('int_spans__with_attributes') }}

),

readings as (

    select
        span_no,
        trace_id,
        {{ spanmart.text_list(spanmart.attribute('included_chunk_ids')) }} as included_ids,
        {{ spanmart.text_list(spanmart.attribute('excluded_chunk_ids')) }} as excluded_ids,
        {{ spanmart.text_list(spanmart.attribute('exclusion_reasons')) }} as exclusion_reasons,
        {{ spanmart.text_list(spanmart.attribute('cited_chunk_ids')) }} as cited_ids,
    from spans

),

included as (

    select
        span_no,
        trace_id,
        unnest(included_ids) as item_id,
    from readings

),

excluded as (

    select
        span_no,
        trace_id,
        unnest(excluded_ids) as item_id,
        unnest(exclusion_reasons) as exclusion_reason,
    from readings
    where excluded_ids is not null

),

cited as (

    select
        span_no,
        trace_id,
        unnest(cited_ids) as item_id,
    from readings

),

-- An empty list is an answer, too: nothing was included, or nothing cited. Such a span has a row
-- without an item.
selected_items as (

    select
        trace_id,
        span_no,
        cast(null as varchar) as item_id,
        included_ids is not null as is_inclusion_known,
        cited_ids is not null as is_citation_known,
        cast(null as boolean) as is_included,
        cast(null as varchar) as exclusion_reason,
        cast(null as boolean) as is_cited,
    from readings
    where included_ids is not null or cited_ids is not null
    union all
    select
        trace_id,
        span_no,
        item_id,
        true as is_inclusion_known,
        null as is_citation_known,
        true as is_included,
        null as exclusion_reason,
        null as is_cited,
    from included
    union all
    select
        trace_id,
        span_no,
        item_id,
        null as is_inclusion_known,
        null as is_citation_known,
        null as is_included,
        exclusion_reason,
        null as is_cited,
    from excluded
    union all
    select
        trace_id,
        span_no,
        item_id,
        null as is_inclusion_known,
        true as is_citation_known,
        null as is_included,
        null as exclusion_reason,
        true as is_cited,
    from cited

)

select * from selected_items
