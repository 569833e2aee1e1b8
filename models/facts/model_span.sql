-- One row per model call, as a span reports it.
with spans as {{ spanmart.inlined() }} (

    select * from {{ ref('int_spans__with_attributes') }}

),

calls as (

    select * from {{ ref('int_calls__priced') }}
    where call_kind = 'model'

),

token_buckets as (

    select * from {{ ref('int_calls__token_buckets') }}

),

finish_reasons as (

    select * from {{ ref('int_model_calls__finished') }}

),

referred_artifacts as (

    select * from {{ ref('int_artifacts__referred') }}

),

-- The prompt that was assembled last before a call, for calls that do not name their prompt.
assemblies as {{ spanmart.materialized() }} (

    select
        span_no,
        trace_id,
        prompt_name,
        prompt_version,
    from spans
    where span_type = 'prompt_assembly' and coalesce(prompt_name, prompt_version) is not null

),

last_assemblies as (

    select
        spans.span_no,
        last_value(assemblies.span_no ignore nulls) over (
            partition by spans.trace_id
            order by spans.start_time_unix_nano, spans.span_id
            rows between unbounded preceding and current row
        ) as assembly_no,
    from spans
    left join assemblies on spans.span_no = assemblies.span_no
    where spans.trace_id in (select in_traces.trace_id from assemblies as in_traces)

),

assembled_prompts as (

    select
        last_assemblies.span_no,
        assemblies.prompt_name,
        assemblies.prompt_version,
    from last_assemblies
    inner join assemblies on last_assemblies.assembly_no = assemblies.span_no

),

call_artifacts as (

    select
        trace_id,
        span_id,
        arg_max(artifact_id, (bytes, artifact_id)) filter (where artifact_kind = 'prompt')
            as prompt_artifact_id,
        arg_max(artifact_id, (bytes, artifact_id)) filter (where artifact_kind = 'response')
            as response_artifact_id,
    from referred_artifacts
    group by trace_id, span_id

),

model_spans as (

    select
        {{ spanmart.span_envelope() }}
        token_buckets.model_provider,
        token_buckets.model_requested,
        token_buckets.model_used,
        token_buckets.api_mode,
        token_buckets.service_tier,
        token_buckets.is_streaming,
        {{ spanmart.attribute('temperature') }} as temperature,
        {{ spanmart.attribute('top_p') }} as top_p,
        finish_reasons.max_tokens,
        coalesce(spans.prompt_name, assembled_prompts.prompt_name) as prompt_name,
        case
            when spans.prompt_version is not null then spans.prompt_version
            when spans.prompt_name is null or spans.prompt_name = assembled_prompts.prompt_name
                then assembled_prompts.prompt_version
        end as prompt_version,
        call_artifacts.prompt_artifact_id,
        call_artifacts.response_artifact_id,
        token_buckets.input_tokens,
        token_buckets.input_uncached_tokens,
        token_buckets.cache_read_tokens,
        token_buckets.cache_write_tokens,
        token_buckets.output_tokens,
        token_buckets.reasoning_tokens,
        token_buckets.unreported_output_tokens,
        token_buckets.reported_input_tokens,
        token_buckets.reported_output_tokens,
        token_buckets.token_semantics,
        token_buckets.token_semantics_basis,
        token_buckets.usage_status,
        token_buckets.is_usage_counted,
        token_buckets.is_call_counted,
        token_buckets.duplicate_reason,
        token_buckets.duplicate_of_trace_id,
        token_buckets.duplicate_of_span_id,
        cast(token_buckets.rollup_gap_tokens as bigint) as rollup_gap_tokens,
        finish_reasons.finish_reason,
        finish_reasons.finish_class,
        finish_reasons.is_truncated,
        finish_reasons.is_truncation_suspected,
        {{ spanmart.call_cost('calls') }} as cost_usd,
        calls.cost_status,
        token_buckets.provided_cost_usd,
        calls.price_valid_from,
        calls.price_provider_id,
        calls.price_model_id,
        {{ spanmart.attribute('time_to_first_token_ms') }} as time_to_first_token_ms,
        {{ spanmart.attribute('queue_ms') }} as queue_ms,
        {{ spanmart.attribute('retry_count') }} as retry_count,
        {{ spanmart.attribute('cache_status') }} as cache_status,
        {{ spanmart.attribute('tool_calls_proposed') }} as tool_calls_proposed,
        {{ spanmart.attribute('output_schema_version') }} as output_schema_version,
        {{ spanmart.attribute('is_output_parsed') }} as is_output_parsed,
        {{ spanmart.attribute('is_moderation_blocked') }} as is_moderation_blocked,
        token_buckets.response_id,
        spans.parent_no is null as is_trace_root,
        spans.workload_class,
    from calls
    inner join spans on calls.span_no = spans.span_no
    inner join token_buckets on spans.span_no = token_buckets.span_no
    inner join finish_reasons on spans.span_no = finish_reasons.span_no
    left join assembled_prompts on spans.span_no = assembled_prompts.span_no
    left join call_artifacts
        on spans.trace_id = call_artifacts.trace_id and spans.span_id = call_artifacts.span_id
    -- A wrapper that is no call of its own only repeats what stands below it: int_calls__attributed
    -- keeps it.
    where token_buckets.span_type = 'model' or token_buckets.is_usage_counted

)

select * from model_spans
