-- One row per trace: how its tools did, and which required tool it went without.
{{ config(materialized='view') }}
with request_traces as (

    select * from {{ ref('request_trace') }}

),

tool_spans as (

    select * from {{ ref('tool_span') }}

),

required_tools as (

    select * from {{ ref('required_tools') }}

),

tool_attempts as (

    select
        trace_id,
        tool_name,
        is_success,
        is_last_attempt,
        is_state_changing,
        -- Without a timeout setting only the error's words can tell.
        coalesce(duration_ms >= timeout_ms, false)
        or {{ spanmart.is_timeout('error_category', 'error_type', 'error_message_redacted') }}
            as is_timeout,
        -- 403 with a success flag: the tool's wrapper swallowed the refusal.
        is_success and try_cast(response_code as integer) >= 400 as is_refusal_swallowed,
    from tool_spans

),

tool_use as (

    select
        trace_id,
        count(*) as tool_call_count,
        {{ spanmart.known_count('not is_success') }} as tool_error_count,
        -- A retry that got through is cost and time, not a failure of the answer: only the last
        -- attempt counts.
        {{ spanmart.known_count('is_last_attempt and not is_success') }}
            as tool_last_attempt_failed_count,
        {{ spanmart.known_count('not is_last_attempt') }} as tool_retry_count,
        {{ spanmart.known_count('is_timeout') }} as tool_timeout_count,
        {{ spanmart.known_count('is_timeout and is_last_attempt and is_success is not true') }}
            as tool_unrecovered_timeout_count,
        {{ spanmart.known_count('is_state_changing and is_last_attempt and not is_success') }}
            as state_change_failed_count,
        {{ spanmart.known_count('is_refusal_swallowed') }} as tool_refusal_swallowed_count,
    from tool_attempts
    group by trace_id

),

tools_used as (

    select
        trace_id,
        tool_name,
        bool_or(is_success is not false) as is_used_well,
    from tool_attempts
    group by all

),

-- A trace whose task type nobody recorded has no row here: what it needed is unknown.
required_use as (

    select
        request_traces.trace_id,
        count(required_tools.tool_name) as required_tool_count,
        count(required_tools.tool_name) filter (
            where tools_used.tool_name is null
        ) as required_tool_not_called_count,
        count(required_tools.tool_name) filter (
            where not tools_used.is_used_well
        ) as required_tool_failed_count,
    from request_traces
    left join required_tools
        on
            request_traces.task_type = required_tools.task_type
            and (
                required_tools.prompt_name is null
                or request_traces.prompt_name = required_tools.prompt_name
            )
    left join tools_used
        on
            request_traces.trace_id = tools_used.trace_id
            and required_tools.tool_name = tools_used.tool_name
    where request_traces.task_type is not null
    group by request_traces.trace_id

),

tool_signals as (

    select
        request_traces.trace_id,
        coalesce(tool_use.tool_call_count, 0) as tool_call_count,
        tool_use.tool_error_count,
        tool_use.tool_last_attempt_failed_count,
        tool_use.tool_retry_count,
        tool_use.tool_timeout_count,
        tool_use.tool_unrecovered_timeout_count,
        tool_use.state_change_failed_count,
        tool_use.tool_refusal_swallowed_count,
        required_use.required_tool_count,
        required_use.required_tool_not_called_count,
        required_use.required_tool_failed_count,
    from request_traces
    left join tool_use on request_traces.trace_id = tool_use.trace_id
    left join required_use on request_traces.trace_id = required_use.trace_id

)

select * from tool_signals
