"""Tables of evaluations (RAGAS, Arize) as feedback, in the containers that people save them in."""

from __future__ import annotations

import io
import json
import math
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from spanmart.testing import claims, golden

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def as_parquet(table: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


def as_csv(table: pa.Table) -> bytes:
    file = io.BytesIO()
    pc.write_csv(table, file)
    return file.getvalue()


def as_json_lines(table: pa.Table) -> bytes:
    return "\n".join(json.dumps(row) for row in table.to_pylist()).encode()


CONTAINERS = [as_parquet, as_csv, as_json_lines]


def judgements(name: str, data: bytes) -> dict[str, Any]:
    assert claims(data) == [name]
    return golden(name, data)


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_metric_that_failed_is_no_score(container: Any) -> None:
    """RAGAS writes NaN for it."""
    table = pa.table(
        {
            "user_input": ["a", "b"],
            "response": ["c", "d"],
            "trace_id": [TRACE, TRACE],
            "faithfulness": [0.5, math.nan],
            "answer_relevancy": [math.nan, math.nan],
            "latency_ms": [12.0, 13.0],
        }
    )
    read = judgements("ragas_results", container(table))
    (row,) = read["feedback"]
    assert (row["evaluator_name"], row["score"], row["trace_id"]) == ("faithfulness", 0.5, TRACE)
    assert not read["rejects"] and read["nothing"] == [2]


@pytest.mark.parametrize(
    "ids, reasons",
    [
        ({}, ["no_target", "no_target"]),
        ({"conversation_id": "visit-1"}, ["bad_time", "bad_time"]),
        ({"conversation_id": "visit-1", "evaluated_at": "2026-03-04T01:00:00Z"}, []),
        ({"span_id": "00f067aa0ba902b7"}, []),
        ({"trace_id": TRACE}, []),
    ],
)
def test_a_row_says_what_it_judges_or_is_rejected(ids: dict[str, str], reasons: list[str]) -> None:
    """Which trace of a conversation is meant, only a time tells."""
    row = {
        "question": "a",
        "contexts": ["b"],
        "answer": "c",
        "faithfulness": 1,
        "context_recall": 0,
    }
    read = judgements("ragas_results", json.dumps(row | ids).encode())
    assert [each["reason"] for each in read["rejects"]] == reasons
    assert len(read["feedback"]) == 2 - len(reasons)


def test_texts_of_a_sample_are_not_landed() -> None:
    row = {"user_input": "my secret question", "trace_id": TRACE, "faithfulness": 1.0}
    assert "secret" not in json.dumps(judgements("ragas_results", json.dumps(row).encode()))


@pytest.mark.parametrize("container", CONTAINERS)
def test_label_score_and_explanation_are_one_judgement(container: Any) -> None:
    table = pa.table(
        {
            "context.span_id": ["00f067aa0ba902b7", "00f067aa0ba902b8"],
            "eval.Tone.v2.label": ["kind", None],
            "eval.Tone.v2.score": [1.0, math.nan],
            "eval.Tone.v2.explanation": ["It says please.", None],
        }
    )
    read = judgements("arize_evaluations", container(table))
    (row,) = read["feedback"]
    said = (row["evaluator_name"], row["label"], row["score"], row["comment"])
    assert said == ("Tone.v2", "kind", 1.0, "It says please.")
    assert not read["rejects"] and read["nothing"] == [2]


def test_a_table_of_spans_with_evaluations_beside_them_is_another_format() -> None:
    row = {"context.span_id": "a", "parent_id": None, "span_kind": "LLM", "eval.Tone.label": "kind"}
    assert "arize_evaluations" not in claims(json.dumps(row).encode())
