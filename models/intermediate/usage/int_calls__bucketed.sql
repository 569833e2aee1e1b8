-- One row per call or usage report: its tokens on the inclusive convention, in disjoint buckets.
-- What the call says of itself stands in int_calls__reported: int_calls__token_buckets has both.
with calls as {{ spanmart.inlined() }} (

    select * from {{ ref('int_calls__attributed') }}

),

twins as (

    select * from {{ ref('int_calls__twinned') }}

),

scopes as (

    select * from {{ ref('instrumentation_scopes') }}

),

measured_calls as (

    select
        calls.* exclude (duplicate_reason),
        coalesce(calls.duplicate_reason, twins.twin_reason) as duplicate_reason,
        twins.twin_trace_id as duplicate_of_trace_id,
        twins.twin_span_id as duplicate_of_span_id,
        case when calls.has_usage then calls.usage_input end as said_input,
        case
            when not calls.has_usage then null
            when calls.call_kind = 'embedding' then coalesce(calls.usage_output, 0)
            else calls.usage_output
        end as said_output,
        coalesce(calls.usage_cache_read, 0)
        + {{ spanmart.cache_write_total('calls') }} as cache_tokens,
    from calls
    left join twins on calls.span_no = twins.span_no

),

-- The rule of each producer, by the longest scope prefix that matches; only asked where the numbers
-- prove nothing.
ruled_scopes as (

    select
        said_scopes.instrumentation_scope,
        said_scopes.model_provider,
        scopes.input_semantics,
    from (
        select distinct
            instrumentation_scope,
            model_provider,
        from calls
    ) as said_scopes
    inner join scopes
        on
            starts_with(said_scopes.instrumentation_scope, scopes.scope_prefix)
            and coalesce(scopes.model_provider, said_scopes.model_provider)
            is not distinct from said_scopes.model_provider
    qualify row_number() over (
        partition by said_scopes.instrumentation_scope, said_scopes.model_provider
        order by length(scopes.scope_prefix) desc, scopes.model_provider nulls last
    ) = 1

),

ruled_calls as (

    select
        measured_calls.*,
        ruled_scopes.input_semantics as ruled_semantics,
    from measured_calls
    left join ruled_scopes
        on
            measured_calls.instrumentation_scope = ruled_scopes.instrumentation_scope
            and measured_calls.model_provider is not distinct from ruled_scopes.model_provider

),

judged_calls as (

    select
        ruled_calls.*,
        case
            when said_input is null then null
            when cache_tokens = 0 then 'inclusive'
            -- A part cannot exceed its whole.
            when cache_tokens > said_input then 'exclusive'
            when usage_total = said_input + said_output + cache_tokens then 'exclusive'
            when usage_total = said_input + said_output then 'inclusive'
            when ruled_semantics is not null then ruled_semantics
            when usage_namespace in ('gen_ai', 'openinference') then 'inclusive'
            else 'undetermined'
        end as token_semantics,
        case
            when said_input is null then null
            when cache_tokens = 0 then 'no_cache'
            when cache_tokens > said_input then 'cache_exceeds_input'
            when usage_total in (said_input + said_output + cache_tokens, said_input + said_output)
                then 'total_adds_up'
            when ruled_semantics is not null then 'scope_rule'
            when usage_namespace in ('gen_ai', 'openinference') then 'namespace_default'
            else 'undetermined'
        end as token_semantics_basis,
    from ruled_calls

),

totals as (

    select
        judged_calls.*,
        case token_semantics
            when 'inclusive' then said_input
            when 'exclusive' then said_input + cache_tokens
        end as input_tokens,
        -- Reasoning is part of the output, unless it is more than the whole or the total shows it
        -- beside it.
        coalesce(
            usage_reasoning > said_output
            or usage_total = said_input + said_output + usage_reasoning
            or usage_total = said_input + cache_tokens + said_output + usage_reasoning,
            false
        ) and coalesce(usage_reasoning, 0) > 0 as is_reasoning_apart,
    from judged_calls

),

outputs as (

    select
        totals.*,
        said_output + case when is_reasoning_apart then usage_reasoning else 0 end as known_output,
        -- A total above its parts is output that the producer forgot (thinking); never before the
        -- cache was ruled out.
        case
            when
                usage_total
                > coalesce(said_input, 0) + coalesce(said_output, 0) + coalesce(usage_reasoning, 0)
                and token_semantics = 'inclusive'
                and token_semantics_basis in ('no_cache', 'scope_rule', 'namespace_default')
                and cache_tokens + said_input + said_output <> usage_total
                then
                    usage_total - said_input - said_output
                    - case when is_reasoning_apart then usage_reasoning else 0 end
        end as unreported_output_tokens,
    from totals

),

buckets as (

    select
        outputs.span_no,
        outputs.token_semantics,
        outputs.token_semantics_basis,
        case
            when outputs.is_usage_estimated then 'estimated'
            when outputs.has_usage then 'reported'
            when outputs.span_status = 'error' or outputs.ended_at is null then 'missing_error'
            when outputs.is_streaming then 'missing_stream'
            else 'missing_other'
        end as usage_status,
        -- A refusal of the provider costs nothing; what timed out or broke off while streaming may
        -- have been billed in full.
        not outputs.has_usage
        and (
            coalesce(outputs.is_streaming, false)
            or {{ spanmart.is_timeout('outputs.error_type', 'outputs.error_message_redacted') }}
        ) as is_perhaps_billed,
        outputs.duplicate_reason,
        outputs.duplicate_of_trace_id,
        outputs.duplicate_of_span_id,
        -- One row speaks for a call, with usage or without; of those, the deepest that carries
        -- usage is summed.
        outputs.duplicate_reason is null
        and (outputs.span_type = outputs.call_kind or not outputs.has_call_below)
            as is_call_counted,
        outputs.duplicate_reason is null and outputs.has_usage as is_usage_counted,
        outputs.is_below_usage,
        outputs.rollup_gap_tokens,
        outputs.input_tokens,
        case
            when
                coalesce(
                    outputs.usage_cache_write,
                    outputs.usage_cache_write_5m,
                    outputs.usage_cache_write_1h
                ) is not null then {{ spanmart.cache_write_total('outputs') }}
        end as cache_write_tokens,
        case
            when outputs.usage_cache_write is not null
                then
                    greatest(
                        outputs.usage_cache_write
                        - coalesce(outputs.usage_cache_write_5m, 0)
                        - coalesce(outputs.usage_cache_write_1h, 0),
                        0
                    )
        end as cache_write_other_tokens,
        outputs.input_tokens - outputs.cache_tokens as input_uncached_tokens,
        outputs.known_output + coalesce(outputs.unreported_output_tokens, 0) as output_tokens,
        outputs.unreported_output_tokens,
        case when outputs.has_usage then outputs.usage_reasoning end as reasoning_tokens,
        outputs.known_output
        - coalesce(outputs.usage_reasoning, 0)
        - coalesce(outputs.usage_output_audio, 0) as output_text_tokens,
    from outputs

)

select * from buckets
