-- One row per prompt assembly.
with spans as (

    select * from {{ ref('int_spans__with_attributes') }}
    where span_type = 'prompt_assembly'

),

readings as (

    select
        {{ spanmart.span_envelope() }}
        spans.prompt_name,
        spans.prompt_version,
        spans.system_prompt_version,
        spans.policy_version,
        spans.tool_instruction_version,
        {{ spanmart.attribute('context_selection_policy') }} as context_selection_policy,
        {{ spanmart.attribute('token_budget') }} as token_budget,
        {{ spanmart.attribute('system_tokens') }} as system_tokens,
        {{ spanmart.attribute('history_tokens') }} as history_tokens,
        {{ spanmart.attribute('context_tokens') }} as context_tokens,
        {{ spanmart.attribute('tool_schema_tokens') }} as tool_schema_tokens,
        {{ spanmart.attribute('user_tokens') }} as user_tokens,
        {{ spanmart.attribute('is_truncated') }} as said_truncated,
        {{ spanmart.attribute('truncation_events') }} as truncation_events,
        {{ spanmart.text_list(spanmart.attribute('included_chunk_ids')) }} as included_chunk_ids,
        {{ spanmart.text_list(spanmart.attribute('excluded_chunk_ids')) }} as excluded_chunk_ids,
        {{ spanmart.text_list(spanmart.attribute('exclusion_reasons')) }} as exclusion_reasons,
        {{ spanmart.text_list(spanmart.attribute('citation_mapping_ids')) }}
            as citation_mapping_ids,
    from spans

),

prompt_assembly_spans as (

    select
        readings.* exclude (said_truncated),
        -- A chunk left out for the budget is a truncated input, whether or not the application
        -- calls it one.
        case
            when
                coalesce(said_truncated, false)
                or coalesce(truncation_events > 0, false)
                or coalesce(list_contains(exclusion_reasons, 'budget'), false)
                then true
            when coalesce(
                cast(said_truncated as varchar),
                cast(truncation_events as varchar),
                cast(exclusion_reasons as varchar),
                cast(excluded_chunk_ids as varchar)
            ) is not null then false
        end as is_truncated,
    from readings

)

select * from prompt_assembly_spans
