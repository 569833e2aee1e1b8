-- One row per query rewrite or decomposition.
with spans as (

    select * from {{ ref('int_spans__with_attributes') }}
    where span_type = 'query_rewrite'

),

query_rewrite_spans as (

    select
        {{ spanmart.span_envelope() }}
        {{ spanmart.attribute('rewrite_strategy_version') }} as rewrite_strategy_version,
        {{ spanmart.attribute('original_query_hash') }} as original_query_hash,
        {{ spanmart.text_list(spanmart.attribute('decomposition_steps')) }} as decomposition_steps,
        {{ spanmart.attribute('subquery_count') }} as subquery_count,
        {{ spanmart.attribute('model_used') }} as model_used,
        {{ spanmart.attribute('confidence') }} as confidence,
    from spans

)

select * from query_rewrite_spans
