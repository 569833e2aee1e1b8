"""Spans that a real Phoenix gave back are those that were sent to it, and its annotations are the
feedback that the application got.

The capture holds both sides: what was sent as OTLP, and each export of the server.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from spanmart import testing

Open = Callable[[str, str], Path]

WHOLE = (
    "get_spans.jsonl",
    "spans_dataframe.jsonl",
    "spans_dataframe.csv",
    "spans_dataframe.parquet",
)
PAGES = {"rest_spans_page.json": 100, "rest_spans_otlpv1.json": 150}
# Pandas keeps ten digits of a float and milliseconds of a time in JSON; Phoenix keeps
# microseconds, its OTLP pages what a float keeps of nanoseconds.
NEAR_NANOS = 1_000_000
CONTENT_OF_PANDAS = re.compile(r"embedding\.embeddings\.|tool\.parameters|\.document\.score$")


@cache
def read(path: Path, format: str) -> testing.Golden:
    return testing.golden(format, path.read_bytes())


def by_id(found: testing.Golden) -> dict[str, dict[str, Any]]:
    return {span["span_id"]: span for span in found["spans"]}


@pytest.fixture
def sent(capture: Open) -> dict[str, dict[str, Any]]:
    return by_id(read(capture("phoenix", "spans.otlphttp.jsonl"), "otlp_json"))


@pytest.mark.parametrize("name", [*WHOLE, *PAGES])
def test_a_span_is_the_one_that_was_sent(
    capture: Open, sent: dict[str, dict[str, Any]], name: str
) -> None:
    found = read(capture("phoenix", name), "phoenix_spans")
    assert not found["rejects"] and len(found["spans"]) == PAGES.get(name, 255)
    for span_id, span in by_id(found).items():
        original = sent[span_id]
        for column in ("trace_id", "parent_span_id", "name", "status_code", "status_message"):
            assert span.get(column) == original.get(column)
        for column in ("start_time_unix_nano", "end_time_unix_nano"):
            assert abs(span[column] - original[column]) <= NEAR_NANOS
        assert [event["name"] for event in span.get("events", [])] == [
            event["name"] for event in original.get("events", [])
        ]
        attributes, expected = span["attributes"], original["attributes"]
        assert attributes.keys() == expected.keys()
        differing = {key for key in expected if parsed(attributes[key]) != parsed(expected[key])}
        assert all(CONTENT_OF_PANDAS.search(key) for key in differing), differing


def parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


@pytest.mark.parametrize("name", WHOLE)
def test_the_counts_are_those_of_the_truth(capture: Open, name: str) -> None:
    spans = read(capture("phoenix", name), "phoenix_spans")["spans"]
    truth = json.loads(capture("phoenix", "expected.json").read_text())
    calls = [span for span in spans if kind(span) == "LLM"]
    seen = truth["seen_by_client"]
    assert total(calls, "llm.token_count.prompt") == seen["prompt_tokens"]
    assert total(calls, "llm.token_count.completion") == seen["completion_tokens"]
    assert total(calls, "llm.token_count.prompt_details.cache_read") == seen["cached_tokens"]
    reasoning = "llm.token_count.completion_details.reasoning"
    assert total(calls, reasoning) == seen["reasoning_tokens"]
    finished = Counter(span["attributes"].get("llm.finish_reason") for span in calls)
    # The second answer of n=2 has no reason of its own, nor have streams that did not end.
    assert finished["length"] == truth["truncated"]
    tools = [span for span in spans if kind(span) == "TOOL"]
    assert len(tools) == truth["app_tools_run"]
    failed = sum(span["status_code"] == "error" for span in tools)
    assert failed == truth["app_tools_failed"]
    # The server refused some; one the client gave up (expected.json, not_seen).
    refused = sum(truth["generation_errors"].values())
    gave_up = sum(each["why"] == "client timeout" for each in seen["not_seen"])
    # The SDK's own retries lie within a span: of three 429 one was such.
    assert sum(span["status_code"] == "error" for span in calls) == refused + gave_up - 1
    # Beside the requests, the index was made.
    roots = [span for span in spans if "parent_span_id" not in span]
    assert len(roots) == truth["app_requests"] + 1


def kind(span: dict[str, Any]) -> str | None:
    found: str | None = span["attributes"].get("openinference.span.kind")
    return found


def total(spans: list[dict[str, Any]], key: str) -> int:
    return sum(int(span["attributes"].get(key, 0)) for span in spans)


def test_traces_without_spans_say_nothing_that_the_spans_do_not(capture: Open) -> None:
    found = read(capture("phoenix", "get_traces.jsonl"), "phoenix_spans")
    assert not found["spans"] and not found["rejects"] and len(found["nothing"]) == 31


@pytest.mark.parametrize("name", ["get_span_annotations.jsonl", "span_annotations_dataframe.jsonl"])
def test_annotations_are_the_feedback_that_the_application_got(
    capture: Open, sent: dict[str, dict[str, Any]], name: str
) -> None:
    found = read(capture("phoenix", name), "phoenix_annotations")
    truth = [
        json.loads(line) for line in capture("phoenix", "app_truth.jsonl").read_text().splitlines()
    ]
    assert not found["rejects"]
    of_users = [row for row in found["feedback"] if row["feedback_source"] == "user"]
    assert {row["kind"] for row in of_users} == {"thumbs"}
    given = Counter(
        (each["user"], float(each["feedback"])) for each in truth if each["feedback"] is not None
    )
    assert Counter((row["author"], row["score"]) for row in of_users) == given
    # Each is about the root of the request that it was given for.
    for row in of_users:
        root = sent[row["span_id"]]
        assert "parent_span_id" not in root and root["attributes"]["user.id"] == row["author"]
    judged = [row for row in found["feedback"] if row["feedback_source"] == "evaluator"]
    assert Counter(row["evaluator_name"] for row in judged) == {
        "qa_correctness": 6,
        "answer_chars": 6,
    }
    assert len({row["feedback_id"] for row in found["feedback"]}) == len(found["feedback"]) == 32


def test_an_annotation_is_the_same_one_in_each_export(capture: Open) -> None:
    ids = [
        {
            row["feedback_id"]
            for row in read(capture("phoenix", name), "phoenix_annotations")["feedback"]
        }
        for name in ("get_span_annotations.jsonl", "span_annotations_dataframe.jsonl")
    ]
    assert ids[0] == ids[1]


def test_texts_that_look_like_python_stay_texts() -> None:
    row = {
        "context.trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "context.span_id": "00f067aa0ba902b7",
        "start_time": "2026-03-02 09:00:00+00:00",
        "status_code": "OK",
        "parent_id": "None",
        "attributes.output.value": "{'a': 1}",
        "attributes.input.value": "[{'a': 1}]",
        "attributes.tag.tags": "['it', \"isn't\", 'caf\\xe9']",
        "attributes.metadata": "{'tenant': 'acme', 'tier': None}",
        "attributes.llm.input_messages": "[<object>]",
    }
    (span,) = testing.golden("phoenix_spans", json.dumps(row).encode())["spans"]
    assert "parent_span_id" not in span
    assert span["attributes"] == {
        "output.value": "{'a': 1}",
        "input.value": "[{'a': 1}]",
        "tag.tags": '["it","isn\'t","café"]',
        "metadata": '{"tenant":"acme","tier":null}',
        "llm.input_messages": "[<object>]",
    }


def test_an_annotation_that_was_changed_is_a_version_of_the_same_feedback() -> None:
    first = {
        "id": "U3BhbkFubm90YXRpb246MQ==",
        "span_id": "00f067aa0ba902b7",
        "name": "quality",
        "annotator_kind": "HUMAN",
        "source": "APP",
        "identifier": "px-app:3",
        "result": {"label": "bad"},
        "created_at": "2026-03-02T09:00:00Z",
        "updated_at": "2026-03-02T09:00:00Z",
    }
    second = first | {"result": {"label": "good"}, "updated_at": "2026-03-03T09:00:00Z"}
    of_another = first | {"identifier": "px-app:4"}
    lines = "\n".join(json.dumps(each) for each in (first, second, of_another))
    rows = testing.golden("phoenix_annotations", lines.encode())["feedback"]
    assert rows[0]["feedback_id"] == rows[1]["feedback_id"] != rows[2]["feedback_id"]
    assert rows[0]["source_version_at"] < rows[1]["source_version_at"]
