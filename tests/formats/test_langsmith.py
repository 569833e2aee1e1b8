"""LangSmith's exports against what the server of the captured run and its application logged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from spanmart.testing import claims, golden

Capture = Callable[[str, str], Path]
Span = dict[str, Any]
FOLDER = "langsmith_traceable_multipart"
BATCHES = Path(__file__).resolve().parents[3] / "shared/fixtures/langsmith/ingest_batches"
USAGE = {
    "gen_ai.usage.input_tokens": "prompt_tokens",
    "gen_ai.usage.output_tokens": "completion_tokens",
    "gen_ai.usage.cache_read.input_tokens": "cached_tokens",
    "gen_ai.usage.reasoning.output_tokens": "reasoning_tokens",
}


@cache
def recorded(name: str, path: Path) -> dict[str, Any]:
    read = golden(name, path.read_bytes())
    assert not read["rejects"] and "nothing" not in read
    return read


@pytest.fixture(params=["langsmith_ingestion", "langsmith_runs"])
def runs(request: pytest.FixtureRequest, capture: Capture) -> list[Span]:
    """The runs of the capture: from the requests as they were sent, and as they were assembled."""
    names = {"langsmith_ingestion": "ingest_requests", "langsmith_runs": "runs.assembled"}
    path = capture(FOLDER, f"{names[request.param]}.jsonl")
    return merged(recorded(request.param, path)["spans"])


def merged(spans: list[Span]) -> list[Span]:
    """The halves of runs put together, the newest word last: as the models do."""
    found: dict[str, Span] = {}
    for span in sorted(spans, key=lambda each: each["source_version_at"]):
        whole = found.setdefault(span["span_id"], {"attributes": {}})
        attributes = whole["attributes"] | span["attributes"]
        whole.update({k: v for k, v in span.items() if v not in ("", "unset", "unspecified")})
        whole["attributes"] = attributes
    return list(found.values())


def truth(capture: Capture, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capture(FOLDER, name).read_text().splitlines()]


def test_each_call_has_the_tokens_and_the_ending_that_the_server_logged(
    runs: list[Span], capture: Capture
) -> None:
    served = {each["response_id"]: each for each in truth(capture, "ground_truth.jsonl")}
    expected = json.loads(capture(FOLDER, "expected.json").read_text())
    unseen = {each["seq"] for each in expected["seen_by_client"]["not_seen"]}
    calls = [each for each in runs if each["attributes"].get("openinference.span.kind") == "LLM"]
    # Calls through client.with_options() are no runs (the capture's MANIFEST.md).
    assert len(calls) == 45
    known = 0
    for call in calls:
        attributes = call["attributes"]
        server = served.get(attributes.get("gen_ai.response.id", ""))
        if server is None or server["seq"] in unseen:
            assert not set(USAGE) & set(attributes)
            continue
        known += 1
        for name, theirs in USAGE.items():
            assert int(attributes[name]) == server[theirs]
        reasons = json.loads(attributes["gen_ai.response.finish_reasons"])
        assert reasons == server["finish_reasons"]
        proposed = int(attributes["spanmart.model.tool_calls_proposed"])
        assert proposed == len(server["tool_calls"])
        assert attributes["gen_ai.response.model"] == server["model_responded"]
        assert (attributes.get("gen_ai.request.stream") == "true") == server["stream"]
    # What MANIFEST.md sums up by hand.
    assert known == 41
    assert [sum(int(c["attributes"].get(n, 0)) for c in calls) for n in list(USAGE)[:2]] == [
        18052,
        2459,
    ]


def test_every_tool_and_its_failure_is_there(runs: list[Span], capture: Capture) -> None:
    logged = [tool for each in truth(capture, "app_truth.jsonl") for tool in each["tools"]]
    tools = [each for each in runs if each["attributes"].get("openinference.span.kind") == "TOOL"]
    names = Counter(tool["attributes"]["gen_ai.tool.name"] for tool in tools)
    assert names <= Counter(tool["name"] for tool in logged)
    failed = [tool for tool in tools if tool.get("status_code") == "error"]
    assert {tool["attributes"]["error.type"] for tool in failed} == {"ToolError"}
    assert len(failed) <= sum(not tool["ok"] for tool in logged)


def test_requests_are_trees_that_fail_where_the_application_failed(
    runs: list[Span], capture: Capture
) -> None:
    logged = {each["app_request"]: each for each in truth(capture, "app_truth.jsonl")}
    ids = {each["span_id"] for each in runs}
    roots = [each for each in runs if "parent_span_id" not in each]
    assert all(each["parent_span_id"] in ids for each in runs if "parent_span_id" in each)
    assert all(root["trace_id"] == root["span_id"] for root in roots)
    by_request = {json.loads(root["attributes"]["metadata"])["app_request"]: root for root in roots}
    assert set(by_request) == set(logged)
    for name, root in by_request.items():
        assert (root.get("status_code") == "error") == (not logged[name]["ok"])
        assert root["attributes"]["session.id"] == logged[name]["session"]
        assert root["attributes"]["user.id"] == logged[name]["user"]


def test_feedback_says_what_the_application_logged(capture: Capture) -> None:
    path = capture(FOLDER, "ingest_requests.jsonl")
    read = recorded("langsmith_ingestion", path)
    requests = {
        span["trace_id"]: json.loads(span["attributes"]["metadata"]).get("app_request")
        for span in read["spans"]
        if "parent_span_id" not in span and "metadata" in span["attributes"]
    }
    logged = {
        each["app_request"]: each["feedback"]
        for each in truth(capture, "app_truth.jsonl")
        if each["feedback"] is not None
    }
    thumbs = [row for row in read["feedback"] if row["kind"] == "thumbs"]
    assert {requests[row["trace_id"]]: row["score"] for row in thumbs} == logged
    assert len(thumbs) == len(logged)
    # Sent without a trace id, on a root run.
    bare = [row for row in read["feedback"] if row.get("evaluator_name") == "no_trace_id"]
    assert bare and all(row["trace_id"] in requests for row in bare)


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("langsmith_js_wrap_openai_default", ("9", "9")),
        ("langsmith_js_wrap_openai_stream_no_usage", (None, None)),
        ("langsmith_py_wrap_openai_", ("9", "9")),
        ("langsmith_py_wrap_openai_stream", ("9", "9")),
    ],
)
def test_a_post_and_its_patch_are_halves_of_one_run(
    name: str, counts: tuple[str | None, str | None]
) -> None:
    if not BATCHES.is_dir():
        pytest.skip("the public fixtures (../shared/fixtures) are not there")
    data = (BATCHES / f"{name}.json").read_bytes()
    assert claims(data) == ["langsmith_ingestion"]
    read = golden("langsmith_ingestion", data)
    assert [s["attributes"]["spanmart.record.is_partial"] for s in read["spans"]] == ["true"] * 2
    (run,) = merged(read["spans"])
    attributes = run["attributes"]
    assert tuple(map(attributes.get, list(USAGE)[:2])) == counts
    assert json.loads(attributes["gen_ai.response.finish_reasons"]) == ["stop"]
    assert run["name"] == "ChatOpenAI"
    assert run["end_time_unix_nano"] > run["start_time_unix_nano"]


# What a run says, and the tokens that are counted for it.
SAID: list[tuple[dict[str, Any], tuple[int | None, int | None]]] = [
    ({"outputs": {"usage": {"input_tokens": 5, "cache_read_input_tokens": 100,
                            "cache_creation_input_tokens": 20, "output_tokens": 2}}}, (125, 2)),
    ({"outputs": {"usage": {"prompt_tokens": 7, "completion_tokens": 2}}}, (7, 2)),
    ({"outputs": {"usage_metadata": {"input_tokens": 7, "output_tokens": 2}}}, (7, 2)),
    ({"prompt_tokens": 7, "completion_tokens": 2}, (7, 2)),
    ({"outputs": {"choices": [{}]}}, (None, None)),
    # A parent's are the sum of what is below it.
    ({"run_type": "chain", "prompt_tokens": 7, "completion_tokens": 2}, (None, None)),
]  # fmt: skip


def test_usage_is_found_where_it_stands_and_counted_once() -> None:
    ids = "01a1fd83-81d3-7671-9ca8-3f5f76c0ed7a"
    run = {"id": ids, "trace_id": ids, "run_type": "llm", "start_time": "2026-11-21T09:50:16"}
    lines = [json.dumps(run | members) for members, _ in SAID]
    spans = golden("langsmith_runs", "\n".join(lines).encode())["spans"]
    for span, (members, counts) in zip(spans, SAID, strict=True):
        said = [span["attributes"].get(name) for name in list(USAGE)[:2]]
        assert tuple(int(each) if each else None for each in said) == counts, members
