"""Langfuse's observations and traces as spans, under the names of its own OpenTelemetry dialect."""

from __future__ import annotations

from spanmart.formats._langfuse.usage import ATTRIBUTES as USAGE_ATTRIBUTES
from spanmart.formats._langfuse.usage import COUNTED

_TEXTS = (
    *("id", "traceId", "parentObservationId", "type", "name", "startTime", "endTime", "timestamp"),
    *("level", "statusMessage", "version", "release", "environment", "userId", "sessionId"),
    *("completionStartTime", "timeToFirstToken", "latency", "createdAt", "updatedAt", "projectId"),
    *("providedModelName", "model", "promptName", "promptVersion", "totalCost", "traceName"),
    *("calculatedTotalCost", "input", "output"),
)
_DOCUMENTS = (
    *("metadata", "modelParameters", "usageDetails", "usage", "costDetails", "toolDefinitions"),
    *("toolCalls", "tags"),
)


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _shape() -> str:
    """For json_transform: one pass over an object whose input may be long."""
    kinds = dict.fromkeys(_TEXTS, "VARCHAR") | dict.fromkeys(_DOCUMENTS, "JSON")
    members = {name: kind for camel, kind in kinds.items() for name in (camel, _snake(camel))}
    return "{" + ", ".join(f'"{name}": "{kind}"' for name, kind in members.items()) + "}"


def _said(camel: str) -> str:
    """What either spelling says; JSON may be written as a text."""
    spellings = [f"said.{name}" for name in dict.fromkeys([_snake(camel), camel])]
    if camel in _DOCUMENTS:
        said = [
            f"case when said(inner_json({each}) ->> '$') is not null then inner_json({each}) end"
            for each in spellings
        ]
    else:
        said = [f"said({each})" for each in spellings]
    return f"coalesce({', '.join(said)}) as {_snake(camel)}"


def _flattened(prefix: str) -> str:
    """The members of the metadata whose names begin so, without that beginning."""
    return f"""map_from_entries(list_transform(
                list_filter(
                    map_entries(texts_of(metadata)),
                    lambda each: starts_with(each.key, '{prefix}') and each.key <> '{prefix}'
                ),
                lambda each: {{
                    'key': substr(each.key, {len(prefix) + 1}), 'value': each.value
                }}
            ))"""


# Original attributes are in the metadata, as an object or flattened to dotted names, and so are the
# resource and the scope; what is left is the application's.
_PARTS = """
read_objects as (
    select
        * exclude (object),
        json_transform(object, '{shape}') as said
    from found
    where kind in ('observation', 'trace')
),

named as materialized (
    select
        record_number, kind, event_type, event_nanos,
        {columns}
    from read_objects
),

described as materialized (
    select
        * replace (
            coalesce(
                type,
                nullif(upper(regexp_extract(event_type, '^(span|generation|event)-', 1)), '')
            ) as type,
            coalesce(
                case when json_type(usage_details) = 'OBJECT' then usage_details end,
                -- The old form; all zero where there is none.
                case
                    when coalesce(usage ->> '$.unit', 'TOKENS') = 'TOKENS'
                        and regexp_matches(cast(usage as varchar), '[1-9]')
                        then usage
                end
            ) as usage_details
        ),
        map_concat(
            texts_of(inner_json(metadata -> '$.attributes')),
            {attributes}
        ) as original_attributes,
        map_concat(
            texts_of(inner_json(metadata -> '$.resourceAttributes')),
            {resource}
        ) as resource,
        said(coalesce(
            inner_json(metadata -> '$.scope') ->> '$.name', metadata ->> '$."scope.name"'
        )) as scope_name,
        said(coalesce(
            inner_json(metadata -> '$.scope') ->> '$.version', metadata ->> '$."scope.version"'
        )) as scope_version,
        map_from_entries(list_transform(
            list_filter(
                map_entries(try_cast(metadata as map(varchar, json))),
                lambda each: not regexp_matches(
                    each.key, '^(attributes|resourceAttributes|scope)($|[.])'
                )
            ),
            -- A text may have been written as JSON: "\\"acme\\"" is acme.
            lambda each: {{'key': each.key, 'value': case
                when starts_with(each.value ->> '$', '"') then inner_json(each.value)
                else each.value
            end}}
        )) as own_metadata,
        kind = 'trace' as is_trace,
        iso_nanos(coalesce(start_time, timestamp, created_at)) as start_nanos,
        iso_nanos(end_time) as end_nanos,
        iso_nanos(updated_at) as updated_nanos,
        case when kind = 'trace' then try(cast(try_cast(latency as double) * 1e9 as bigint)) end
            as trace_nanos,
        -- What is no word and no number may be a prompt: some pass a system instruction here.
        map_from_entries(list_filter(
            map_entries(texts_of(model_parameters)),
            lambda each: regexp_full_match(each.value, '[A-Za-z0-9_.+-]{{1,64}}')
        )) as parameters,
        case when type = 'GENERATION' then try_cast(output as json) end as answer
    from named
)
"""

_SELECT = f"""
select
    record_number,
    trace_id_of(coalesce(trace_id, id)) as trace_id,
    coalesce(trace_id, id) as source_trace_id,
    case when is_trace then left(md5(id), 16) else span_id_of(id) end as span_id,
    id as source_span_id,
    span_id_of(parent_observation_id) as parent_span_id,
    name,
    start_nanos as start_time_unix_nano,
    coalesce(end_nanos, start_nanos + trace_nanos) as end_time_unix_nano,
    nanos_timestamp(coalesce(event_nanos, updated_nanos, end_nanos, start_nanos))
        as source_version_at,
    case when level = 'ERROR' then 'error' end as status_code,
    status_message,
    case when is_trace then 'langfuse.traces' else coalesce(scope_name, 'langfuse.observations') end
        as scope_name,
    case when not is_trace then scope_version end as scope_version,
    map_concat(
        {USAGE_ATTRIBUTES},
        map {{
    'spanmart.record.is_partial': case when event_type is not null then 'true' end,
    'user.id': user_id,
    'session.id': session_id,
    'langfuse.environment': environment,
    'langfuse.release': release,
    'langfuse.version': version,
    'langfuse.project.id': project_id,
    'langfuse.trace.tags': cast(tags as varchar),
    'metadata': case
        when cardinality(own_metadata) > 0 then cast(to_json(own_metadata) as varchar)
    end,
            'langfuse.observation.type': lower(type),
            'langfuse.observation.level': level,
            'langfuse.observation.status_message': status_message,
            'spanmart.record.kind': case when is_trace then 'trace' end,
            'langfuse.trace.input': case when is_trace then input end,
            'langfuse.trace.output': case when is_trace then output end,
            'langfuse.observation.input': case when not is_trace then input end,
            'langfuse.observation.output': case when not is_trace then output end,
            'langfuse.observation.model.name': coalesce(provided_model_name, model),
            'langfuse.observation.model.parameters': case
                when cardinality(parameters) > 0 then cast(to_json(parameters) as varchar)
            end,
            'langfuse.observation.usage_details': cast(usage_details as varchar),
            'langfuse.observation.cost_details': cast(cost_details as varchar),
            'langfuse.observation.prompt.name': prompt_name,
            'langfuse.observation.prompt.version': prompt_version,
            'langfuse.trace.name': case when is_trace then name else trace_name end,
            'gen_ai.request.model': coalesce(provided_model_name, model),
            'gen_ai.request.temperature': parameters['temperature'],
            'gen_ai.request.top_p': parameters['top_p'],
            'gen_ai.request.max_tokens': coalesce(
                parameters['max_tokens'], parameters['max_completion_tokens'],
                parameters['max_output_tokens'], parameters['maxOutputTokens']
            ),
            'gen_ai.system_instructions': model_parameters ->> '$.system_instruction',
            'gen_ai.tool.definitions': cast(
                coalesce(tool_definitions, model_parameters -> '$.tools') as varchar
            ),
            -- Older observations have an empty list even where tools were called.
            'spanmart.model.tool_calls_proposed': case
                when type = 'GENERATION' and json_array_length(tool_calls) > 0
                    then cast(json_array_length(tool_calls) as varchar)
            end,
            'gen_ai.usage.cost': case
                when not is_trace
                    then coalesce(
                        cost_details ->> '$.total',
                        case when try_cast(total_cost as double) > 0 then total_cost end,
                        calculated_total_cost
                    )
            end,
            'gen_ai.tool.name': case
                when type = 'TOOL' then coalesce(original_attributes['gen_ai.tool.name'], name)
            end,
            'error.type': case
                when level = 'ERROR'
                    then nullif(regexp_extract(status_message, '^([A-Za-z_][\\w.]*)[:(]', 1), '')
            end,
            'spanmart.model.time_to_first_token_ms': cast(
                case
                    when completion_start_time is not null
                        then (moment_nanos(completion_start_time) - start_nanos) / 1e6
                    -- Milliseconds where the export was set up before April 2026: then it is more
                    -- than all of it in seconds.
                    when try_cast(time_to_first_token as double) > (end_nanos - start_nanos) / 1e9
                        then try_cast(time_to_first_token as double)
                    else try_cast(time_to_first_token as double) * 1e3
                end as varchar
            ),
            'gen_ai.response.id': case
                when regexp_matches(answer ->> '$.id', '^(chatcmpl|cmpl|resp|msg)[-_]')
                    then answer ->> '$.id'
            end,
            'gen_ai.response.finish_reasons': coalesce(
                original_attributes['gen_ai.response.finish_reasons'],
                cast(nullif(to_json(list_filter(
                    list_concat(
                        answer ->> ['$.finish_reason', '$.stop_reason', '$.done_reason',
                            '$.response_metadata.finish_reason', '$.response_metadata.stop_reason',
                            '$.additional_kwargs.finish_reason'],
                        answer ->> '$.choices[*].finish_reason',
                        answer ->> '$.candidates[*].finishReason',
                        answer ->> '$.candidates[*].finish_reason',
                        [own_metadata['finish_reason'] ->> '$']
                    ),
                    lambda each: regexp_full_match(each, '[A-Za-z][\\w.-]*')
                )), '[]') as varchar)
            )
        }},
        -- Tokens and cost that Langfuse counted stand in its own fields; it does not count those of
        -- steps that repeat what their calls said, and a trace repeats its root.
        map_from_entries(list_filter(
            map_entries(original_attributes),
            lambda each: each.value is not null
            and not is_trace
            and not starts_with(each.key, 'langfuse.')
            and not (
                (usage_details is not null or type not in ('GENERATION', 'EMBEDDING'))
                and regexp_matches(each.key, '(^|[._])(usage|token_count|cost)[._]|tokenUsage')
            )
        ))
    ) as attributes,
    map_concat(map {{'deployment.environment.name': environment}}, resource)
        as resource_attributes
from counted
"""

SPANS = (
    _PARTS.format(
        shape=_shape(),
        columns=",\n        ".join(_said(each) for each in (*_TEXTS, *_DOCUMENTS)),
        attributes=_flattened("attributes."),
        resource=_flattened("resourceAttributes."),
    )
    + f",\n{COUNTED}\n{_SELECT}"
)
