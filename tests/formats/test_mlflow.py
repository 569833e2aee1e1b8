"""Traces that a real MLflow exported hold what the application and the fake provider saw."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from spanmart import testing

Open = Callable[[str, str], Path]

TRACES = "traces.to_json.jsonl"
# The same call, limited to 25 traces.
FRAME = "search_traces.pandas.jsonl"


@cache
def read(path: Path) -> testing.Golden:
    return testing.golden("mlflow_traces", path.read_bytes())


@pytest.fixture
def exported(capture: Open) -> testing.Golden:
    return read(capture("mlflow_openai", TRACES))


@pytest.fixture
def truth(capture: Open) -> Any:
    return json.loads(capture("mlflow_openai", "expected.json").read_text())


def of_type(found: testing.Golden, *types: str) -> list[dict[str, Any]]:
    return [span for span in found["spans"] if span["attributes"].get("mlflow.spanType") in types]


def usage(spans: list[dict[str, Any]], member: str, key: str = "mlflow.chat.tokenUsage") -> int:
    return sum(json.loads(span["attributes"].get(key, "{}")).get(member, 0) for span in spans)


def total(spans: list[dict[str, Any]], key: str) -> int:
    return sum(int(span["attributes"].get(key, 0)) for span in spans)


def test_every_span_is_there_once(capture: Open, exported: testing.Golden) -> None:
    lines = capture("mlflow_openai", TRACES).read_text().splitlines()
    listed = [span for line in lines for span in json.loads(line)["data"]["spans"]]
    assert not exported["rejects"]
    assert Counter(span["source_span_id"] for span in exported["spans"]) == Counter(
        span["span_id"] for span in listed
    )
    assert len(exported["spans"]) == 253
    by_id = {span["span_id"]: span for span in exported["spans"]}
    roots = [span for span in exported["spans"] if "parent_span_id" not in span]
    assert len(roots) == len(lines) == 31
    for span in exported["spans"]:
        # The id of the trace in hex is the one of the info, base64 the one of the span.
        assert span["attributes"]["mlflow.traceRequestId"] == f"tr-{span['trace_id']}"
        if span not in roots:
            assert by_id[span["parent_span_id"]]["trace_id"] == span["trace_id"]


def test_the_counts_are_those_of_the_truth(
    capture: Open, exported: testing.Golden, truth: Any
) -> None:
    calls, tools = of_type(exported, "CHAT_MODEL"), of_type(exported, "TOOL")
    seen = truth["seen_by_client"]
    # Whatever carries usage is a call: no other span repeats it under that name.
    assert usage(exported["spans"], "input_tokens") == seen["prompt_tokens"]
    assert usage(calls, "input_tokens") == seen["prompt_tokens"]
    assert usage(calls, "output_tokens") == seen["completion_tokens"]
    assert usage(calls, "cache_read_input_tokens") == seen["cached_tokens"]
    # MLflow counts neither of these: they are read from the answers.
    assert total(calls, "gen_ai.usage.reasoning.output_tokens") == seen["reasoning_tokens"]
    embeddings = of_type(exported, "EMBEDDING")
    assert total(embeddings, "gen_ai.usage.input_tokens") == truth["embedding_prompt_tokens"]
    assert total(calls, "gen_ai.usage.input_tokens") == 0
    # A call whose arguments are no JSON (R-0024) fails before the traced function is entered.
    requests = capture("mlflow_openai", "app_truth.jsonl").read_text().splitlines()
    entered = Counter(
        (tool["name"], tool["ok"])
        for each in map(json.loads, requests)
        for tool in each["tools"]
        if tool["ok"] or "tool_fail" in each["special"]
    )
    assert Counter((span["name"], span["status_code"] == "ok") for span in tools) == entered
    assert sum(entered.values()) == truth["app_tools_run"] - 1
    roots = [span for span in exported["spans"] if "parent_span_id" not in span]
    # The trace's total agrees, and stays apart from it.
    assert usage(roots, "input_tokens", "mlflow.trace.tokenUsage") == seen["prompt_tokens"]
    assert sum(span["status_code"] == "error" for span in roots) == truth["app_failed"]


def test_what_the_trace_says_stands_on_its_root(capture: Open, exported: testing.Golden) -> None:
    requests = capture("mlflow_openai", "app_truth.jsonl").read_text().splitlines()
    expected = Counter(
        (each["tenant"], each["task"], each["prompt_version"], each["user"], each["session"])
        for each in map(json.loads, requests)
    )
    keys = (
        *("mlflow.traceTag.tenant", "mlflow.traceTag.task", "mlflow.traceTag.prompt_version"),
        *("mlflow.trace.user", "mlflow.trace.session"),
    )
    roots = [span["attributes"] for span in of_type(exported, "AGENT")]
    found = Counter(tuple(attributes.get(key) for key in keys) for attributes in roots)
    # One trace was not tagged: its request failed before.
    missing = expected - found
    assert sum(found.values()) == 30 and sum(missing.values()) == 1
    assert not any(
        key in span["attributes"]
        for span in exported["spans"]
        for key in keys[:3]
        if "parent_span_id" in span
    )


def test_a_stream_says_when_its_first_piece_came(exported: testing.Golden) -> None:
    for span in of_type(exported, "CHAT_MODEL"):
        attributes = span["attributes"]
        pieces = [each for each in span.get("events", []) if "chunk" in each["name"]]
        assert ("spanmart.model.time_to_first_token_ms" in attributes) == bool(pieces)
        # Pieces of an answer are content: they stand in the whole answer, and nowhere else.
        assert not any("attributes" in each for each in pieces)
        if pieces:
            assert attributes["gen_ai.request.stream"] == "true"
            duration = (span["end_time_unix_nano"] - span["start_time_unix_nano"]) / 1e6
            assert 0 < float(attributes["spanmart.model.time_to_first_token_ms"]) < duration


def test_assessments_are_the_feedback_that_the_application_got(
    capture: Open, exported: testing.Golden
) -> None:
    requests = capture("mlflow_openai", "app_truth.jsonl").read_text().splitlines()
    given = Counter(
        (each["user"], float(each["feedback"]))
        for each in map(json.loads, requests)
        if each["feedback"] is not None
    )
    of_users = [row for row in exported["feedback"] if row["feedback_source"] == "user"]
    assert Counter((row["author"], row["score"]) for row in of_users) == given
    assert {row["kind"] for row in of_users} == {"thumbs"}
    others = Counter(
        (row["evaluator_name"], row["feedback_source"], row.get("score"))
        for row in exported["feedback"]
        if row not in of_users
    )
    # What would be right is no verdict.
    assert others == {("groundedness", "evaluator", 0.8): 4, ("expected_docs", "reviewer", None): 4}


def test_the_frame_holds_the_same(capture: Open, exported: testing.Golden) -> None:
    frame = read(capture("mlflow_openai", FRAME))
    by_id = {span["span_id"]: span for span in exported["spans"]}
    assert len(frame["spans"]) == 207 and not frame["rejects"]
    for span in frame["spans"]:
        original = by_id[span["span_id"]]
        for column in ("trace_id", "parent_span_id", "start_time_unix_nano", "status_code"):
            assert span.get(column) == original.get(column)
        assert span["attributes"].keys() == original["attributes"].keys()
    ids = {row["feedback_id"] for row in exported["feedback"]}
    assert {row["feedback_id"] for row in frame["feedback"]} <= ids


def assessed(*assessments: dict[str, Any]) -> list[dict[str, Any]]:
    info = {
        "trace_id": "tr-4bf92f3577b34da6a3ce929d0e0e4736",
        "trace_location": {"type": "MLFLOW_EXPERIMENT"},
        "request_time": "2026-03-02T09:00:00Z",
        "assessments": [
            {
                "assessment_name": "quality",
                "source": {"source_type": "HUMAN", "source_id": "anna"},
                "create_time": f"2026-03-02T09:0{number}:00Z",
                "last_update_time": f"2026-03-02T09:0{number}:00Z",
                **each,
            }
            for number, each in enumerate(assessments)
        ],
    }
    rows: list[dict[str, Any]] = testing.golden(
        "mlflow_traces", json.dumps({"info": info, "data": {"spans": []}}).encode()
    )["feedback"]
    return rows


def test_what_overrides_an_assessment_is_its_newest_version_however_often() -> None:
    first = {"assessment_id": "a-1", "feedback": {"value": 1}}
    (alone,) = assessed(first)
    (last,) = assessed(
        first | {"valid": False},
        {"assessment_id": "a-2", "feedback": {"value": 2}, "overrides": "a-1", "valid": False},
        {"assessment_id": "a-3", "feedback": {"value": 3}, "overrides": "a-2"},
    )
    assert (alone["feedback_id"], alone["score"]) == ("a-1", 1.0)
    assert (last["feedback_id"], last["score"]) == ("a-1", 3.0)
    assert alone["source_version_at"] < last["source_version_at"]


def test_assessments_that_override_each_other_end() -> None:
    rows = assessed(
        {"assessment_id": "a-1", "feedback": {"value": 1}, "overrides": "a-2"},
        {"assessment_id": "a-2", "feedback": {"value": 2}, "overrides": "a-1"},
    )
    assert len(rows) == 2


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, {"score": 1.0, "label": "true"}),
        (0.25, {"score": 0.25}),
        ("0.25", {"score": 0.25}),
        ("yes", {"label": "yes"}),
        ("x" * 101, {"comment": "x" * 101}),
        (None, {}),
        ({"a": 1}, {}),
    ],
)
def test_a_value_is_a_number_a_word_or_a_text(value: Any, expected: dict[str, Any]) -> None:
    (row,) = assessed({"assessment_id": "a-1", "feedback": {"value": value}})
    assert {name: row[name] for name in ("score", "label", "comment") if name in row} == expected


def test_a_trace_that_is_known_in_part_has_the_same_stand_in_in_each_export() -> None:
    hexadecimal = "4bf92f3577b34da6a3ce929d0e0e4736"
    info = {"trace_location": {}, "request_time": "2026-03-02T09:00:00Z", "state": "OK"}
    span = {"span_id": "APBnqgupArQ=", "parent_span_id": "APBnqgupArE=", "name": "tool"}
    records = [
        {**info, "trace_id": f"tr-{hexadecimal}"},
        {
            "info": {**info, "trace_id": f"trace:/main.default/{hexadecimal}"},
            "data": {"spans": [span | {"trace_id": "S/kvNXezTaajzpKdDg5HNg=="}]},
        },
    ]
    text = "\n".join(json.dumps(record) for record in records)
    spans = testing.golden("mlflow_traces", text.encode())["spans"]
    stand_ins = [each for each in spans if "spanmart.record.kind" in each.get("attributes", {})]
    assert len(stand_ins) == 2 and len(spans) == 3
    assert {each["trace_id"] for each in spans} == {hexadecimal}
    assert len({each["span_id"] for each in stand_ins}) == 1
