"""Amazon Bedrock's model invocation logs, from S3 or from CloudWatch Logs.

[Amazon Bedrock user guide, "Monitor model invocation"; schemaVersion 1.0.] A record a call: JSON
Lines in S3, lines behind a time stamp as CloudWatch's export tasks write them, or the events of
`aws logs filter-log-events`, of subscriptions and of Logs Insights, whose `message` is the record.

There is no trace and no parent: a call is a trace of its own unless its `requestMetadata` names one
(`trace_id`, `traceId`, `traceparent`). Whether `timestamp` is when the call began or ended is not
documented: it is taken as its beginning. Bodies over 100 KB are in objects of their own, of which
only the paths are kept.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from spanmart.formats import About, Status, _answers
from spanmart.formats._head import CLAIMED, Container, Head, Verdict, declined
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="Amazon Bedrock's model invocation logs (S3 or CloudWatch Logs)",
    status=Status.BY_SPECIFICATION,
    record_key="requestId",
    version="a call is logged once; CloudWatch may export it twice",
)

_SCHEMA_TYPE = "ModelInvocationLog"
_STAMP = re.compile(rb"(?m)^\d{4}-\d\d-\d\dT[0-9:.]+Z[ \t]+(?=\{)")
_BLOCK_BYTES = 1 << 20

_INVOCATIONS = """
invocations as materialized (
    select
        record_number,
        unnest(json_transform(log, '{
            "timestamp": "VARCHAR", "accountId": "VARCHAR", "region": "VARCHAR",
            "requestId": "VARCHAR", "operation": "VARCHAR", "modelId": "VARCHAR",
            "identity": {"arn": "VARCHAR"}, "status": "VARCHAR", "errorCode": "VARCHAR",
            "requestMetadata": "JSON",
            "input": {
                "inputBodyJson": "JSON", "inputBodyS3Path": "VARCHAR", "inputTokenCount": "VARCHAR",
                "cacheReadInputTokenCount": "VARCHAR", "cacheWriteInputTokenCount": "VARCHAR"
            },
            "output": {
                "outputBodyJson": "JSON", "outputBodyS3Path": "VARCHAR",
                "outputTokenCount": "VARCHAR"
            }
        }'))
    from (
        select
            record_number,
            case
                when (event -> 'requestId') is not null then event
                else try_cast(coalesce(event ->> 'message', event ->> '@message') as json)
            end as log
        from (
            select
                record_number,
                unnest(coalesce(elements(row -> 'events'), elements(row -> 'logEvents'), [row]))
                    as event
            from records
        )
    )
    where (log ->> 'schemaType') = 'ModelInvocationLog'
)
"""

_SPANS = f"""
with {_INVOCATIONS},

opened as materialized (
    select
        *,
        json_transform(input."inputBodyJson", '{{
            "messages": "VARCHAR", "system": "VARCHAR", "prompt": "VARCHAR",
            "inputText": "VARCHAR", "texts": "VARCHAR", "tools": "VARCHAR",
            "toolConfig": {{"tools": "VARCHAR"}},
            "max_tokens": "VARCHAR", "max_gen_len": "VARCHAR", "temperature": "VARCHAR",
            "top_p": "VARCHAR",
            "inferenceConfig": {{
                "maxTokens": "VARCHAR", "temperature": "VARCHAR", "topP": "VARCHAR"
            }},
            "textGenerationConfig": {{"maxTokenCount": "VARCHAR", "temperature": "VARCHAR"}}
        }}') as asked,
        json_transform(output."outputBodyJson", {_answers.SHAPE}) as answer,
        json_transform(output."outputBodyJson", '{{
            "metrics": {{"latencyMs": "VARCHAR"}},
            "results": [{{"completionReason": "VARCHAR"}}],
            "usage": {{
                "inputTokens": "VARCHAR", "outputTokens": "VARCHAR",
                "cacheReadInputTokens": "VARCHAR", "cacheWriteInputTokens": "VARCHAR",
                "input_tokens": "VARCHAR", "output_tokens": "VARCHAR",
                "cache_read_input_tokens": "VARCHAR", "cache_creation_input_tokens": "VARCHAR"
            }}
        }}') as measured,
        -- A stream is logged as the list of its chunks.
        json_transform(output."outputBodyJson", '[{{
            "type": "VARCHAR", "delta": {{"stop_reason": "VARCHAR"}},
            "message": {{
                "id": "VARCHAR", "model": "VARCHAR",
                "usage": {{
                    "cache_read_input_tokens": "VARCHAR", "cache_creation_input_tokens": "VARCHAR"
                }}
            }},
            "content_block": {{"type": "VARCHAR"}},
            "messageStop": {{"stopReason": "VARCHAR"}},
            "contentBlockStart": {{"start": {{"toolUse": "JSON"}}}},
            "metadata": {{"metrics": {{"latencyMs": "VARCHAR"}}}},
            "amazon-bedrock-invocationMetrics": {{
                "invocationLatency": "VARCHAR", "firstByteLatency": "VARCHAR"
            }}
        }}]') as chunks,
        keyed(list_transform(
            map_entries(texts_of(dict_of("requestMetadata"))),
            lambda entry: {{
                'key': lower(regexp_replace(entry.key, '[^A-Za-z0-9]', '', 'g')),
                'value': entry.value
            }}
        )) as tags
    from invocations
),

calls as materialized (
    select
        *,
        moment_nanos("timestamp") as started_nanos,
        cast(1000000 * try_cast(coalesce(
            measured.metrics."latencyMs",
            list_filter(chunks, lambda chunk: chunk.metadata.metrics."latencyMs" is not null)[1]
                .metadata.metrics."latencyMs",
            chunks[-1]."amazon-bedrock-invocationMetrics"."invocationLatency"
        ) as double) as bigint) as latency_nanos,
        coalesce(
            {_answers.finish_reasons("answer")},
            cast(to_json(nullif(list_filter(
                list_transform(
                    coalesce(chunks, []),
                    lambda chunk: coalesce(
                        chunk.delta.stop_reason, chunk."messageStop"."stopReason"
                    )
                ),
                lambda reason: reason is not null
            ), [])) as varchar),
            '["' || lower(measured.results[1]."completionReason") || '"]'
        ) as finish_reasons,
        coalesce(
            {_answers.tool_calls("answer")},
            len(list_filter(
                chunks,
                lambda chunk: chunk.content_block.type = 'tool_use'
                    or chunk."contentBlockStart".start."toolUse" is not null
            ))
        ) as tool_calls,
        list_filter(chunks, lambda chunk: chunk.message.id is not null)[1].message as first_message,
        -- Of an ARN, the name of the model, of the inference profile or of the prompt.
        regexp_extract("modelId", '^(?:arn:[^/]*/)?(.+)$', 1) as model_name,
        said(regexp_extract("modelId", ':prompt/([^:/]+)(?::[^:/]+)?$', 1)) as prompt_name,
        said(regexp_extract("modelId", ':prompt/[^:/]+:([^:/]+)$', 1)) as prompt_version,
        case
            when contains("modelId", 'embed') then 'embeddings'
            when contains("modelId", 'rerank') then 'rerank'
            else 'chat'
        end as does,
        coalesce(tags['traceid'], split_part(tags['traceparent'], '-', 2)) as tagged_trace,
        coalesce(tags['spanid'], split_part(tags['traceparent'], '-', 3)) as tagged_span
    from opened
)

select
    record_number,
    trace_id_of(coalesce(said(tagged_trace), "requestId")) as trace_id,
    coalesce(said(tagged_trace), "requestId") as source_trace_id,
    span_id_of("requestId") as span_id,
    "requestId" as source_span_id,
    case when said(tagged_trace) is not null then span_id_of(said(tagged_span)) end
        as parent_span_id,
    concat_ws(' ', does, model_name) as name,
    'client' as kind,
    started_nanos as start_time_unix_nano,
    started_nanos + latency_nanos as end_time_unix_nano,
    case when said("errorCode") is not null then 'error' end as status_code,
    case when said("errorCode") is not null then "status" end as status_message,
    map {{
        'gen_ai.operation.name': does,
        'openinference.span.kind': case does
            when 'chat' then 'LLM' when 'embeddings' then 'EMBEDDING' else 'RERANKER'
        end,
        'gen_ai.provider.name': 'aws.bedrock',
        'gen_ai.request.model': model_name,
        'gen_ai.response.model': coalesce(answer.model, first_message.model),
        'gen_ai.response.id': coalesce(answer.id, first_message.id),
        'gen_ai.response.finish_reasons': finish_reasons,
        'spanmart.model.tool_calls_proposed': cast(tool_calls as varchar),
        'gen_ai.request.stream': case
            when ends_with("operation", 'Stream') then 'true' when said("operation") is not null
                then 'false'
        end,
        'spanmart.api.mode': "operation",
        'gen_ai.request.temperature': coalesce(
            asked."inferenceConfig".temperature, asked.temperature,
            asked."textGenerationConfig".temperature
        ),
        'gen_ai.request.top_p': coalesce(asked."inferenceConfig"."topP", asked.top_p),
        'gen_ai.request.max_tokens': coalesce(
            asked."inferenceConfig"."maxTokens", asked.max_tokens, asked.max_gen_len,
            asked."textGenerationConfig"."maxTokenCount"
        ),
        'gen_ai.usage.input_tokens': coalesce(
            input."inputTokenCount", measured.usage."inputTokens", measured.usage.input_tokens
        ),
        'gen_ai.usage.output_tokens': coalesce(
            output."outputTokenCount", measured.usage."outputTokens", measured.usage.output_tokens
        ),
        'gen_ai.usage.cache_read.input_tokens': coalesce(
            input."cacheReadInputTokenCount", measured.usage."cacheReadInputTokens",
            measured.usage.cache_read_input_tokens, first_message.usage.cache_read_input_tokens
        ),
        'gen_ai.usage.cache_write.input_tokens': coalesce(
            input."cacheWriteInputTokenCount", measured.usage."cacheWriteInputTokens",
            measured.usage.cache_creation_input_tokens,
            first_message.usage.cache_creation_input_tokens
        ),
        'spanmart.model.time_to_first_token_ms':
            chunks[-1]."amazon-bedrock-invocationMetrics"."firstByteLatency",
        'error.type': said("errorCode"),
        'session.id': coalesce(tags['sessionid'], tags['conversationid']),
        'user.id': coalesce(tags['userid'], identity.arn),
        'tenant.id': coalesce(tags['tenantid'], tags['tenant'], "accountId"),
        'gen_ai.prompt.name': coalesce(prompt_name, tags['promptname'], tags['promptid']),
        'gen_ai.prompt.version': coalesce(prompt_version, tags['promptversion']),
        'metadata': said(cast(dict_of("requestMetadata") as varchar)),
        'gen_ai.system_instructions': said(asked.system),
        'gen_ai.input.messages': coalesce(
            said(asked.messages), said(asked.prompt), said(asked."inputText"), said(asked.texts)
        ),
        'gen_ai.tool.definitions': coalesce(said(asked."toolConfig".tools), said(asked.tools)),
        'output.value': case
            when does <> 'embeddings' then said(cast(output."outputBodyJson" as varchar))
        end,
        'aws.bedrock.input_body_s3_path': said(input."inputBodyS3Path"),
        'aws.bedrock.output_body_s3_path': said(output."outputBodyS3Path")
    }} as attributes,
    map {{
        'cloud.provider': 'aws', 'cloud.account.id': "accountId", 'cloud.region': region
    }} as resource_attributes,
    'bedrock.model_invocation' as scope_name
from calls
where said("requestId") is not null
"""


def sniff(head: Head) -> Verdict:
    if _STAMP.match(head.data):
        first = head.data.partition(b"\n")[0]
        return CLAIMED if _SCHEMA_TYPE.encode() in first else declined(f"no {_SCHEMA_TYPE}")
    if head.container is Container.JSON:
        logs = [log for record in head.records for log in _logs(record)]
        if any(_is_log(log) for log in logs):
            return CLAIMED
    elif "@message" in head.columns and _SCHEMA_TYPE.encode() in head.data:
        return CLAIMED
    return declined(f"no record whose schemaType is {_SCHEMA_TYPE}")


def read(stream: BinaryIO) -> Iterator[Batch]:
    lines = cast(BinaryIO, io.BufferedReader(_Unstamped(stream)))
    nothing = "coalesce(len(elements(row -> 'events')), len(elements(row -> 'logEvents'))) = 0"
    return reading.read(lines, reading.Queries(spans=_SPANS, nothing=nothing))


def _logs(record: Any) -> list[Any]:
    """The records, or messages that hold one, of what CloudWatch gives."""
    events = record.get("events") or record.get("logEvents")
    events = events if isinstance(events, list) else [record]
    return [
        event.get("message", event.get("@message", event))
        for event in events
        if isinstance(event, dict)
    ]


def _is_log(log: Any) -> bool:
    if isinstance(log, str):
        return log.lstrip().startswith("{") and f'"{_SCHEMA_TYPE}"' in log
    return isinstance(log, dict) and log.get("schemaType") == _SCHEMA_TYPE


class _Unstamped(io.RawIOBase):
    """A stream without the time stamp that an export task puts before each line."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._ready = self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            more = self._stream.read(_BLOCK_BYTES)
            if not more and not self._rest:
                return 0
            # Whole lines only: a stamp may be cut in two.
            whole, line_feed, self._rest = (self._rest + more).rpartition(b"\n")
            if not more:
                whole, self._rest = self._rest, b""
            elif not line_feed:
                continue
            self._ready = _STAMP.sub(b"", whole + line_feed)
        data, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)
