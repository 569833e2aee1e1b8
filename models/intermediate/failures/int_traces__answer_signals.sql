-- One row per trace with a model call, a validator or a routing decision: how the answer was made
-- and checked.
{{ config(materialized='view') }}
with model_spans as (

    select * from {{ ref('model_span') }}

),

postprocess_spans as (

    select * from {{ ref('postprocess_span') }}

),

routing_spans as (

    select * from {{ ref('routing_span') }}

),

model_calls as (

    select
        trace_id,
        is_output_parsed,
        finish_class,
        retry_count,
        {{ spanmart.is_timeout('error_type', 'error_message_redacted') }} as is_timeout,
        row_number() over (
            partition by trace_id
            order by started_at desc, span_id desc
        ) as call_number_from_last,
    from model_spans

),

model_use as (

    select
        trace_id,
        {{ spanmart.known_count('not is_output_parsed') }} as unparsed_output_count,
        {{ spanmart.known_count("finish_class = 'blocked'") }} as model_blocked_count,
        {{ spanmart.known_count('is_timeout') }} as model_timeout_count,
        -- A call after the one that timed out is the retry that made up for it.
        bool_or(is_timeout) filter (where call_number_from_last = 1) as is_last_call_timed_out,
        cast(sum(retry_count) as bigint) as model_retry_count,
    from model_calls
    group by trace_id

),

validations as (

    select
        trace_id,
        is_passed,
        repair_attempts,
        is_fallback,
        confidence,
        {{ spanmart.validator_role('validator_kind', 'validator_name') }} as validator_role,
    from postprocess_spans

),

checks as (

    select
        trace_id,
        {{ spanmart.known_count('not is_passed') }} as validator_failed_count,
        {% for role in ['parser', 'guardrail', 'citation'] %}
        {{ spanmart.known_count(
            "case when validator_role = '" ~ role ~ "' then not is_passed end"
        ) }} as {{ role }}_failed_count,
        {% endfor %}
        cast(sum(repair_attempts) as bigint) as repair_attempts,
        bool_or(is_fallback) as is_postprocess_fallback,
        min(confidence) as validator_confidence_min,
    from validations
    group by trace_id

),

-- A prepass picks a route and no model; the decision that counts is the last one that names a
-- model.
routing_decisions as (

    select
        trace_id,
        selected_model,
        is_fallback,
        row_number() over (
            partition by trace_id
            order by selected_model is not null desc, started_at desc, span_id desc
        ) as decision_rank,
    from routing_spans

),

routes as (

    select
        trace_id,
        max(selected_model) filter (where decision_rank = 1) as selected_model,
        bool_or(is_fallback) as is_routing_fallback,
    from routing_decisions
    group by trace_id

),

answered_traces as (

    select trace_id from model_use
    union
    select trace_id from checks
    union
    select trace_id from routes

),

answer_signals as (

    select
        answered_traces.trace_id,
        -- One failed parse may be told twice, by the model span and by the parser: the larger
        -- count, not the sum.
        greatest(model_use.unparsed_output_count, checks.parser_failed_count) as parse_failed_count,
        model_use.model_blocked_count,
        model_use.model_timeout_count,
        model_use.is_last_call_timed_out,
        model_use.model_retry_count,
        checks.validator_failed_count,
        checks.guardrail_failed_count as guardrail_blocked_count,
        checks.citation_failed_count as citation_check_failed_count,
        checks.repair_attempts,
        checks.is_postprocess_fallback,
        checks.validator_confidence_min,
        routes.selected_model,
        routes.is_routing_fallback,
    from answered_traces
    left join model_use on answered_traces.trace_id = model_use.trace_id
    left join checks on answered_traces.trace_id = checks.trace_id
    left join routes on answered_traces.trace_id = routes.trace_id

)

select * from answer_signals
