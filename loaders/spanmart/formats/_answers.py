"""What a provider's answer says of itself, in the shapes of the APIs that gateways log.

OpenAI chat completions and responses, Anthropic messages (Bedrock's InvokeModel too), Bedrock
Converse and Gemini. SQL over a column that is `json_transform(<answer>, SHAPE)`: NULL where the
answer does not say it.
"""

from __future__ import annotations

SHAPE = """'{
    "id": "VARCHAR", "model": "VARCHAR", "service_tier": "VARCHAR", "usage": "JSON",
    "choices": [{"finish_reason": "VARCHAR", "message": {"tool_calls": ["JSON"]}}],
    "stop_reason": "VARCHAR", "content": [{"type": "VARCHAR"}],
    "status": "VARCHAR", "incomplete_details": {"reason": "VARCHAR"}, "output": "JSON",
    "stopReason": "VARCHAR",
    "candidates": [{
        "finishReason": "VARCHAR", "content": {"parts": [{"functionCall": "JSON"}]}
    }]
}'"""


def finish_reasons(answer: str) -> str:
    """SQL for a JSON array as text, one a choice, as OpenTelemetry has it."""
    return f"""cast(to_json(nullif(list_filter(
        coalesce(
            list_transform({answer}.choices, lambda each: each.finish_reason),
            list_transform({answer}.candidates, lambda each: each."finishReason"),
            [coalesce({answer}.stop_reason, {answer}."stopReason",
                {answer}.incomplete_details.reason,
                case when {answer}.status in ('completed', 'incomplete') then {answer}.status end)]
        ),
        lambda reason: reason is not null
    ), [])) as varchar)"""


def tool_calls(answer: str) -> str:
    """SQL for how many calls of the application's tools the answer proposes, BIGINT."""
    return f"""cast(coalesce(
        list_sum(list_transform(
            {answer}.choices, lambda each: coalesce(len(each.message.tool_calls), 0)
        )),
        list_sum(list_transform({answer}.candidates, lambda each: coalesce(
            len(list_filter(each.content.parts, lambda part: part."functionCall" is not null)), 0
        ))),
        len(list_filter({answer}.content, lambda each: each.type = 'tool_use')),
        len(list_filter(
            json_transform({answer}.output, '[{{"type": "VARCHAR"}}]'),
            lambda each: each.type = 'function_call'
        )),
        len(list_filter(
            json_transform(
                {answer}.output, '{{"message": {{"content": [{{"toolUse": "JSON"}}]}}}}'
            ).message.content,
            lambda each: each."toolUse" is not null
        ))
    ) as bigint)"""
