"""Spans of MLflow's traces."""

from __future__ import annotations

from spanmart.formats._mlflow.traces import TRACES

# Of the trace's metadata and tags: content that the root has too; who ran the program, on which
# machine; how large the record is.
_LEFT_OUT = """(
    'mlflow.traceInputs', 'mlflow.traceOutputs', 'mlflow.user', 'mlflow.source.name',
    'mlflow.artifactLocation', 'mlflow.trace.spansLocation', 'mlflow.trace.sizeStats',
    'mlflow.trace.sizeBytes', 'mlflow.trace.infoFinalized'
)"""
# Parameters of a call, as autologging gives them beside MLflow's own names.
_PARAMETERS = {
    "gen_ai.request.model": "model",
    "gen_ai.request.temperature": "temperature",
    "gen_ai.request.top_p": "top_p",
    "gen_ai.request.stream": "stream",
    "gen_ai.request.choice.count": "n",
    "gen_ai.request.seed": "seed",
    "gen_ai.tool.definitions": "tools",
}
_LIMITS = ("max_tokens", "max_completion_tokens")
_SAID_LIMITS = [f"values_of_span ->> '{given}'" for given in _LIMITS]
_OF_CALL = ", ".join(
    [f"'{name}': unquoted(values_of_span ->> '{given}')" for name, given in _PARAMETERS.items()]
    + [f"'gen_ai.request.max_tokens': coalesce({', '.join(_SAID_LIMITS)})"]
)
# What MLflow leaves in the answer: tokens of reasoning, and those of embeddings.
_OF_ANSWER = """
    'gen_ai.usage.reasoning.output_tokens': coalesce(
        answer ->> '$.usage.completion_tokens_details.reasoning_tokens',
        answer ->> '$.usage.output_tokens_details.reasoning_tokens'
    ),
    'gen_ai.usage.input_tokens': case
        when span_type = 'EMBEDDING' and (values_of_span ->> 'mlflow.chat.tokenUsage') is null
            then answer ->> '$.usage.prompt_tokens'
    end
"""
_NOT_OF_CALL = ", ".join(f"'{given}'" for given in [*_PARAMETERS.values(), *_LIMITS])
_PREVIEWS = """[
    {'key': 'mlflow.spanInputs', 'value': said(coalesce(
        metadata['mlflow.traceInputs'], info ->> 'request_preview', info ->> 'request'
    ))},
    {'key': 'mlflow.spanOutputs', 'value': said(coalesce(
        metadata['mlflow.traceOutputs'], info ->> 'response_preview', info ->> 'response'
    ))}
]"""

SPANS = f"""
with
{TRACES},
said_of_traces as materialized (
    select
        *,
        keyed(
            [
                {{'key': 'mlflow.experimentId', 'value': coalesce(
                    info ->> '$.trace_location.mlflow_experiment.experiment_id',
                    info ->> 'experiment_id'
                )}},
                {{'key': 'mlflow.trace.state', 'value':
                    coalesce(info ->> 'state', info ->> 'status')}},
                {{'key': 'request.id', 'value': said(info ->> 'client_request_id')}},
                {{'key': 'metadata', 'value': said(cast(to_json(map_from_entries(list_filter(
                    map_entries(metadata), lambda each: not starts_with(each.key, 'mlflow.')
                ))) as varchar))}}
            ]
            || list_filter(
                map_entries(metadata),
                lambda each: starts_with(each.key, 'mlflow.')
                    and each.key not in {_LEFT_OUT} and said(each.value) is not null
            )
            || list_transform(
                list_filter(map_entries(tags), lambda each: each.key not in {_LEFT_OUT}),
                lambda each: {{
                    'key': case
                        when starts_with(each.key, 'mlflow.') then each.key
                        else 'mlflow.traceTag.' || each.key
                    end,
                    'value': each.value
                }}
            )
        ) as said_of_trace
    from traces
),
each_span as (
    select record_number, trace_id as id_of_trace, said_of_trace, unnest(spans) as span
    from said_of_traces
),
spans as (
    select
        *,
        said(coalesce(span ->> 'parent_span_id', span ->> 'parent_id')) as parent_span_id,
        moment_nanos(coalesce(span ->> 'start_time_unix_nano', span ->> 'start_time'))
            as start_time,
        dict_of(span -> 'attributes') as values_of_span,
        unquoted(values_of_span ->> 'mlflow.spanType') as span_type,
        coalesce(span_type in ('LLM', 'CHAT_MODEL', 'EMBEDDING'), false) as is_call,
        case when is_call then try_cast(values_of_span ->> 'mlflow.spanOutputs' as json) end
            as answer,
        elements(span -> 'events') as events
    from each_span
),
ends as (
    select
        record_number,
        coalesce(span ->> '$.context.trace_id', span ->> 'trace_id', id_of_trace) as trace_id,
        coalesce(span ->> '$.context.span_id', span ->> 'span_id') as span_id,
        parent_span_id,
        span ->> 'name' as name,
        start_time as start_time_unix_nano,
        moment_nanos(coalesce(span ->> 'end_time_unix_nano', span ->> 'end_time'))
            as end_time_unix_nano,
        replace(
            coalesce(span ->> '$.status.code', span ->> 'status_code', span ->> '$.status_code'),
            'STATUS_CODE_', ''
        ) as status_code,
        said(coalesce(span ->> '$.status.message', span ->> 'status_message')) as status_message,
        map_concat(
            case when parent_span_id is null then said_of_trace else texts_of(null) end,
            map_from_entries(list_transform(
                list_filter(
                    map_entries(texts_of(values_of_span)),
                    lambda each: not is_call or each.key not in ({_NOT_OF_CALL})
                ),
                lambda each: {{'key': each.key, 'value': unquoted(each.value)}}
            )),
            case when is_call then map {{{_OF_CALL}, {_OF_ANSWER}}} else texts_of(null) end,
            map {{'gen_ai.tool.name': case when span_type = 'TOOL' then span ->> 'name' end}},
            -- The first piece of a stream.
            map {{'spanmart.model.time_to_first_token_ms': cast(
                (list_min(list_transform(
                    list_filter(
                        events, lambda each: starts_with(each ->> 'name', 'mlflow.chunk.item.')
                    ),
                    lambda each: moment_nanos(coalesce(
                        each ->> 'time_unix_nano', each ->> 'timestamp'
                    ))
                )) - start_time) / 1e6 as varchar
            )}}
        ) as attributes,
        list_transform(
            events,
            lambda each: {{
                'time_unix_nano':
                    moment_nanos(coalesce(each ->> 'time_unix_nano', each ->> 'timestamp')),
                'name': each ->> 'name',
                -- A piece of the answer stands in mlflow.spanOutputs too, with all others.
                'attributes': case
                    when starts_with(each ->> 'name', 'mlflow.chunk.item.') then texts_of(null)
                    else texts_of(each -> 'attributes')
                end
            }}
        ) as events,
        list_transform(
            elements(span -> 'links'),
            lambda each: {{
                'trace_id': each ->> 'trace_id',
                'span_id': each ->> 'span_id',
                'attributes': texts_of(each -> 'attributes')
            }}
        ) as links
    from spans
),
-- A trace whose root is not there.
rootless as (
    select
        record_number,
        trace_id,
        -- However the id is written.
        left(md5(coalesce(
            nullif(lower(regexp_extract(trace_id, '[0-9a-fA-F]{{32}}$')), ''),
            lower(hex(try(from_base64(trace_id)))),
            trace_id
        )), 16) as span_id,
        null as parent_span_id,
        tags['mlflow.traceName'] as name,
        moment_nanos(coalesce(info ->> 'request_time', info ->> 'timestamp_ms'))
            as start_time_unix_nano,
        start_time_unix_nano + nanos_of(
            coalesce(
                info ->> 'execution_duration_ms', info ->> 'execution_duration',
                info ->> 'execution_time_ms'
            ),
            1000000
        ) as end_time_unix_nano,
        coalesce(info ->> 'state', info ->> 'status') as status_code,
        null as status_message,
        keyed(
            map_entries(said_of_trace)
            || [{{'key': 'spanmart.record.kind', 'value': 'trace'}}]
            || {_PREVIEWS}
            -- Beside spans the total of them would count twice.
            || case when len(spans) = 0 then [
                {{'key': 'mlflow.chat.tokenUsage', 'value': metadata['mlflow.trace.tokenUsage']}},
                {{'key': 'mlflow.llm.cost', 'value': metadata['mlflow.trace.cost']}}
            ] else [] end
        ) as attributes,
        [] as events,
        [] as links
    from said_of_traces
    where not list_bool_or(list_transform(
        spans,
        lambda each: said(coalesce(each ->> 'parent_span_id', each ->> 'parent_id')) is null
    )) or len(spans) = 0
)
select *, 'mlflow.traces' as scope_name from ends
union all by name
select *, 'mlflow.traces' as scope_name from rootless
"""
