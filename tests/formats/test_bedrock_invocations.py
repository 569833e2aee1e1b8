"""Bedrock's invocation logs in every form in which CloudWatch and S3 give them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from spanmart.formats import bedrock_invocations
from spanmart.testing import claims, golden

SAMPLE = Path(__file__).parent / "samples" / "bedrock_invocations" / "calls.jsonl"
NAME = "bedrock_invocations"


def calls() -> list[str]:
    return SAMPLE.read_text().splitlines()


def spans(data: str) -> list[dict[str, Any]]:
    assert claims(data.encode()) == [NAME]
    read = golden(NAME, data.encode())
    assert not read["rejects"]
    for span in read["spans"]:
        del span["record_number"]
    return sorted(read["spans"], key=lambda span: str(span["span_id"]))


def subscription(lines: list[str]) -> str:
    events = [{"id": str(n), "timestamp": 1, "message": line} for n, line in enumerate(lines)]
    message = {"messageType": "DATA_MESSAGE", "logGroup": "bedrock", "logEvents": events}
    return json.dumps(message) + json.dumps({**message, "logEvents": []})


def insights(lines: list[str]) -> str:
    text = io.StringIO()
    rows = [["2026-03-03 08:00:09.000", line] for line in lines]
    csv.writer(text).writerows([["@timestamp", "@message"], *rows])
    return text.getvalue()


@pytest.mark.parametrize("form", [subscription, insights])
def test_a_record_is_the_same_in_every_form(form: Any) -> None:
    assert spans(form(calls())) == spans(SAMPLE.read_text())


@pytest.mark.parametrize("block", [1, 7, 40, 1 << 20])
def test_a_stamp_may_stand_anywhere_in_a_block(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bedrock_invocations, "_BLOCK_BYTES", block)
    stamped = "\n".join(f"2026-03-03T08:00:09.123Z {line}" for line in calls())
    assert spans(stamped) == spans(SAMPLE.read_text())


def test_input_leaves_out_the_cache() -> None:
    """As Bedrock counts; the models add it, as seeds/tokens says of this scope."""
    seed = Path(__file__).parents[2] / "seeds" / "tokens" / "instrumentation_scopes.csv"
    rules = {row["scope_prefix"]: row for row in csv.DictReader(seed.open())}
    (first, *_) = spans(SAMPLE.read_text())
    assert first["attributes"]["gen_ai.usage.input_tokens"] == "40"
    assert rules[first["scope_name"]]["input_semantics"] == "exclusive"


def test_a_trace_is_what_the_caller_says() -> None:
    """`requestMetadata` in any spelling; without one, a call is a trace of its own."""
    call = json.loads(calls()[0])
    for name in ("trace_id", "traceId", "trace-id", "TRACE_ID"):
        tags = {name: "0af7651916cd43dd8448eb211c80319c"}
        (span,) = spans(json.dumps({**call, "requestMetadata": tags}))
        assert span["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
        assert "parent_span_id" not in span
    (span,) = spans(json.dumps({**call, "requestMetadata": {"tenant_id": "acme"}}))
    assert span["trace_id"] == span["span_id"] == call["requestId"]
