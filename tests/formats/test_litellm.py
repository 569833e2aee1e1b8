"""LiteLLM's exports against what the server beside it logged."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from spanmart.testing import golden

Capture = Callable[[str, str], Path]
FOLDERS = ["litellm_default", "litellm_reqspan"]
SAMPLES = Path(__file__).parent / "samples"
INPUT, OUTPUT = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def total(spans: list[dict[str, Any]], key: str) -> int:
    return sum(int(span["attributes"].get(key, 0)) for span in spans)


@pytest.fixture(params=FOLDERS)
def folder(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@cache
def payloads(path: Path) -> list[dict[str, Any]]:
    read = golden("litellm_standard_logging", path.read_bytes())
    assert not read["rejects"]
    return list(read["spans"])


@pytest.fixture
def spans(folder: str, capture: Capture) -> list[dict[str, Any]]:
    return payloads(capture(folder, "standard_logging_payload.jsonl"))


def test_totals_are_those_that_the_client_saw(
    spans: list[dict[str, Any]], folder: str, capture: Capture
) -> None:
    seen = json.loads(capture(folder, "expected.json").read_text())["seen_by_client"]
    calls = [span for span in spans if span["attributes"]["gen_ai.operation.name"] == "chat"]
    assert total(calls, INPUT) == seen["prompt_plus_cache_tokens"]
    assert total(calls, OUTPUT) == seen["completion_tokens"]
    assert total(calls, "gen_ai.usage.cache_read.input_tokens") == seen["cached_tokens"]
    assert total(calls, "gen_ai.usage.cache_write.input_tokens") == seen["cache_creation_tokens"]
    assert total(calls, "gen_ai.usage.reasoning.output_tokens") == seen["reasoning_tokens"]


def test_each_call_is_as_the_server_logged_it(
    spans: list[dict[str, Any]], folder: str, capture: Capture
) -> None:
    """Matched by the provider's response id, which LiteLLM keeps of OpenAI's answers."""
    by_id = {span["attributes"].get("gen_ai.response.id"): span for span in spans}
    answers = [each for each in lines(capture(folder, "ground_truth.jsonl")) if each["response_id"]]
    matched = [each for each in answers if each["response_id"] in by_id]
    assert len(matched) >= 30
    for truth in matched:
        attributes = by_id[truth["response_id"]]["attributes"]
        assert json.loads(attributes["gen_ai.response.finish_reasons"]) == truth["finish_reasons"]
        proposed = int(attributes["spanmart.model.tool_calls_proposed"])
        assert proposed == len(truth["tool_calls"])
        # A stream without usage: 0 in the payload, and nothing here.
        known = (truth["prompt_tokens"], truth["completion_tokens"]) if truth["usage_sent"] else ()
        said = [attributes[key] for key in (INPUT, OUTPUT) if key in attributes]
        assert said == [str(number) for number in known]


def test_failures_are_those_of_the_application_and_of_the_router(
    spans: list[dict[str, Any]], folder: str, capture: Capture
) -> None:
    """What an SDK retries inside one call is no failure of that call."""
    failed_requests = [e for e in lines(capture(folder, "app_truth.jsonl")) if e.get("error")]
    fallbacks = [
        each
        for each in lines(capture(folder, "ground_truth.jsonl"))
        if each["app_request"].startswith("ROUTER") and each["status"] >= 400
    ]
    failed = [span for span in spans if span["status_code"] == "error"]
    assert len(failed) == len(failed_requests) + len(fallbacks)
    assert all(span["attributes"]["error.type"] for span in failed)
    assert not any(INPUT in span["attributes"] for span in failed)


def test_embeddings_and_reranks_are_no_model_calls(
    spans: list[dict[str, Any]], folder: str, capture: Capture
) -> None:
    truth = lines(capture(folder, "ground_truth.jsonl"))
    for operation, api in (("embeddings", "embeddings"), ("rerank", "rerank")):
        ours = [s for s in spans if s["attributes"]["gen_ai.operation.name"] == operation]
        theirs = [each for each in truth if each["api"] == api and each["status"] == 200]
        assert len(ours) == len(theirs)
        assert total(ours, INPUT) == sum(each["prompt_tokens"] for each in theirs)


def test_a_page_and_a_dump_say_the_same() -> None:
    dumped = golden(
        "litellm_spend_logs", (SAMPLES / "litellm_spend_logs" / "night.csv").read_bytes()
    )
    paged = golden(
        "litellm_spend_logs", (SAMPLES / "litellm_spend_logs" / "page.json").read_bytes()
    )
    for one, other in zip(dumped["spans"], paged["spans"], strict=True):
        for span in (one, other):
            del span["record_number"]
            for key in ("tag.tags", "gen_ai.input.messages", "output.value", "gen_ai.usage.cost"):
                span["attributes"].pop(key, None)
        assert one == other


def test_a_dump_in_parquet_says_what_it_says_in_csv() -> None:
    """With times as times, and numbers as numbers."""
    path = SAMPLES / "litellm_spend_logs" / "night.csv"
    table = pyarrow.csv.read_csv(path)
    assert pa.types.is_timestamp(table.schema.field("startTime").type)
    file = io.BytesIO()
    pyarrow.parquet.write_table(table, file)
    parquet = golden("litellm_spend_logs", file.getvalue())["spans"]
    cost = "gen_ai.usage.cost"
    for one, other in zip(
        parquet, golden("litellm_spend_logs", path.read_bytes())["spans"], strict=True
    ):
        assert float(one["attributes"].pop(cost)) == float(other["attributes"].pop(cost))
        assert one == other


@pytest.mark.parametrize(
    "name, file, key, cost",
    [
        ("litellm_spend_logs", "spend_logs_payload.json", "request_id", "spend"),
        ("litellm_standard_logging", "standard_logging_payload.json", "id", "response_cost"),
    ],
)
def test_litellms_own_test_payloads(
    name: str, file: str, key: str, cost: str, capture: Capture
) -> None:
    """The payloads that LiteLLM's repository compares its callbacks with."""
    path = capture("..", f"fixtures/litellm/{file}")
    source = json.loads(path.read_text())
    read = golden(name, path.read_bytes())
    (span,) = read["spans"]
    attributes = span["attributes"]
    assert not read["rejects"] and span["source_span_id"] == source[key]
    assert float(attributes["gen_ai.usage.cost"]) == source[cost]
    assert attributes["gen_ai.request.model"] == source["model"]
    assert (attributes[INPUT], attributes[OUTPUT]) == ("10", "20")
    started = datetime.fromisoformat(source["startTime"]).replace(tzinfo=UTC)
    assert span["start_time_unix_nano"] == int(started.timestamp() * 1e6) * 1000


def test_a_call_has_the_same_ids_in_both_exports() -> None:
    ids = {"call_type": "completion", "startTime": "2026-03-02 10:00:00", "status": "success"}
    row = {**ids, "request_id": "chatcmpl-1", "session_id": "visit-1", "spend": 0.1}
    payload = {**ids, "id": "chatcmpl-1", "trace_id": "visit-1", "response_cost": 0.1}
    (one,) = golden("litellm_spend_logs", json.dumps(row).encode())["spans"]
    (other,) = golden("litellm_standard_logging", json.dumps(payload).encode())["spans"]
    assert (one["trace_id"], one["span_id"]) == (other["trace_id"], other["span_id"])
    assert one["attributes"]["session.id"] == other["attributes"]["session.id"] == "visit-1"


@pytest.mark.parametrize(
    "cell", ["{broken", "[1", "null", "''", "None", "12", '{"usage_object": 3}']
)
def test_odd_metadata_costs_no_call(cell: str) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    names = ["request_id", "call_type", "spend", "startTime", "metadata", "prompt_tokens"]
    writer.writerow([*names, "completion_tokens"])
    writer.writerow(["a", "acompletion", "0.5", "2026-03-02 10:00:00", cell, "7.0", "x"])
    read = golden("litellm_spend_logs", text.getvalue().encode())
    (span,) = read["spans"]
    assert span["attributes"]["gen_ai.usage.cost"] == "0.5"
    assert span["attributes"][INPUT] == "7"
