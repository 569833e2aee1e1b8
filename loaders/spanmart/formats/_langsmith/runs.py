"""LangSmith's runs, or the halves of them that SDKs send, as spans."""

from __future__ import annotations

from spanmart.formats._langsmith.found import DOCUMENTS
from spanmart.formats._langsmith.usage import ATTRIBUTES as USAGE_ATTRIBUTES
from spanmart.formats._langsmith.usage import COUNTED

_TEXTS = (
    *("id", "trace_id", "parent_run_id", "dotted_order", "name", "run_type", "status"),
    *("start_time", "end_time", "first_token_time", "session_name", "session_id", "tenant_id"),
    *("prompt_tokens", "completion_tokens", "total_tokens", "total_cost", "reference_example_id"),
)
_SHAPE = (
    "{"
    + ", ".join(
        [*(f'"{each}": "VARCHAR"' for each in _TEXTS)]
        + [f'"{each}": "JSON"' for each in (*DOCUMENTS, "tags")]
    )
    + "}"
)
_UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

_DESCRIBED = f"""
read_runs as (
    select
        * exclude (object),
        json_transform(object, '{_SHAPE}') as said
    from found
    where not is_feedback
    -- What stands among others and has no ids becomes a reject.
    and not (
        is_alone
        and coalesce(
            object ->> '$.run_type', object ->> '$.dotted_order', object ->> '$.trace_id',
            object ->> '$.end_time', object ->> '$.outputs', named_id
        ) is null
    )
),

named_runs as materialized (
    select
        record_number,
        operation,
        named_id,
        sent_at_nanos,
        {", ".join(f"said(said.{each}) as {each}" for each in _TEXTS)},
        {
    ", ".join(f"inner_json(coalesce({each}_part, said.{each})) as {each}" for each in DOCUMENTS)
},
        inner_json(said.tags) as tags,
        -- Segments of a time and the id of a run, from the root down to the run itself.
        regexp_extract_all(said.dotted_order, '({_UUID})(?:[.]|$)', 1) as lineage
    from read_runs
),

opened_runs as materialized (
    select
        *,
        -- A generation for each choice; some clients leave out the list for several prompts.
        list_filter(
            list_concat(
                list_filter(
                    coalesce(outputs -> '$.generations[*]', []),
                    lambda each: json_type(each) = 'OBJECT'
                ),
                coalesce(outputs -> '$.generations[*][*]', [])
            ),
            lambda each: json_type(each) = 'OBJECT'
        ) as generations,
        coalesce(outputs -> '$.choices[*]', []) as choices
    from named_runs
),

described as materialized (
    select
        *,
        coalesce(id, named_id, lineage[-1]) as run_id,
        -- The patches of the JS SDK do not say of what.
        coalesce(
            run_type in ('llm', 'embedding'),
            len(generations) + len(choices) > 0
            or (outputs ->> '$.usage_metadata') is not null
            or (extra ->> '$.metadata.ls_model_type') is not null
        ) as is_call,
        moment_nanos(start_time) as start_nanos,
        moment_nanos(end_time) as end_nanos,
        error ->> '$' as error_text,
        coalesce(
            generations[1] -> '$.message.kwargs',
            generations[1] -> '$.message',
            outputs -> '$.message.kwargs',
            outputs -> '$.message'
        ) as message,
        -- What the SDK reads from the environment is none of the application's.
        map_from_entries(list_filter(
            map_entries(try_cast(extra -> '$.metadata' as map(varchar, json))),
            lambda each: each.value is not null
            and not regexp_matches(
                each.key, '^(LANGSMITH|LANGCHAIN)_|^(usage_metadata|ls_invocation_params)$'
            )
        )) as own_metadata,
        texts_of(extra -> '$.metadata') as metadata,
        coalesce(extra -> '$.invocation_params', inputs) as parameters,
        coalesce(
            nullif(outputs -> '$.documents[*]', []), outputs -> '$.output[*]'
        ) as documents
    from opened_runs
)
"""

_SPANS = f"""
select
    record_number,
    coalesce(trace_id, lineage[1]) as trace_id,
    run_id as span_id,
    coalesce(parent_run_id, lineage[-2]) as parent_span_id,
    name,
    start_nanos as start_time_unix_nano,
    end_nanos as end_time_unix_nano,
    nanos_timestamp(coalesce(end_nanos, start_nanos, sent_at_nanos)) as source_version_at,
    case
        when said(error_text) is not null or status = 'error' then 'error'
        when status = 'success' then 'ok'
    end as status_code,
    split_part(said(error_text), chr(10), 1) as status_message,
    'langsmith.runs' as scope_name,
    extra ->> '$.runtime.sdk_version' as scope_version,
    map_concat(
        {USAGE_ATTRIBUTES},
        map {{
            'spanmart.record.is_partial': case
                when operation = 'patch' or (operation = 'post' and end_time is null) then 'true'
            end,
            'langsmith.span.kind': run_type,
            'openinference.span.kind': case
                when run_type in ('llm', 'tool', 'retriever', 'chain', 'embedding', 'prompt')
                    then upper(run_type)
                when run_type = 'parser' then 'CHAIN'
            end,
            'langsmith.trace.session_name': session_name,
            'langsmith.project.id': session_id,
            'langsmith.tenant.id': tenant_id,
            'langsmith.reference_example_id': reference_example_id,
            'langsmith.span.tags': case
                when json_array_length(tags) > 0 then cast(tags as varchar)
            end,
            'metadata': case
                when cardinality(own_metadata) > 0 then cast(to_json(own_metadata) as varchar)
            end,
            'session.id': metadata['session_id'],
            'gen_ai.conversation.id': coalesce(
                metadata['thread_id'], metadata['conversation_id'], metadata['session_id']
            ),
            'user.id': metadata['user_id'],
            'gen_ai.prompt.name': metadata['lc_hub_repo'],
            'gen_ai.prompt.version': metadata['lc_hub_commit_hash'],
            'input.value': case when said(inputs ->> '$') is not null then inputs ->> '$' end,
            'output.value': case when said(outputs ->> '$') is not null then outputs ->> '$' end,
            'error.type': case
                when status = 'error' or said(error_text) is not null
                    then nullif(regexp_extract(error_text, '^([A-Za-z_][\\w.]*)[(:]', 1), '')
            end,
            'exception.stacktrace': case when contains(error_text, chr(10)) then error_text end,
            'gen_ai.tool.name': case when run_type = 'tool' then name end,
            'gen_ai.tool.call.id': case
                when run_type = 'tool'
                    then coalesce(
                        outputs ->> '$.output.tool_call_id',
                        outputs ->> '$.output.kwargs.tool_call_id',
                        outputs ->> '$.tool_call_id',
                        inputs ->> '$.tool_call_id'
                    )
            end,
            'gen_ai.retrieval.documents': case
                when run_type = 'retriever' and len(documents) > 0
                    then cast(to_json(list_transform(
                        documents,
                        lambda each: {{
                            'id': coalesce(each ->> '$.id', each ->> '$.metadata.id'),
                            'score': try_cast(
                                coalesce(each ->> '$.score', each ->> '$.metadata.score') as double
                            )
                        }}
                    )) as varchar)
            end
        }},
        case
            when is_call then map {{
                'gen_ai.provider.name': metadata['ls_provider'],
                'gen_ai.request.model': coalesce(
                    parameters ->> '$.model', parameters ->> '$.model_name',
                    metadata['ls_model_name']
                ),
                'gen_ai.response.model': coalesce(
                    outputs ->> '$.model',
                    outputs ->> '$.llm_output.model_name',
                    message ->> '$.response_metadata.model_name',
                    message ->> '$.response_metadata.model'
                ),
                'gen_ai.response.id': list_extract(list_filter(
                    [
                        outputs ->> '$.id', outputs ->> '$.llm_output.id',
                        message ->> '$.response_metadata.id', message ->> '$.id'
                    ],
                    lambda each: regexp_matches(each, '^(chatcmpl|cmpl|resp|msg|gen)[-_]')
                ), 1),
                'gen_ai.response.finish_reasons': cast(nullif(to_json(list_filter(
                    list_concat(
                        list_transform(
                            choices,
                            -- The JS SDK puts the last chunk where its reason belongs.
                            lambda each: coalesce(
                                each ->> '$.finish_reason.finish_reason', each ->> '$.finish_reason'
                            )
                        ),
                        list_transform(
                            generations,
                            lambda each: coalesce(
                                each ->> '$.generation_info.finish_reason',
                                each ->> '$.message.kwargs.response_metadata.finish_reason',
                                each ->> '$.message.response_metadata.finish_reason',
                                each ->> '$.message.kwargs.response_metadata.stop_reason',
                                each ->> '$.message.response_metadata.stop_reason'
                            )
                        ),
                        [outputs ->> '$.stop_reason', outputs ->> '$.incomplete_details.reason']
                    ),
                    lambda each: regexp_full_match(each, '[A-Za-z][\\w.-]*')
                )), '[]') as varchar),
                'spanmart.model.tool_calls_proposed': cast(list_sum(list_concat(
                    list_transform(
                        choices,
                        lambda each: coalesce(json_array_length(each -> '$.message.tool_calls'), 0)
                    ),
                    list_transform(
                        generations,
                        lambda each: coalesce(
                            json_array_length(each -> '$.message.kwargs.tool_calls'),
                            json_array_length(each -> '$.message.tool_calls'), 0
                        )
                    )
                )) as varchar),
                'gen_ai.request.temperature': coalesce(
                    parameters ->> '$.temperature', metadata['ls_temperature']
                ),
                'gen_ai.request.top_p': parameters ->> '$.top_p',
                'gen_ai.request.max_tokens': coalesce(
                    parameters ->> '$.max_completion_tokens', parameters ->> '$.max_output_tokens',
                    parameters ->> '$.max_tokens', metadata['ls_max_tokens']
                ),
                'gen_ai.request.stream': coalesce(
                    parameters ->> '$.stream', parameters ->> '$.streaming'
                ),
                'spanmart.model.time_to_first_token_ms': cast(
                    (
                        moment_nanos(coalesce(
                            first_token_time,
                            list_extract(
                                list_filter(
                                    try_cast(events as json[]),
                                    lambda each: (each ->> '$.name') = 'new_token'
                                ), 1
                            ) ->> '$.time'
                        )) - start_nanos
                    ) / 1e6 as varchar
                )
            }}
            else map([]::varchar[], []::varchar[])
        end
    ) as attributes,
    map {{
        'telemetry.sdk.name': extra ->> '$.runtime.sdk',
        'telemetry.sdk.version': extra ->> '$.runtime.sdk_version',
        'telemetry.sdk.language': extra ->> '$.runtime.runtime'
    }} as resource_attributes
from counted
"""

SPANS = f"{_DESCRIBED},\n{COUNTED}\n{_SPANS}"
