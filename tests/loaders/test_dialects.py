"""What the loader reads out of the objects, dates and quotes of dialects; test_dialects.py of
tests/end_to_end says what the facts make of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from landed import Landing
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from otlp_samples import START, attribute_list, json_lines, span, traces

from spanmart.landing.content import artifact_kind

Write = Callable[[str, bytes], Path]
Landed = Callable[..., dict[str, Any]]
PREFIX = "spanmart.derived."
USAGE = "usage."


@pytest.fixture
def landed(landing: Landing, write: Write) -> Landed:
    """The row of one span with these attributes."""

    def land(values: dict[str, object], **parts: Any) -> dict[str, Any]:
        landing.land(write("a", json_lines([traces(span(1, values, **parts))])))
        [row] = landing.rows("spans")
        return row

    return land


def derived(row: dict[str, Any], prefix: str = "") -> dict[str, str]:
    start = PREFIX + prefix
    found = row["attributes"].items()
    return {key.removeprefix(start): value for key, value in found if key.startswith(start)}


LANGFUSE = "langfuse.observation.usage_details"
USAGES = [
    pytest.param(
        {LANGFUSE: {"input": 20, "input_cached_tokens": 100, "output": 30, "total": 150}},
        {"input_tokens": 120, "output_tokens": 30, "cache_read.input_tokens": 100},
        id="Langfuse's buckets are disjoint",
    ),
    pytest.param(
        {LANGFUSE: {"input": 20, "cache_read_input_tokens": 100, "output": 30}},
        {"input_tokens": 120, "output_tokens": 30, "cache_read.input_tokens": 100},
        id="without a total, too",
    ),
    pytest.param(
        {LANGFUSE: {"input": 20, "output": 10, "output_reasoning": 15, "output_of_my_own": 5}},
        {"input_tokens": 20, "output_tokens": 30, "reasoning.output_tokens": 15},
        id="and the names of buckets are free",
    ),
    pytest.param(
        {LANGFUSE: {"input": 120, "output": 30, "input_cached_tokens": 100, "total": 150}},
        {"input_tokens": 120, "output_tokens": 30, "cache_read.input_tokens": 100},
        id="unless the total proves the contrary",
    ),
    pytest.param(
        {
            LANGFUSE: {
                "prompt_tokens": 120,
                "completion_tokens": 30,
                "prompt_tokens_details": {"cached_tokens": 100, "audio_tokens": 0},
            }
        },
        {"input_tokens": 120, "output_tokens": 30, "cache_read.input_tokens": 100},
        id="OpenAI's own object includes its parts",
    ),
    pytest.param(
        {LANGFUSE: {"input": 382}}, {"input_tokens": 382}, id="an embedding has no output"
    ),
    pytest.param({LANGFUSE: {}}, {}, id="nothing said is nothing known"),
    pytest.param({LANGFUSE: {"input": -1, "output": None}}, {}, id="and so are sentinels"),
    pytest.param(
        {"mlflow.chat.tokenUsage": {"input_tokens": 20, "cache_read_input_tokens": 100}},
        {"input_tokens": 20, "cache_read.input_tokens": 100},
        id="what MLflow means is for the models to judge",
    ),
    pytest.param(
        {"metadata.usage_object": str({"prompt_tokens": 9, "details": {"cached_tokens": 7}})},
        {"cache_read.input_tokens": 7},
        id="totals beside attributes are not read twice",
    ),
    pytest.param(
        {
            "gcp.vertex.agent.llm_response": {
                "content": {"parts": [{"text": 'a JSON: {"cached_tokens": 999}'}]},
                "usage_metadata": {"cached_content_token_count": 7},
            }
        },
        {"cache_read.input_tokens": 7},
        id="what a model says of tokens is no usage",
    ),
    pytest.param(
        {"ai.operationId": "ai.embed", "ai.usage.tokens": 9},
        {},
        id="the step around an embedding repeats it",
    ),
    pytest.param(
        {"ai.operationId": "ai.embed.doEmbed", "ai.usage.tokens": 9},
        {"input_tokens": 9},
        id="the embedding itself counts",
    ),
]


@pytest.mark.parametrize(("values", "expected"), USAGES)
def test_usage_inside_an_object(
    landed: Landed, values: dict[str, object], expected: dict[str, int]
) -> None:
    texts = {
        key: json.dumps(value) if isinstance(value, dict) else value
        for key, value in values.items()
    }
    found = derived(landed(texts), USAGE)
    found.pop("total_tokens", None)
    assert found == {key: str(count) for key, count in expected.items()}


COSTS = [
    ({"total": 0.5, "input": 0.2, "output": 0.3}, "0.500000000000"),
    ({"input": 0.2, "output": 0.3}, "0.500000000000"),
    ({"input": 8e-05}, "0.000080000000"),
    ({"total": 0, "input": 0, "output": 0}, None),
    ({}, None),
]


@pytest.mark.parametrize(("details", "cost"), COSTS)
def test_a_cost_of_zeros_is_unknown(
    landed: Landed, details: dict[str, float], cost: str | None
) -> None:
    row = landed({"langfuse.observation.cost_details": json.dumps(details)})
    assert derived(row).get("provided_cost_usd") == cost


@pytest.mark.parametrize(
    "moment",
    [
        '"2026-09-21T14:13:20.623456Z"',
        "2026-09-21T14:13:20.623456Z",
        "2026-09-21 14:13:20.623456+00:00",
        "2026-09-21T14:13:20.623456",
    ],
)
def test_the_moment_of_the_first_token_becomes_a_time(landed: Landed, moment: str) -> None:
    # A nanosecond before the span: 2026-09-21T14:13:20.123456789Z.
    assert START == 1_790_000_000_123_456_789
    row = landed({"langfuse.observation.completion_start_time": moment})
    assert derived(row) == {"time_to_first_token_ms": "499.999210"}


@pytest.mark.parametrize("moment", ["soon", "", '"2026-09-21T14:13:19Z"'])
def test_a_moment_before_the_start_or_none_is_no_time(landed: Landed, moment: str) -> None:
    assert derived(landed({"langfuse.observation.completion_start_time": moment})) == {}


def test_a_text_in_json_is_stored_as_its_text_and_a_user_as_the_same_user(landed: Landed) -> None:
    row = landed(
        {
            "mlflow.spanType": '"LLM"',
            "mlflow.trace.user": '"maria"',
            "user.id": "maria",
            "langfuse.trace.metadata.note": '"said \\"no\\" in Z\\u00fcrich"',
            "langfuse.trace.metadata.count": "3",
            "langfuse.trace.metadata.odd": '"half',
            "other": '"stays"',
        }
    )
    values = row["attributes"]
    assert values["mlflow.spanType"] == "LLM"
    assert values["mlflow.trace.user"] == values["user.id"] != "maria"
    assert values["langfuse.trace.metadata.note"] == 'said "no" in Zürich'
    assert values["langfuse.trace.metadata.count"] == "3"
    assert values["langfuse.trace.metadata.odd"] == '"half'
    assert values["other"] == '"stays"'


def test_a_level_of_error_is_a_status(landed: Landed) -> None:
    row = landed(
        {
            "langfuse.observation.level": "ERROR",
            "langfuse.observation.status_message": "write to max@example.com",
        }
    )
    assert (row["status_code"], row["status_message"]) == ("error", "write to [email]")


def test_success_false_is_a_status_for_nobody_but_claude_code(landed: Landed) -> None:
    assert landed({"success": False})["status_code"] == "unset"


REASONS = [
    ({"mlflow.spanOutputs": '{"choices": [{"finish_reason": "length"}]}'}, '["length"]'),
    ({"mlflow.spanOutputs": '"{\\"stop_reason\\": \\"end_turn\\"}"'}, '["end_turn"]'),
    ({"gen_ai.completion": "[{'finish_reason': 'stop'}]"}, '["stop"]'),
    ({"genkit:output": '{"finishReason": "length"}'}, '["length"]'),
    ({"gcp.vertex.agent.llm_response": '{"finish_reason": "FinishReason.STOP"}'}, '["STOP"]'),
    (
        {"output.value": '{"incomplete_details": {"reason": "max_output_tokens"}}'},
        '["max_output_tokens"]',
    ),
    (
        {
            "gen_ai.completion.0.finish_reason": "stop",
            "gen_ai.completion.1.finish_reason": "length",
        },
        '["stop","length"]',
    ),
    ({"output.value": '{"finish_reason": null}'}, None),
    ({"output.value": '{"finish_reason": "stop"}', "llm.finish_reason": "length"}, None),
]


@pytest.mark.parametrize(("values", "reasons"), REASONS)
def test_why_a_model_stopped(
    landed: Landed, values: dict[str, object], reasons: str | None
) -> None:
    assert derived(landed(values)).get("finish_reasons") == reasons


def test_why_a_model_stopped_stands_in_an_event(landed: Landed) -> None:
    event = Span.Event(
        name="gen_ai.choice",
        attributes=attribute_list({"finish_reason": "max_tokens", "message": "hello"}),
    )
    row = landed({}, events=[event])
    assert derived(row) == {"finish_reasons": '["max_tokens"]'}
    assert row["events"][0]["attributes"] == {"finish_reason": "max_tokens"}


CALLS = [
    ({"ai.response.toolCalls": '[{"toolCallId": "a"}, {"toolCallId": "b"}]'}, 2),
    ({"mlflow.spanOutputs": '{"tool_calls": [{"type": "function"}, {"type": "function"}]}'}, 2),
    ({"langfuse.observation.output": '{"content": [{"type": "tool_use"}]}'}, 1),
    ({"gcp.vertex.agent.llm_response": '{"parts": [{"function_call": {}}]}'}, 1),
    (
        {"gen_ai.completion": '{"tool_calls": [{"type": "tool_call"}], "x": {"type": "function"}}'},
        1,
    ),
    ({"langfuse.observation.output": '{"role": "assistant", "tool_calls": null}'}, 0),
    ({"mlflow.spanOutputs": '{"choices": [{"message": {"content": "hello"}}]}'}, 0),
    ({"langfuse.observation.output": '"a bare text"'}, None),
    ({"output.value": '{"role": "assistant", "tool_calls": [{"id": "x"}]}'}, None),
]


@pytest.mark.parametrize(("values", "calls"), CALLS)
def test_the_tools_that_a_model_asked_for(
    landed: Landed, values: dict[str, object], calls: int | None
) -> None:
    said = derived(landed(values)).get("tool_calls_proposed")
    assert said == (None if calls is None else str(calls))


DOCUMENTS = [
    '[{"id": "kb-1", "content": "…", "score": 0.5}, {"id": "kb-2", "score": null}]',
    '{"documents": [{"page_content": "…", "metadata": {"doc_id": "kb-1", "score": 0.5}},'
    ' {"metadata": {"doc_id": "kb-2"}}]}',
    '[[{"id": "kb-1"}, 0.5], [{"id": "kb-2"}, null]]',
    '{"nodes": [{"node": {"id_": "kb-1"}, "score": 0.5}, {"node": {"id_": "kb-2"}}]}',
]


@pytest.mark.parametrize("output", DOCUMENTS)
@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ({"langfuse.observation.type": "retriever"}, "langfuse.observation.output"),
        ({"mlflow.spanType": '"RETRIEVER"'}, "mlflow.spanOutputs"),
        ({"langsmith.span.kind": "retriever"}, "gen_ai.completion"),
    ],
)
def test_documents_that_only_the_output_lists(
    landed: Landed, kind: dict[str, object], key: str, output: str
) -> None:
    found = json.loads(derived(landed(kind | {key: output}))["documents"])
    assert [(each["id"], each["score"]) for each in found] == [("kb-1", 0.5), ("kb-2", None)]
    assert all(each.keys() == {"id", "chunk_id", "score"} for each in found)


def test_documents_are_listed_for_retrievals_that_list_none_themselves(landed: Landed) -> None:
    listed = {"openinference.span.kind": "RETRIEVER", "retrieval.documents.0.document.id": "kb-1"}
    assert derived(landed(listed | {"output.value": '[{"id": "x"}]'})) == {}


CONTENT = {
    "prompt": ["ai.prompt.messages", "lk.chat_ctx", "genkit:input", "crewai.task.description"],
    "response": ["ai.response.text", "lk.response.text", "genkit:output", "gen_ai.response.text"],
    "tool_arguments": ["ai.toolCall.args", "lk.function_tool.arguments", "tool_input"],
    "tool_result": ["ai.toolCall.result", "lk.function_tool.output", "gen_ai.tool.output"],
    "tool_definitions": ["ai.prompt.tools", "mlflow.chat.tools", "gen_ai.request.available_tools"],
    "document": ["retrieval.documents", "ai.documents"],
    "other": ["gen_ai.serialized.doc", "langfuse.experiment.item.expected_output"],
}


@pytest.mark.parametrize(("kind", "keys"), CONTENT.items())
def test_content_of_dialects_is_told_by_its_key(kind: str, keys: list[str]) -> None:
    assert {key: artifact_kind(key) for key in keys} == dict.fromkeys(keys, kind)


def test_a_reference_to_content_is_no_content(landed: Landed) -> None:
    """An upload hook leaves a URI in place of the messages."""
    uri = "s3://bucket/prompts/0af7651916cd43dd/input.json"
    row = landed({"gen_ai.input.messages_ref": uri})
    assert row["attributes"] == {"gen_ai.input.messages_ref": uri} and row["artifact_refs"] == []


def test_content_of_an_event_of_strands_moves_out(landed: Landed) -> None:
    event = Span.Event(
        name="gen_ai.choice",
        attributes=attribute_list({"tool.result": "secret plans", "finish_reason": "end_turn"}),
    )
    row = landed({}, events=[event])
    assert [ref["artifact_kind"] for ref in row["artifact_refs"]] == ["response"]
