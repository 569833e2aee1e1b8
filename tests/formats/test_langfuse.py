"""Langfuse's exports against what the application logged, and against their own sums."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spanmart import formats
from spanmart.testing import claims, golden, head_of

Capture = Callable[[str, str], Path]
FIXTURES = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "langfuse"
TRACES = sorted((FIXTURES / "framework-traces").glob("*.trace.json"))
MANIFEST = {
    "version": 1,
    "projectId": "proj-1",
    "exportSource": "OBSERVATIONS_V2",
    "window": {"minTimestamp": "2026-11-20T00:00:00Z", "maxTimestamp": "2026-11-20T01:00:00Z"},
    "createdAt": "2026-11-20T01:20:00Z",
    "tables": ["observations_v2", "scores"],
    "files": [{"key": "a.jsonl", "table": "scores", "rowCount": 3}],
}
NOTICE = (
    b"DEPRECATION NOTICE\n==================\n\nThis export uses a deprecated source.\n\n"
    b"https://langfuse.com/docs/api-and-data-platform/features/export-to-blob-storage\n"
)


def observation(**members: Any) -> dict[str, Any]:
    return {
        "id": "a1b2c3d4e5f60718",
        "trace_id": "4f2a1c9d8e7b6a5f4e3d2c1b0a998877",
        "project_id": "p",
        "parent_observation_id": "",
        "type": "GENERATION",
        "start_time": "2026-11-20 10:00:00.000000",
        "end_time": "2026-11-20 10:00:02.000000",
        **members,
    }


def attributes(**members: Any) -> dict[str, str]:
    (span,) = golden("langfuse_blob", json.dumps(observation(**members)).encode())["spans"]
    return dict(span["attributes"])


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.name.partition(".")[0])
def test_a_downloaded_trace_lands_whole(path: Path) -> None:
    data = path.read_bytes()
    assert claims(data) == ["langfuse_trace"]
    read, source = golden("langfuse_trace", data), json.loads(data)
    assert read["rejects"] == []
    own = {span["span_id"]: span for span in read["spans"]}
    trace = [s for s in read["spans"] if s["attributes"].get("spanmart.record.kind") == "trace"]
    assert len(trace) == 1
    assert set(own) == {each["id"] for each in source["observations"]} | {trace[0]["span_id"]}
    for each in source["observations"]:
        span = own[each["id"]]
        assert span.get("parent_span_id") == each["parentObservationId"]
        usage = each["usageDetails"]
        # These producers' details are parts of input and output: the server's own sum says so.
        for name, key in (("input", "input_tokens"), ("output", "output_tokens")):
            said = span["attributes"].get(f"gen_ai.usage.{key}")
            assert said == (str(usage[name]) if name in usage else None)
        if usage:
            assert span["attributes"]["gen_ai.usage.total_tokens"] == str(usage["total"])
            assert not [k for k in span["attributes"] if k.startswith("llm.token_count.")]
    scores = source["trace"].get("scores", []) + source["trace"].get("corrections", [])
    assert {row["feedback_id"] for row in read["feedback"]} == {each["id"] for each in scores}


def test_there_are_traces_of_frameworks_to_read() -> None:
    if not FIXTURES.is_dir():
        pytest.skip("the public fixtures (../shared/fixtures) are not there")
    assert len(TRACES) >= 12


# What a generation says of its usage, and the tokens that it took in and gave out.
USAGE: list[tuple[dict[str, Any], tuple[int | None, int | None]]] = [
    # Beside each other, as LangChain's handler and the server's own reading of usage give them.
    ({"input": 20, "input_cached_tokens": 300, "output": 40, "total": 360}, (320, 40)),
    ({"input": 20, "input_cache_read": 300, "input_cache_creation": 80}, (400, None)),
    ({"input": 5, "output": 40, "output_reasoning_tokens": 25, "total": 70}, (5, 65)),
    ({"input": 5, "output": 40, "output_reasoning": 25}, (5, 65)),
    # Parts, by the total or, without one, by name.
    ({"input": 6, "output": 20, "completion_details.reasoning": 11, "total": 26}, (6, 20)),
    ({"input": 90, "prompt_details.cache_read": 64, "output": 4}, (90, 4)),
    ({"input": 90, "input_cached_tokens": 64, "output": 4, "total": 94}, (90, 4)),
    # One side beside, the other inside.
    ({"input": 10, "input_cached_tokens": 30, "output": 9, "output_reasoning": 4, "total": 49},
     (40, 9)),
    # OpenAI's own shape, as its SDK integration sends it.
    ({"prompt_tokens": 348, "completion_tokens": 90, "total_tokens": 438,
      "prompt_tokens_details": {"cached_tokens": 192}}, (348, 90)),
    ({"input": 382}, (382, None)),
    ({"total": 12}, (None, None)),
    ({}, (None, None)),
]  # fmt: skip


def test_buckets_of_usage_are_added_up_where_they_are_beside_each_other() -> None:
    lines = [json.dumps(observation(usage_details=usage)) for usage, _ in USAGE]
    spans = golden("langfuse_blob", "\n".join(lines).encode())["spans"]
    for span, (usage, counts) in zip(spans, USAGE, strict=True):
        said = [span["attributes"].get(f"gen_ai.usage.{s}_tokens") for s in ("input", "output")]
        assert tuple(int(each) if each else None for each in said) == counts, usage


def test_the_time_to_the_first_token_is_in_milliseconds() -> None:
    said = [
        {"completion_start_time": "2026-11-20 10:00:00.250000"},
        {"time_to_first_token": 0.25},
        # Set up before April 2026: 250 s would be longer than the call itself.
        {"time_to_first_token": 250},
    ]
    lines = [json.dumps(observation(**members)) for members in said]
    spans = golden("langfuse_blob", "\n".join(lines).encode())["spans"]
    key = "spanmart.model.time_to_first_token_ms"
    assert [float(span["attributes"][key]) for span in spans] == [250.0] * 3


def test_no_prompt_stays_among_the_parameters_of_a_model() -> None:
    secret = "You are the support copilot of acme."
    found = attributes(
        model_parameters=json.dumps({"temperature": 0.2, "system_instruction": secret, "x": secret})
    )
    assert {key for key, value in found.items() if secret in value} == {
        "gen_ai.system_instructions"
    }


def test_ids_of_the_applications_own_making_stay_together() -> None:
    rows = [
        observation(id="root", trace_id="order-17"),
        observation(id="child", trace_id="order-17", parent_observation_id="root"),
    ]
    read = golden("langfuse_blob", "\n".join(map(json.dumps, rows)).encode())
    root, child = read["spans"]
    assert read["rejects"] == []
    assert child["parent_span_id"] == root["span_id"] and child["trace_id"] == root["trace_id"]
    assert (root["source_trace_id"], root["source_span_id"]) == ("order-17", "root")


@pytest.mark.parametrize("data", [json.dumps(MANIFEST, indent=1).encode(), NOTICE])
def test_manifests_and_notices_are_claimed_and_hold_no_records(data: bytes) -> None:
    assert claims(data) == ["langfuse_blob"]
    read = golden("langfuse_blob", data)
    assert not (read["spans"] or read["feedback"] or read["rejects"])


def test_what_is_no_observation_among_others_is_a_reject() -> None:
    page = {"data": [{"id": "x", "traceId": "y", "type": "SPAN", "startTime": "2026-11-20"}, {}]}
    read = golden("langfuse_api", json.dumps(page).encode())
    assert len(read["spans"]) == 1
    assert [reject["reason"] for reject in read["rejects"]] == ["missing_trace_id"]


def test_scores_of_the_sdk_say_what_the_application_logged(capture: Capture) -> None:
    folder = "langfuse_v5_openai"
    path = capture(folder, "ingest_requests.jsonl")
    read = golden("langfuse_ingestion", path.read_bytes())
    assert not read["rejects"] and "nothing" not in read
    requests = {
        span["traceId"]: json.loads(each["value"]["stringValue"])
        for line in capture(folder, "spans.otlphttp.jsonl").read_text().splitlines()
        for resource in json.loads(line)["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
        for each in span["attributes"]
        if each["key"] == "langfuse.trace.metadata.app_request"
    }
    logged = {
        each["app_request"]: each["feedback"]
        for each in map(json.loads, capture(folder, "app_truth.jsonl").read_text().splitlines())
        if each["feedback"] is not None
    }
    thumbs = [row for row in read["feedback"] if row["kind"] == "thumbs"]
    assert {requests[row["trace_id"]]: row["score"] for row in thumbs} == logged
    assert len(thumbs) == len(logged)
    others = {row["attributes"]["langfuse.score.name"] for row in read["feedback"]}
    assert others == {"user_feedback", "resolved", "tone", "csat"}
    assert all(row["conversation_id"] for row in read["feedback"] if row["kind"] == "rating")


def test_a_trace_is_known_though_its_input_is_longer_than_what_is_seen() -> None:
    trace = {
        "id": "t",
        "projectId": "p",
        "timestamp": "2026-11-20T10:00:00Z",
        "input": "x" * 70_000,
    }
    data = json.dumps({"trace": trace, "observations": []}).encode()
    assert claims(data) == ["langfuse_trace"]


def test_a_cut_off_parquet_file_is_claimed_by_nobody() -> None:
    path = Path(__file__).parent / "samples" / "langfuse_blob" / "enriched.parquet"
    head = head_of(path.read_bytes()[:500])
    assert not formats.named("langfuse_blob").sniff(head)


def test_reading_a_notice_needs_no_seekable_stream() -> None:
    class OneWay(io.BytesIO):
        def seekable(self) -> bool:
            return False

    assert list(formats.named("langfuse_blob").read(OneWay(NOTICE))) == []
