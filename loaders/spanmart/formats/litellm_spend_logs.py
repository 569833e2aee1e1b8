"""LiteLLM's spend logs: rows of its table LiteLLM_SpendLogs, a call a row.

[litellm 1.109 `schema.prisma`.] As JSON from the proxy (`/spend/logs`), or as a dump of the table:
in CSV, and in what callbacks write, `metadata`, `messages`, `response` and `request_tags` are JSON
texts. `session_id` groups the calls of a session, or else the retries and fallbacks of a request.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from spanmart.formats import About, Status, _answers, _litellm
from spanmart.formats._head import CLAIMED, Head, Verdict
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="LiteLLM's spend logs (LiteLLM_SpendLogs as JSON, CSV or Parquet)",
    status=Status.RECORDED,
    record_key="request_id",
    version="updated_at, else endTime",
)
_MARKS = ("request_id", "call_type", "spend", "startTime")

_CALLS = f"""
payloads as materialized (
    select
        record_number,
        unnest(json_transform(row, '{{
            "request_id": "VARCHAR", "litellm_call_id": "VARCHAR", "session_id": "VARCHAR",
            "call_type": "VARCHAR", "status": "VARCHAR", "custom_llm_provider": "VARCHAR",
            "model": "VARCHAR", "model_group": "VARCHAR", "cache_hit": "VARCHAR",
            "spend": "VARCHAR", "startTime": "VARCHAR", "endTime": "VARCHAR",
            "completionStartTime": "VARCHAR", "updated_at": "VARCHAR", "prompt_tokens": "BIGINT",
            "completion_tokens": "BIGINT", "total_tokens": "BIGINT", "metadata": "JSON",
            "messages": "VARCHAR", "response": "JSON", "proxy_server_request": "JSON",
            "user": "VARCHAR", "end_user": "VARCHAR", "team_id": "VARCHAR",
            "organization_id": "VARCHAR", "request_tags": "VARCHAR",
            "mcp_namespaced_tool_name": "VARCHAR"
        }}'))
    from rows
),

opened as materialized (
    select
        *,
        json_transform(dict_of(metadata), {_litellm.METADATA}) as about,
        json_transform(dict_of(proxy_server_request), {_litellm.PARAMETERS}) as parameters,
        json_transform(dict_of(response), {_answers.SHAPE}) as said_response
    from payloads
),

calls as materialized (
    select
        record_number,
        said(request_id) as call_id,
        said(litellm_call_id) as litellm_call_id,
        coalesce(said(session_id), said(about.trace_id)) as source_trace_id,
        said(session_id) as session_id,
        said(call_type) as call_type,
        coalesce(said(status), said(about.status)) as status,
        said(custom_llm_provider) as provider,
        said(model) as model,
        said(model_group) as model_group,
        parameters."stream" as is_streaming,
        cache_hit,
        spend as cost,
        cast(null as json) as cost_breakdown,
        moment_nanos("startTime") as started_nanos,
        moment_nanos("endTime") as ended_nanos,
        moment_nanos("completionStartTime") as first_token_nanos,
        moment_nanos(updated_at) as updated_nanos,
        prompt_tokens,
        completion_tokens,
        total_tokens,
        json_transform(
            coalesce(
                nullif(dict_of(about.usage_object), '{{}}'),
                dict_of(said_response.usage),
                dict_of(about.additional_usage_values)
            ),
            {_litellm.USAGE}
        ) as usage,
        parameters,
        said(messages) as messages,
        said_response as response,
        said(cast(dict_of(opened.response) as varchar)) as answer,
        json_transform(dict_of(about.error_information), {_litellm.ERROR}) as error,
        cast(null as varchar) as error_text,
        coalesce(
            said(end_user),
            said(parameters."user"),
            said("user"),
            said(about.user_api_key_user_id)
        ) as user_id,
        coalesce(
            said(organization_id),
            said(team_id),
            said(about.user_api_key_org_id),
            said(about.user_api_key_team_id)
        ) as tenant_id,
        said(request_tags) as tags,
        {_litellm.FREE_METADATA} as free_metadata,
        about.prompt_management_metadata as about_prompt,
        coalesce(
            said(mcp_namespaced_tool_name),
            said(about.mcp_tool_call_metadata.namespaced_tool_name),
            said(about.mcp_tool_call_metadata.name)
        ) as tool_name,
        about.mcp_tool_call_metadata as tool_call,
        cast(null as varchar) as guardrail_status,
        said(about.user_api_key_alias) as key_alias,
        said(about.user_api_key_team_alias) as team_alias,
        about.attempted_retries as retries
    from opened
)
"""


def sniff(head: Head) -> Verdict:
    verdict = head.has(*_MARKS)
    # A page of the proxy's API holds its rows under `data`.
    pages = [page for record in head.records if isinstance(page := record.get("data"), list)]
    rows = [row for page in pages for row in page if isinstance(row, dict)]
    return CLAIMED if any(set(_MARKS) <= set(row) for row in rows) else verdict


def read(stream: BinaryIO) -> Iterator[Batch]:
    spans = _litellm.statement(_CALLS, "litellm.spend_logs")
    return reading.read(stream, reading.Queries(spans=spans, nothing=_litellm.IS_EMPTY_PAGE))
