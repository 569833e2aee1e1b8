-- One row per touched trace: how many traces it stands for, and who says so.
with traces as (

    select * from {{ ref('int_traces__rolled_up') }}

),

policies as (

    select * from {{ ref('sampling_policies') }}

),

said_weights as (

    select
        trace_id,
        started_at,
        service_name,
        environment,
        final_status,
        duration_ms,
        error_span_count > 0 as has_error,
        sample_weight,
        case
            when {{ spanmart.tracestate_weight('trace_state') }} is not null then 'tracestate'
            when sample_rate > 0 and sample_rate <= 1 then 'sample_rate'
        end as said_by,
    from traces

),

-- A collector that keeps all failures and some successes writes that nowhere on the spans: who runs
-- it knows. The first of the policies that fits a trace is why it was kept.
fitting_policies as (

    select
        said_weights.trace_id,
        arg_min(policies.sample_rate, policies.policy_order) as sample_rate,
    from said_weights
    inner join policies
        on
            coalesce(
                policies.service_name = said_weights.service_name, policies.service_name is null
            )
            and coalesce(
                policies.environment = said_weights.environment, policies.environment is null
            )
            and coalesce(
                policies.final_status = said_weights.final_status, policies.final_status is null
            )
            and coalesce(policies.has_error = said_weights.has_error, policies.has_error is null)
            and coalesce(
                said_weights.duration_ms >= policies.min_duration_ms,
                policies.min_duration_ms is null
            )
            and coalesce(said_weights.started_at >= policies.valid_from, true)
            and coalesce(said_weights.started_at < policies.valid_to, true)
    where said_weights.said_by is null
    group by said_weights.trace_id

),

weighted_traces as (

    select
        said_weights.trace_id,
        case
            when said_weights.said_by is null and fitting_policies.sample_rate is not null
                then 1.0 / fitting_policies.sample_rate
            else said_weights.sample_weight
        end as sample_weight,
        coalesce(
            said_weights.said_by,
            case when fitting_policies.sample_rate is not null then 'policy' end,
            'none'
        ) as sample_weight_basis,
    from said_weights
    left join fitting_policies on said_weights.trace_id = fitting_policies.trace_id

)

select * from weighted_traces
