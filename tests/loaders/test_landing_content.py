"""Content leaves the attributes for the artifacts, once for each content, with what only it knew
derived."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from landed import Landing
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from otlp_samples import any_value, attribute_list, json_lines, log_record, logs, span, traces

from spanmart.landing.content import artifact_kind

Write = Callable[[str, bytes], Path]

KINDS = [
    ("gen_ai.input.messages", "prompt"),
    ("gen_ai.output.messages", "response"),
    ("gen_ai.system_instructions", "system_instructions"),
    ("gen_ai.tool.definitions", "tool_definitions"),
    ("gen_ai.tool.call.arguments", "tool_arguments"),
    ("gen_ai.tool.call.result", "tool_result"),
    ("gen_ai.retrieval.query.text", "prompt"),
    ("gen_ai.prompt", "prompt"),
    ("gen_ai.prompt.0.content", "prompt"),
    ("gen_ai.prompt.12.tool_calls.0.arguments", "tool_arguments"),
    ("gen_ai.completion.0.content", "response"),
    ("gen_ai.completion.0.tool_calls.1.arguments", "tool_arguments"),
    ("input.value", "prompt"),
    ("output.value", "response"),
    ("llm.input_messages.0.message.content", "prompt"),
    ("llm.input_messages.3.message.contents.1.message_content.text", "prompt"),
    ("llm.output_messages.0.message.content", "response"),
    ("llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments", "tool_arguments"),
    ("llm.prompts", "prompt"),
    ("llm.tools.0.tool.json_schema", "tool_definitions"),
    ("llm.prompt_template.template", "prompt"),
    ("llm.prompt_template.variables", "prompt"),
    ("retrieval.documents.0.document.content", "document"),
    ("reranker.output_documents.2.document.content", "document"),
    ("embedding.embeddings.0.embedding.text", "prompt"),
    ("embedding.embeddings.0.embedding.vector", "embedding"),
    ("traceloop.entity.input", "prompt"),
    ("traceloop.entity.output", "response"),
]
# Structure that models read: names, ids, roles, counts, scores.
ATTRIBUTES = [
    *(
        "gen_ai.prompt.name",
        "gen_ai.prompt.version",
        "gen_ai.prompt.0.role",
        "gen_ai.completion.0.finish_reason",
    ),
    *(
        "gen_ai.completion.0.tool_calls.0.name",
        "gen_ai.completion.0.tool_calls.0.id",
        "gen_ai.tool.name",
    ),
    *("gen_ai.retrieval.documents", "gen_ai.response.finish_reasons", "gen_ai.usage.input_tokens"),
    *(
        "llm.prompt_template.version",
        "llm.output_messages.0.message.role",
        "llm.token_count.prompt",
    ),
    *(
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.name",
        "llm.invocation_parameters",
    ),
    *(
        "retrieval.documents.0.document.id",
        "retrieval.documents.0.document.score",
        "input.mime_type",
    ),
    *("embedding.model_name", "metadata", "tag.tags", "traceloop.entity.name", "tool.name"),
    *("llm.input_messages.0.message.contents.0.message_content.type",),
]


@pytest.mark.parametrize(("key", "kind"), KINDS)
def test_content_is_told_by_its_key(key: str, kind: str) -> None:
    assert artifact_kind(key) == kind


@pytest.mark.parametrize("key", ATTRIBUTES)
def test_structure_stays(key: str) -> None:
    assert artifact_kind(key) is None


def test_content_moves_to_an_artifact_named_by_its_hash(landing: Landing, write: Write) -> None:
    text = "Where is my order? Größe 42, mail a@example.com"
    values = {"gen_ai.input.messages": text, "gen_ai.request.model": "m"}
    landing.land(write("a", json_lines([traces(span(1, values), span(2, values))])))
    masked = "Where is my order? Größe 42, mail [email]"
    artifact_id = hashlib.sha256(masked.encode()).hexdigest()
    [artifact] = landing.rows("artifacts")
    assert artifact == {
        "artifact_id": artifact_id,
        "artifact_kind": "prompt",
        "content": masked,
        "bytes": len(masked.encode()),
        "redaction_count": 1,
        "privacy_class": "redacted",
        "retention_class": "standard",
        "deleted_at": None,
        "deletion_reason": None,
    }
    for row in landing.rows("spans"):
        assert row["attributes"] == {"gen_ai.request.model": "m"}
        assert row["artifact_refs"] == [
            {
                "attribute_key": "gen_ai.input.messages",
                "artifact_id": artifact_id,
                "artifact_kind": "prompt",
                "bytes": len(masked.encode()),
                "redaction_count": 1,
            }
        ]
        assert row["redaction_count"] == 1


def test_a_long_value_is_content_unless_models_read_it(landing: Landing, write: Write) -> None:
    documents = json.dumps([{"id": f"kb-{n}", "score": 0.5} for n in range(400)])
    values = {"app.dump": "y" * 5000, "gen_ai.retrieval.documents": documents, "short": "z" * 4096}
    landing.land(write("a", json_lines([traces(span(1, values))])))
    [row] = landing.rows("spans")
    assert set(row["attributes"]) == {"gen_ai.retrieval.documents", "short"}
    assert [ref["artifact_kind"] for ref in row["artifact_refs"]] == ["other"]


def test_content_of_span_events_moves_too(landing: Landing, write: Write) -> None:
    events = [
        Span.Event(
            name="gen_ai.content.prompt", attributes=attribute_list({"gen_ai.prompt": "hi"})
        ),
        Span.Event(
            name="gen_ai.user.message",
            attributes=attribute_list({"content": "hello", "role": "user"}),
        ),
        Span.Event(name="note", attributes=attribute_list({"content": "stays"})),
    ]
    landing.land(write("a", json_lines([traces(span(1, events=events), span(2))])))
    row, other = sorted(landing.rows("spans"), key=lambda row: row["span_id"])
    assert [event["attributes"] for event in row["events"]] == [
        {},
        {"role": "user"},
        {"content": "stays"},
    ]
    assert [ref["attribute_key"] for ref in row["artifact_refs"]] == [
        "event:gen_ai.content.prompt:gen_ai.prompt",
        "event:gen_ai.user.message:content",
    ]
    assert other["artifact_refs"] == []


def derived(landing: Landing) -> dict[str, str]:
    [row] = landing.rows("spans")
    prefix = "spanmart.derived."
    return {k.removeprefix(prefix): v for k, v in row["attributes"].items() if k.startswith(prefix)}


def test_the_response_id_is_read_from_the_answer(landing: Landing, write: Write) -> None:
    answer = json.dumps(
        {
            "id": "chatcmpl-abc123def",
            "choices": [{"message": {"tool_calls": [{"id": "call_1234567"}]}}],
        }
    )
    landing.land(write("a", json_lines([traces(span(1, {"output.value": answer}))])))
    assert derived(landing) == {"response_id": "chatcmpl-abc123def"}


def test_a_response_id_that_is_an_attribute_is_not_derived(landing: Landing, write: Write) -> None:
    values = {"output.value": '{"id": "chatcmpl-abc123def"}', "gen_ai.response.id": "chatcmpl-1"}
    landing.land(write("a", json_lines([traces(span(1, values))])))
    assert derived(landing) == {}


def test_proposed_tool_calls_are_counted_in_messages(landing: Landing, write: Write) -> None:
    parts = [
        {"type": "text", "content": "x"},
        {"type": "tool_call", "name": "a"},
        {"type": "tool_call", "name": "b"},
    ]
    message = json.dumps([{"role": "assistant", "parts": parts}])
    landing.land(write("a", json_lines([traces(span(1, {"gen_ai.output.messages": message}))])))
    assert derived(landing) == {"tool_calls_proposed": "2"}


def test_proposed_tool_calls_are_counted_in_flattened_messages(
    landing: Landing, write: Write
) -> None:
    call = "llm.output_messages.0.message.tool_calls"
    values = {
        f"{call}.{n}.tool_call.function.{field}": "x"
        for n in (0, 1)
        for field in ("name", "arguments")
    }
    landing.land(write("a", json_lines([traces(span(1, values))])))
    assert derived(landing) == {"tool_calls_proposed": "2"}


def test_an_answer_without_calls_proposed_none(landing: Landing, write: Write) -> None:
    landing.land(write("a", json_lines([traces(span(1, {"gen_ai.completion.0.content": "hi"}))])))
    assert derived(landing) == {"tool_calls_proposed": "0"}


def test_without_an_answer_nothing_is_known_of_calls(landing: Landing, write: Write) -> None:
    landing.land(write("a", json_lines([traces(span(1, {"gen_ai.prompt.0.content": "hi"}))])))
    assert derived(landing) == {}


def test_the_body_of_a_log_record_is_an_artifact_of_its_event(
    landing: Landing, write: Write
) -> None:
    records = [
        log_record(
            event_name="gen_ai.choice", body=any_value({"index": 0, "message": {"content": "yes"}})
        ),
        log_record({"event.name": "app.started"}, body=any_value("up")),
        log_record(),
    ]
    landing.land(write("a", json_lines([logs(*records)])))
    rows = {row["event_name"]: row["artifact_refs"] for row in landing.rows("log_records")}
    assert {name: [ref["artifact_kind"] for ref in refs] for name, refs in rows.items()} == {
        "gen_ai.choice": ["response"],
        "app.started": ["log_body"],
        None: [],
    }
    assert {row["content"] for row in landing.rows("artifacts")} == {
        '{"index":0,"message":{"content":"yes"}}',
        "up",
    }
