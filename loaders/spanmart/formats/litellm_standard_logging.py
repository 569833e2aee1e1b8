"""LiteLLM's StandardLoggingPayload: what its S3, GCS and other callbacks write, a call a record.

[litellm 1.109 `litellm/types/utils.py`, StandardLoggingPayload.] Times are seconds since 1970, or
texts in some sinks. `trace_id` groups the retries and fallbacks of a request; where an application
gave LiteLLM a session id, it is that one, and a trace is then the whole session.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from spanmart.formats import About, Status, _answers, _litellm
from spanmart.formats._head import Head, Verdict
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="LiteLLM's StandardLoggingPayload (S3, GCS and other log callbacks)",
    status=Status.RECORDED,
    record_key="id",
    version="endTime; a call is logged once",
)

_CALLS = f"""
payloads as materialized (
    select
        record_number,
        unnest(json_transform(row, '{{
            "id": "VARCHAR", "litellm_call_id": "VARCHAR", "trace_id": "VARCHAR",
            "session_id": "VARCHAR", "call_type": "VARCHAR", "status": "VARCHAR",
            "custom_llm_provider": "VARCHAR", "model": "VARCHAR", "model_group": "VARCHAR",
            "stream": "VARCHAR", "cache_hit": "VARCHAR", "response_cost": "VARCHAR",
            "cost_breakdown": "JSON", "startTime": "VARCHAR", "endTime": "VARCHAR",
            "completionStartTime": "VARCHAR", "prompt_tokens": "BIGINT",
            "completion_tokens": "BIGINT", "total_tokens": "BIGINT", "metadata": "JSON",
            "model_parameters": "JSON", "messages": "VARCHAR", "response": "JSON",
            "error_information": "JSON", "error_str": "VARCHAR", "end_user": "VARCHAR",
            "request_tags": "VARCHAR", "status_fields": {{"guardrail_status": "VARCHAR"}}
        }}'))
    from rows
),

opened as materialized (
    select
        *,
        json_transform(dict_of(metadata), {_litellm.METADATA}) as about,
        json_transform(dict_of(model_parameters), {_litellm.PARAMETERS}) as parameters,
        json_transform(dict_of(response), {_answers.SHAPE}) as said_response,
        json_transform(dict_of(error_information), {_litellm.ERROR}) as error
    from payloads
),

calls as materialized (
    select
        record_number,
        said(id) as call_id,
        said(litellm_call_id) as litellm_call_id,
        coalesce(said(trace_id), said(session_id)) as source_trace_id,
        -- A trace id that is no UUID was not made by LiteLLM: it is the session id it was given.
        coalesce(
            said(session_id), case when try_cast(trace_id as uuid) is null then said(trace_id) end
        ) as session_id,
        said(call_type) as call_type,
        status,
        said(custom_llm_provider) as provider,
        said(model) as model,
        said(model_group) as model_group,
        "stream" as is_streaming,
        cache_hit,
        response_cost as cost,
        cost_breakdown,
        moment_nanos("startTime") as started_nanos,
        moment_nanos("endTime") as ended_nanos,
        moment_nanos("completionStartTime") as first_token_nanos,
        cast(null as bigint) as updated_nanos,
        prompt_tokens,
        completion_tokens,
        total_tokens,
        json_transform(
            coalesce(nullif(dict_of(about.usage_object), '{{}}'), dict_of(said_response.usage)),
            {_litellm.USAGE}
        ) as usage,
        parameters,
        said(messages) as messages,
        said_response as response,
        said(cast(dict_of(opened.response) as varchar)) as answer,
        error,
        error_str as error_text,
        coalesce(
            said(end_user),
            said(parameters."user"),
            said(about.user_api_key_end_user_id),
            said(about.user_api_key_user_id)
        ) as user_id,
        coalesce(said(about.user_api_key_org_id), said(about.user_api_key_team_id)) as tenant_id,
        said(request_tags) as tags,
        {_litellm.FREE_METADATA} as free_metadata,
        about.prompt_management_metadata as about_prompt,
        coalesce(
            said(about.mcp_tool_call_metadata.namespaced_tool_name),
            said(about.mcp_tool_call_metadata.name)
        ) as tool_name,
        about.mcp_tool_call_metadata as tool_call,
        status_fields.guardrail_status as guardrail_status,
        said(about.user_api_key_alias) as key_alias,
        said(about.user_api_key_team_alias) as team_alias,
        about.attempted_retries as retries
    from opened
)
"""


def sniff(head: Head) -> Verdict:
    return head.has("id", "call_type", "response_cost", "startTime", "status")


def read(stream: BinaryIO) -> Iterator[Batch]:
    spans = _litellm.statement(_CALLS, "litellm.standard_logging_payload")
    return reading.read(stream, reading.Queries(spans=spans))
