-- One row per trace with a retrieval or a prompt assembly: what its context was made of.
{{ config(materialized='view') }}
with retrieval_spans as (

    select * from {{ ref('retrieval_span') }}

),

retrieved_documents as (

    select * from {{ ref('retrieved_document') }}

),

prompt_assembly_spans as (

    select * from {{ ref('prompt_assembly_span') }}

),

retrievals as (

    select
        trace_id,
        count(*) as retrieval_count,
        cast(sum(top_k_returned) as bigint) as retrieved_count,
        {{ spanmart.known_count('top_k_returned = 0') }} as zero_result_count,
        min(top_k_returned / nullif(top_k_requested, 0)) as fill_rate_min,
        min(score_min) as score_min,
        max(score_max) as score_max,
        cast(sum(filtered_by_acl_count) as bigint) as filtered_by_acl_count,
        -- From the snapshot to this retrieval, so that a replay of old traffic does not age its
        -- index.
        max(date_diff('second', index_snapshot_at, started_at) / 86400.0) as index_age_days,
        count(*) filter (
            where {{ spanmart.is_timeout('error_type', 'error_message_redacted') }}
        ) as retrieval_timeout_count,
    from retrieval_spans
    group by trace_id

),

-- Two retrievals may return the same chunk, of which the prompt keeps one copy: a chunk is in the
-- context if any of its rows is, and counting rows would call the other copy left out.
chunks as (

    select
        trace_id,
        coalesce(chunk_id, document_id) as chunk_key,
        bool_or(is_included) as is_included,
        bool_or(
            case
                when is_included is not null then exclusion_reason is not distinct from 'budget'
            end
        ) as is_excluded_for_budget,
    from retrieved_documents
    group by trace_id, coalesce(chunk_id, document_id)

),

contexts as (

    select
        trace_id,
        {{ spanmart.known_count('is_included') }} as included_count,
        {{ spanmart.known_count(
            'case when is_included then false else is_excluded_for_budget end'
        ) }} as budget_excluded_count,
    from chunks
    group by trace_id

),

-- What a prompt's system section usually weighs: the yardstick for one that was cut to fit the
-- budget. Per prompt and not per version, because a version that always drops its instructions
-- would be its own yardstick.
usual_system_sections as (

    select
        prompt_name,
        median(system_tokens) as system_tokens,
    from prompt_assembly_spans
    where prompt_name is not null
    group by prompt_name

),

assemblies as (

    select
        prompt_assembly_spans.trace_id,
        cast(sum(prompt_assembly_spans.truncation_events) as bigint) as truncation_event_count,
        bool_or(prompt_assembly_spans.is_truncated) as is_context_truncated,
        bool_or({{ spanmart.is_instruction_dropped(
            'prompt_assembly_spans.system_tokens', 'usual_system_sections.system_tokens'
        ) }}) as is_instruction_dropped,
    from prompt_assembly_spans
    left join usual_system_sections
        on prompt_assembly_spans.prompt_name = usual_system_sections.prompt_name
    group by prompt_assembly_spans.trace_id

),

step_traces as (

    select trace_id from retrievals
    union
    select trace_id from assemblies
    union
    select trace_id from contexts

),

retrieval_signals as (

    select
        step_traces.trace_id,
        retrievals.retrieval_count,
        retrievals.retrieved_count,
        retrievals.zero_result_count,
        retrievals.fill_rate_min,
        retrievals.score_min,
        retrievals.score_max,
        retrievals.filtered_by_acl_count,
        retrievals.index_age_days,
        retrievals.retrieval_timeout_count,
        contexts.included_count,
        contexts.budget_excluded_count,
        assemblies.truncation_event_count,
        assemblies.is_context_truncated,
        assemblies.is_instruction_dropped,
    from step_traces
    left join retrievals on step_traces.trace_id = retrievals.trace_id
    left join assemblies on step_traces.trace_id = assemblies.trace_id
    left join contexts on step_traces.trace_id = contexts.trace_id

)

select * from retrieval_signals
