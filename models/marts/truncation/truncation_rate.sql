-- One row per day, prompt version and model.
with calls as (

    select * from {{ ref('model_span') }}
    where is_call_counted and workload_class = 'production'

),

traces as (

    select
        trace_id,
        started_on as day,
        sample_weight,
    from {{ ref('request_trace') }}

),

prompt_assemblies as (

    select
        trace_id,
        prompt_name,
        prompt_version,
        bool_or(is_truncated) as is_input_truncated,
    from {{ ref('prompt_assembly_span') }}
    group by trace_id, prompt_name, prompt_version

),

measured_calls as (

    select
        traces.day,
        calls.prompt_name,
        calls.prompt_version,
        coalesce(calls.model_used, calls.model_requested) as model,
        traces.sample_weight,
        calls.is_truncated,
        calls.finish_class,
        prompt_assemblies.is_input_truncated,
        -- All of what came out was reasoning, and then the limit struck: the user saw nothing.
        calls.is_truncated
        and calls.reasoning_tokens > 0
        and calls.output_tokens = calls.reasoning_tokens as is_empty_after_reasoning,
    from calls
    inner join traces on calls.trace_id = traces.trace_id
    left join prompt_assemblies
        on
            calls.trace_id = prompt_assemblies.trace_id
            and calls.prompt_name is not distinct from prompt_assemblies.prompt_name
            and calls.prompt_version is not distinct from prompt_assemblies.prompt_version

),

cells as (

    select
        day,
        prompt_name,
        prompt_version,
        model,
        count(*) as call_count,
        count(is_truncated) as known_count,
        count(*) filter (where is_truncated) as output_truncated_count,
        count(is_input_truncated) as input_known_count,
        count(*) filter (where is_input_truncated) as input_truncated_count,
        count(*) filter (where finish_class = 'context_window') as context_window_count,
        count(*) filter (where is_empty_after_reasoning) as empty_after_reasoning_count,
        coalesce(sum(sample_weight) filter (where is_truncated is not null), 0)
            as weighted_known_count,
        coalesce(sum(sample_weight) filter (where is_truncated), 0)
            as weighted_output_truncated_count,
        sum(sample_weight * sample_weight) filter (where is_truncated is not null)
            as squared_weight_sum,
    from measured_calls
    group by all

),

weighed_cells as (

    select
        cells.*,
        weighted_output_truncated_count / nullif(weighted_known_count, 0) as output_truncation_rate,
        -- Sampled calls that stand for many say less than as many calls would: the interval is as
        -- wide as their effective number makes it.
        {{ spanmart.effective_sample_size('weighted_known_count', 'squared_weight_sum') }}
            as effective_count,
    from cells

),

rated_cells as (

    select
        day,
        prompt_name,
        prompt_version,
        model,
        call_count,
        known_count,
        output_truncated_count,
        input_known_count,
        input_truncated_count,
        context_window_count,
        empty_after_reasoning_count,
        weighted_known_count,
        weighted_output_truncated_count,
        output_truncation_rate,
        {{ spanmart.wilson_low('output_truncation_rate * effective_count', 'effective_count') }}
            as rate_low,
        {{ spanmart.wilson_high('output_truncation_rate * effective_count', 'effective_count') }}
            as rate_high,
    from weighed_cells

)

select * from rated_cells
