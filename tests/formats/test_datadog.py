"""Datadog LLM Observability: ids, money and evaluations."""

from __future__ import annotations

import json
from typing import Any

import pytest

from spanmart import testing

Json = dict[str, Any]
SPAN: Json = {
    "span_id": "1234567890123456789",
    "trace_id": "68c1a2b300000000a1b2c3d4e5f60718",
    "parent_id": "undefined",
    "name": "chat",
    "start_ns": 1790000000123456789,
    "duration": 50_000_000,
    "meta": {"span": {"kind": "llm"}},
    "metrics": {},
}


def read(*records: Json, format: str = "datadog_llm_spans") -> dict[str, list[Json]]:
    return testing.golden(format, "\n".join(map(json.dumps, records)).encode())


@pytest.mark.parametrize("decimal", [1, 255, 987654321, 2**63, 2**64 - 1, 1234567890123456])
def test_span_ids_are_numbers_of_64_bits(decimal: int) -> None:
    [span] = read(SPAN | {"span_id": str(decimal), "parent_id": str(decimal)})["spans"]
    assert (span["span_id"], span["parent_span_id"]) == (f"{decimal:016x}", f"{decimal:016x}")
    assert span["source_span_id"] == str(decimal)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("68c1a2b300000000a1b2c3d4e5f60718", "68c1a2b300000000a1b2c3d4e5f60718"),
        # 32 digits are hexadecimal, though each happens to be a decimal one.
        ("12345678901234567890123456789012", "12345678901234567890123456789012"),
        ("1234567890123456789", f"{1234567890123456789:032x}"),
    ],
)
def test_trace_ids_are_hexadecimal_or_numbers(given: str, expected: str) -> None:
    [span] = read(SPAN | {"trace_id": given})["spans"]
    assert (span["trace_id"], span["source_trace_id"]) == (expected, given)


@pytest.mark.parametrize(
    ("cost", "tokens", "expected"),
    [
        # Estimated by Datadog, in billionths of a dollar; and given to the SDK, in dollars.
        (96_000, 150, 0.000096),
        (0.000096, 150, 0.000096),
        (3_000_000_000, 1_000_000, 3.0),
        (3.0, 1_000_000, 3.0),
        (0, 150, 0.0),
        # Nothing tells which of the two it is.
        (5, None, None),
    ],
)
def test_a_cost_is_in_dollars_whatever_it_came_in(
    cost: float, tokens: int | None, expected: float | None
) -> None:
    metrics = {"total_cost": cost} | ({"total_tokens": tokens} if tokens else {})
    [span] = read(SPAN | {"metrics": metrics})["spans"]
    found = span["attributes"].get("gen_ai.usage.cost")
    assert (None if found is None else float(found)) == expected


def test_missing_usage_is_no_attribute() -> None:
    [span] = read(SPAN)["spans"]
    assert not [name for name in span["attributes"] if "usage" in name]


def test_every_wrapping_gives_the_same_span() -> None:
    payload = {"ml_app": "copilot", "spans": [SPAN]}
    expected = read(SPAN | {"ml_app": "copilot"})["spans"]
    assert read(payload)["spans"] == expected
    assert read({"data": {"type": "span", "attributes": payload}})["spans"] == expected
    exported = {"id": "x", "type": "span", "attributes": SPAN | {"ml_app": "copilot"}}
    assert read({"data": [exported]})["spans"] == expected


def test_an_evaluation_is_about_the_span_it_names() -> None:
    [span] = read(SPAN)["spans"]
    ids = {"span_id": SPAN["span_id"], "trace_id": SPAN["trace_id"]}
    event = {"join_on": {"span": ids}, "label": "quality", "timestamp_ms": 1790000000500}
    scored = event | {"metric_type": "score", "score_value": 0}
    failed = event | {"metric_type": "boolean", "boolean_value": False}
    rows = read(scored, failed, format="datadog_evaluations")["feedback"]
    assert {(row["trace_id"], row["span_id"]) for row in rows} == {
        (span["trace_id"], span["span_id"])
    }
    # A score of 0 is a score.
    assert [(row["score"], row.get("label")) for row in rows] == [(0.0, None), (0.0, "false")]
