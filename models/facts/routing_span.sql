-- One row per routing decision: of the request (prepass) or of the model.
with spans as (

    select * from {{ ref('int_spans__with_attributes') }}
    where span_type = 'routing'

),

routing_spans as (

    select
        {{ spanmart.span_envelope() }}
        {{ spanmart.attribute('classifier_model') }} as classifier_model,
        {{ spanmart.attribute('classifier_version') }} as classifier_version,
        {{ spanmart.text_list(spanmart.attribute('labels')) }} as labels,
        {{ spanmart.number_list(spanmart.attribute('label_confidences')) }} as label_confidences,
        {{ spanmart.attribute('route_policy_version') }} as route_policy_version,
        {{ spanmart.text_list(spanmart.attribute('candidate_models')) }} as candidate_models,
        {{ spanmart.attribute('selected_provider') }} as selected_provider,
        {{ spanmart.attribute('selected_model') }} as selected_model,
        {{ spanmart.attribute('selection_reason') }} as selection_reason,
        {{ spanmart.attribute('expected_cost_usd') }} as expected_cost_usd,
        {{ spanmart.text_list(spanmart.attribute('fallback_chain')) }} as fallback_chain,
        {{ spanmart.attribute('is_fallback') }} as is_fallback,
        {{ spanmart.attribute('confidence') }} as confidence,
    from spans

)

select * from routing_spans
