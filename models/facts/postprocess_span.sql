-- One row per run of a validator, moderator or parser.
with spans as (

    select * from {{ ref('int_spans__with_attributes') }}
    where span_type = 'postprocess'

),

postprocess_spans as (

    select
        {{ spanmart.span_envelope() }}
        coalesce({{ spanmart.attribute('validator_name') }}, spans.name) as validator_name,
        {{ spanmart.attribute('validator_kind') }} as validator_kind,
        {{ spanmart.attribute('validator_version') }} as validator_version,
        {{ spanmart.attribute('is_passed') }} as is_passed,
        {{ spanmart.attribute('repair_attempts') }} as repair_attempts,
        {{ spanmart.attribute('is_fallback') }} as is_fallback,
        {{ spanmart.text_list(spanmart.attribute('filtered_categories')) }} as filtered_categories,
        {{ spanmart.attribute('confidence') }} as confidence,
        {{ spanmart.text_list(spanmart.attribute('cited_chunk_ids')) }} as cited_chunk_ids,
        {{ spanmart.attribute('claim_count') }} as claim_count,
    from spans

)

select * from postprocess_spans
