-- One row per tool execution (one attempt).
with spans as (

    select * from {{ ref('int_spans__with_attributes') }}
    -- ADK repeats parallel executions in one more span.
    where span_type = 'tool' and name not like '%(merged)'

),

referred_artifacts as (

    select * from {{ ref('int_artifacts__referred') }}

),

tool_artifacts as (

    select
        trace_id,
        span_id,
        min(artifact_id) filter (where artifact_kind = 'tool_arguments') as arguments_artifact_id,
        min(artifact_id) filter (where artifact_kind = 'tool_result') as result_artifact_id,
        max(bytes) filter (where artifact_kind = 'tool_result') as result_bytes,
    from referred_artifacts
    group by trace_id, span_id

),

readings as (

    select
        {{ spanmart.span_envelope() }}
        spans.span_no,
        spans.parent_no,
        coalesce({{ spanmart.attribute('tool_name') }}, spans.name) as tool_name,
        {{ spanmart.attribute('tool_version') }} as tool_version,
        spans.tool_schema_version,
        {{ spanmart.attribute('tool_call_id') }} as tool_call_id,
        -- Artifacts are named by their content, so the same arguments have the same name.
        coalesce(
            {{ spanmart.attribute('arguments_hash') }}, tool_artifacts.arguments_artifact_id
        ) as arguments_hash,
        tool_artifacts.arguments_artifact_id,
        tool_artifacts.result_artifact_id,
        coalesce({{ spanmart.attribute('is_success') }}, spans.span_status <> 'error')
            as is_success,
        {{ spanmart.attribute('error_category') }} as said_error_category,
        {{ spanmart.attribute('retry_count') }} as said_retry_count,
        {{ spanmart.attribute('attempt_number') }} as said_attempt_number,
        {{ spanmart.attribute('timeout_ms') }} as timeout_ms,
        coalesce({{ spanmart.attribute('result_bytes') }}, tool_artifacts.result_bytes)
            as result_bytes,
        {{ spanmart.attribute('downstream_dependency') }} as downstream_dependency,
        {{ spanmart.attribute('auth_context_type') }} as auth_context_type,
        {{ spanmart.attribute('response_code') }} as response_code,
        {{ spanmart.attribute('returned_state') }} as returned_state,
        {{ spanmart.attribute('is_state_changing') }} as is_state_changing,
    from spans
    left join tool_artifacts
        on spans.trace_id = tool_artifacts.trace_id and spans.span_id = tool_artifacts.span_id

),

-- An episode is one wish of the model: attempts at the same tool with the same arguments in the
-- same trace. Where the arguments are not known, the call id tells, and without one each execution
-- stands for itself.
episodes as (

    select
        readings.*,
        coalesce(arguments_hash, tool_call_id, span_id) as episode_key,
    from readings

),

-- A retry follows a failure. The same call after a success is a wish of its own.
renewed_episodes as (

    select
        episodes.*,
        coalesce(
            said_attempt_number = 1
            or (said_attempt_number is null and lag(is_success) over calls_in_order),
            false
        ) as is_new_wish,
    from episodes
    window calls_in_order as (
        partition by trace_id, tool_name, episode_key
        order by started_at, said_attempt_number, span_id
    )

),

numbered_episodes as (

    select
        renewed_episodes.*,
        sum(cast(is_new_wish as integer)) over (
            partition by trace_id, tool_name, episode_key
            order by started_at, said_attempt_number, span_id
            rows between unbounded preceding and current row
        ) as episode_number,
    from renewed_episodes

),

attempts as (

    select
        numbered_episodes.*,
        row_number() over attempts_in_order as attempt_in_episode,
        lead(span_no) over attempts_in_order is null as is_last_attempt,
    from numbered_episodes
    window attempts_in_order as (
        partition by trace_id, tool_name, episode_key, episode_number
        order by started_at, said_attempt_number, span_id
    )

),

tool_spans as (

    select
        attempts.* exclude (
            span_no,
            parent_no,
            episode_key,
            said_error_category,
            said_retry_count,
            said_attempt_number,
            is_new_wish,
            episode_number,
            attempt_in_episode
        ),
        {{ spanmart.stable_hash(
            "concat_ws('/', trace_id, tool_name, episode_key, episode_number)"
        ) }} as episode_id,
        case
            when is_success then null
            else coalesce(
                said_error_category,
                {{ spanmart.tool_error_category(
                    'error_type', 'error_message_redacted', 'response_code'
                ) }}
            )
        end as error_category,
        coalesce(said_attempt_number, attempt_in_episode) as attempt_number,
        coalesce(said_retry_count, coalesce(said_attempt_number, attempt_in_episode) - 1)
            as retry_count,
    from attempts

)

select * from tool_spans
