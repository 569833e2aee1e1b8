"""The OpenAI Agents SDK's own traces against what the server and the application logged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from spanmart.testing import golden

Capture = Callable[[str, str], Path]
FOLDER = "openai_agents_native_chat"
INPUT, OUTPUT = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"
Span = dict[str, Any]


@cache
def recorded(path: Path) -> list[Span]:
    read = golden("openai_agents", path.read_bytes())
    assert not read["rejects"] and "nothing" not in read
    return list(read["spans"])


@pytest.fixture
def spans(capture: Capture) -> list[Span]:
    return recorded(capture(FOLDER, "ingest_requests.jsonl"))


@pytest.fixture
def seen(capture: Capture) -> dict[str, Any]:
    return dict(json.loads(capture(FOLDER, "expected.json").read_text())["seen_by_client"])


def truth(capture: Capture, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capture(FOLDER, name).read_text().splitlines()]


def of_type(spans: list[Span], operation: str) -> list[Span]:
    return [s for s in spans if s["attributes"].get("gen_ai.operation.name") == operation]


def total(spans: list[Span], key: str) -> int:
    return sum(int(span["attributes"].get(key, 0)) for span in spans)


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def test_model_calls_have_the_tokens_that_the_client_saw(
    spans: list[Span], seen: dict[str, Any], capture: Capture
) -> None:
    calls = of_type(spans, "chat")
    assert sum(INPUT in call["attributes"] for call in calls) == seen["calls"]
    assert total(calls, INPUT) == seen["prompt_tokens"]
    assert total(calls, OUTPUT) == seen["completion_tokens"]
    assert total(calls, "gen_ai.usage.cache_read.input_tokens") == seen["cached_tokens"]
    assert total(calls, "gen_ai.usage.reasoning.output_tokens") == seen["reasoning_tokens"]


def test_the_tree_tells_which_usage_repeats_another(
    spans: list[Span], seen: dict[str, Any]
) -> None:
    """Usage stands exactly three times; only the model call has none below it that has some."""
    assert total(spans, INPUT) == 3 * seen["prompt_tokens"]
    by_id = {span["span_id"]: span for span in spans}
    assert len(by_id) == len(spans)
    above = set()
    for span in spans:
        parent = span.get("parent_span_id")
        assert parent is None or by_id[parent]["trace_id"] == span["trace_id"]
        while INPUT in span["attributes"] and parent:
            above.add(parent)
            parent = by_id[parent].get("parent_span_id")
    deepest = [span for span in spans if span["span_id"] not in above]
    assert total(deepest, INPUT) == seen["prompt_tokens"]
    assert total(deepest, OUTPUT) == seen["completion_tokens"]


def test_tools_and_errors_are_those_of_the_application(spans: list[Span], capture: Capture) -> None:
    requests = [each for each in truth(capture, "app_truth.jsonl") if "tools" in each]
    ran = Counter((tool["name"], tool["ok"]) for each in requests for tool in each["tools"])
    tools = of_type(spans, "execute_tool")
    found = Counter(
        (span["attributes"]["gen_ai.tool.name"], span["status_code"] != "error") for span in tools
    )
    answers = [e for e in truth(capture, "ground_truth.jsonl") if not e["client_disconnected"]]
    calls = [call for each in answers for call in each["tool_calls"]]
    # A call whose arguments are no JSON fails before it reaches the application.
    unreadable = Counter((call["name"], False) for call in calls if not is_json(call["arguments"]))
    assert found == ran + unreadable and unreadable
    proposed = total(of_type(spans, "chat"), "spanmart.model.tool_calls_proposed")
    assert proposed == len(calls)


def test_each_trace_has_its_conversation_and_metadata(spans: list[Span], capture: Capture) -> None:
    traces = [s for s in spans if s["attributes"].get("spanmart.record.kind") == "trace"]
    found = {
        (json.loads(s["attributes"]["metadata"])["app_request"], s["attributes"]["session.id"])
        for s in traces
    }
    requests = truth(capture, "app_truth.jsonl")
    assert found == {(each["app_request"], each["session"]) for each in requests if "user" in each}
    assert {s["trace_id"] for s in traces} == {s["trace_id"] for s in spans}


def test_objects_read_alike_however_they_were_saved() -> None:
    """As a recorded request, as its body, and one object a line."""
    sample = Path(__file__).parent / "samples" / "openai_agents" / "requests.jsonl"
    recorded_body = json.loads(sample.read_text())["body"]
    one_a_line = "\n".join(json.dumps(each) for each in recorded_body["data"])
    forms = [sample.read_text(), json.dumps(recorded_body), one_a_line]
    read = [golden("openai_agents", form.encode())["spans"] for form in forms]
    for rows in read:
        rows.sort(key=lambda span: str(span["span_id"]))
        for span in rows:
            del span["record_number"]
    assert read[0] == read[1] == read[2]
