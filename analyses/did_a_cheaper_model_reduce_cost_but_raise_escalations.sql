-- Did a cheaper model reduce cost but raise escalations? One row per pair of models that did the
-- same kind of task, the cheaper one named first.
--
-- Models are given different work, so both differences are taken within tasks of the same prompt,
-- type and customer tier (Mantel-Haenszel) and never between averages. A model is the one that was
-- asked for: a call that fails has no answering model, and would leave its failure out. Tasks of
-- one user are taken as independent; for a verdict that holds when users come back, put the models
-- behind two versions of a prompt and read `prompt_version_regression`.
{%- set minimum_tasks = 100 %}
with traces as (

    select * from {{ ref('request_trace') }}
    where workload_class = 'production'

),

calls as (

    select * from {{ ref('model_span') }}

),

-- The calls that answered, not those that routed, rewrote or judged.
answering_models as (

    select
        traces.trace_id,
        max(coalesce(calls.model_requested, calls.model_used)) as model,
        count(distinct coalesce(calls.model_requested, calls.model_used)) as model_count,
    from traces
    inner join calls
        on
            traces.trace_id = calls.trace_id
            and traces.prompt_name = calls.prompt_name
    group by traces.trace_id

),

tasks as (

    select
        traces.task_key,
        max(answering_models.model) as model,
        concat_ws(
            ' | ',
            max(traces.prompt_name),
            coalesce(max(traces.task_type), '(unknown)'),
            coalesce(max(traces.customer_tier), '(unknown)')
        ) as stratum,
        bool_or(traces.is_escalated) as is_escalated,
        -- Unknown when any part of it is: a model without a price must not look cheap.
        case
            when bool_and(traces.cost_status in ('priced', 'no_calls'))
                then cast(sum(traces.cost_usd) as double)
        end as cost_usd,
    from traces
    inner join answering_models on traces.trace_id = answering_models.trace_id
    group by traces.task_key
    -- A task that two models shared is evidence for neither.
    having
        count(distinct answering_models.model) = 1
        and max(answering_models.model_count) = 1

),

cells as (

    select
        stratum,
        model,
        count(*) as task_count,
        count(*) filter (where is_escalated) as escalation_count,
        avg(cost_usd) as mean_cost_usd,
    from tasks
    where
        cost_usd is not null
        and is_escalated is not null
    group by stratum, model

),

shared_strata as (

    select
        first_cells.model as cheaper_model,
        second_cells.model as dearer_model,
        first_cells.task_count as cheaper_count,
        first_cells.escalation_count as cheaper_escalations,
        first_cells.mean_cost_usd as cheaper_cost_usd,
        second_cells.task_count as dearer_count,
        second_cells.escalation_count as dearer_escalations,
        second_cells.mean_cost_usd as dearer_cost_usd,
        {{ spanmart.mantel_haenszel_weight('first_cells.task_count', 'second_cells.task_count') }}
            as stratum_weight,
    from cells as first_cells
    inner join cells as second_cells
        on
            first_cells.stratum = second_cells.stratum
            and first_cells.model <> second_cells.model

),

pairs as (

    select
        cheaper_model,
        dearer_model,
        sum(cheaper_count) as cheaper_task_count,
        sum(dearer_count) as dearer_task_count,
        count(*) as strata_count,
        sum(stratum_weight * cheaper_cost_usd) / sum(stratum_weight) as cheaper_cost_per_task_usd,
        sum(stratum_weight * dearer_cost_usd) / sum(stratum_weight) as dearer_cost_per_task_usd,
        {{ spanmart.mantel_haenszel_risk_difference(
            'cheaper_escalations', 'cheaper_count', 'dearer_escalations', 'dearer_count'
        ) }} as escalation_increase,
        {{ spanmart.mantel_haenszel_risk_difference_se(
            'cheaper_escalations', 'cheaper_count', 'dearer_escalations', 'dearer_count'
        ) }} as escalation_increase_se,
    from shared_strata
    group by cheaper_model, dearer_model

),

answers as (

    select
        cheaper_model,
        dearer_model,
        case
            when least(cheaper_task_count, dearer_task_count) < {{ minimum_tasks }}
                then 'not known: too few tasks'
            when escalation_increase > {{ spanmart.critical_z(0.95) }} * escalation_increase_se
                then 'yes: cheaper, and more escalations'
            when escalation_increase < -{{ spanmart.critical_z(0.95) }} * escalation_increase_se
                then 'no: cheaper, and fewer escalations'
            else 'cheaper; no difference in escalations shown'
        end as answer,
        cheaper_cost_per_task_usd,
        dearer_cost_per_task_usd,
        cheaper_cost_per_task_usd / nullif(dearer_cost_per_task_usd, 0) - 1 as cost_change,
        escalation_increase,
        escalation_increase - {{ spanmart.critical_z(0.95) }} * escalation_increase_se
            as escalation_increase_low,
        escalation_increase + {{ spanmart.critical_z(0.95) }} * escalation_increase_se
            as escalation_increase_high,
        cheaper_task_count,
        dearer_task_count,
        strata_count,
    from pairs
    where cheaper_cost_per_task_usd < dearer_cost_per_task_usd
    order by cost_change, cheaper_model, dearer_model

)

select * from answers
