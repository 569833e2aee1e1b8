"""`spanmart trace` on a small hand-made warehouse: what it shows, and what it must not do."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from spanmart.commands.trace import command

BEGAN = datetime(2026, 3, 1, 12, 0, 0)
TRACE = "a1" * 16
SISTER = "a1" * 15 + "b2"
EVIL = "[red]pwned[/red]\x1b[2J\nnext\u202ekcab"


def span(span_id: str, parent: str | None, second: float, **columns: Any) -> dict[str, Any]:
    began = BEGAN + timedelta(seconds=second)
    return {
        "trace_id": TRACE,
        "span_id": span_id,
        "parent_span_id": parent,
        "started_at": began,
        "duration_ms": 250.0,
        "span_status": "ok",
        "error_type": None,
        **columns,
    }


def request(trace_id: str, **columns: Any) -> dict[str, Any]:
    return {
        "trace_id": trace_id,
        "root_name": "answer",
        "started_at": BEGAN,
        "duration_ms": 2500.0,
        "final_status": "failed",
        "task_success": False,
        "task_success_basis": "thumbs",
        "tenant_id": "acme",
        "span_count": 7,
        "input_tokens": 1200,
        "output_tokens": 80,
        "cost_usd": Decimal("0.001234"),
        "cost_status": "priced",
        "prompt_name": "support",
        "prompt_version": "v2",
        "is_output_truncated": True,
        "is_orphan": False,
        **columns,
    }


FACTS: dict[str, list[dict[str, Any]]] = {
    "request_trace": [request(TRACE), request(SISTER), request("c" * 32, root_name=EVIL)],
    "model_span": [
        span(
            "m1",
            "agent-without-a-fact",
            1.5,
            model_used="gpt-x",
            input_tokens=1200,
            cache_read_tokens=800,
            output_tokens=80,
            cost_usd=Decimal("0.001234"),
            is_usage_counted=True,
            finish_class="max_output",
            is_truncated=True,
        )
    ],
    "retrieval_span": [
        span("r1", None, 0.25, retriever_type="hybrid", top_k_requested=8, top_k_returned=5)
    ],
    "retrieved_document": [
        {"trace_id": TRACE, "span_id": "r1", "rank": n, "is_included": n < 3, "is_cited": n == 1}
        for n in range(1, 6)
    ],
    "tool_span": [
        span(
            "t1",
            "m1",
            1.6,
            tool_name=EVIL,
            is_success=False,
            error_category="timeout",
            span_status="error",
            error_type="TimeoutError",
        ),
        # A ring of parents, as broken exporters write them.
        span("t2", "t3", 2.0, tool_name="ring-a", is_success=True),
        span("t3", "t2", 2.1, tool_name="ring-b", is_success=True),
    ],
    "feedback_event": [
        {
            "trace_id": TRACE,
            "feedback_id": "f1",
            "occurred_at": BEGAN + timedelta(hours=30),
            "kind": "thumbs",
            "source": "user",
            "label": "down",
            "score": 0.0,
            "is_latest": True,
        }
    ],
    "failure_tag": [
        {
            "trace_id": TRACE,
            "failure_tag": "timeout_degradation",
            "failure_family": "tools",
            "source": "rule",
        }
    ],
    "artifact_reference": [
        {"trace_id": TRACE, "span_id": "m1", "artifact_id": "x1", "artifact_kind": "prompt"},
        {"trace_id": TRACE, "span_id": "root", "artifact_id": "x2", "artifact_kind": "response"},
    ],
}


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "spanmart.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema facts")
        for name, records in FACTS.items():
            connection.register("records", pa.Table.from_pylist(records))
            connection.execute(f"create table facts.{name} as from records")
    folder = tmp_path / "landing" / "artifacts" / "landed_on=2026-03-01"
    folder.mkdir(parents=True)
    contents = [
        {"artifact_id": "x1", "content": f"You are helpful.\n{EVIL}"},
        {"artifact_id": "x2", "content": "y" * 5000},
    ]
    pq.write_table(pa.Table.from_pylist(contents), folder / "one.parquet")
    return path


def trace(warehouse: Path, *arguments: str) -> Result:
    places = ["--warehouse", str(warehouse), "--landing", str(warehouse.parent / "landing")]
    return CliRunner().invoke(command, [*places, *arguments], catch_exceptions=False)


def line_with(output: str, word: str) -> str:
    return next(line for line in output.splitlines() if word in line)


def test_the_request_and_every_span_are_shown_in_order(warehouse: Path) -> None:
    result = trace(warehouse, TRACE)
    assert result.exit_code == 0
    output = result.output
    assert "failed · task not successful (by thumbs) · TRUNCATED" in output
    assert "2026-03-01 12:00:00 UTC · 2.50 s · 1,200 in → 80 out tokens · $0.001234" in output
    assert "tenant acme" in output and "prompt support@v2" in output
    model = line_with(output, "gpt-x")
    for word in ("+1.50 s", "250 ms", "1,200 in (800 from cache) → 80 out tokens", "$0.001234"):
        assert word in model
    retrieval = line_with(output, "hybrid")
    assert "5 documents of 8 asked for · 2 in the prompt · 1 cited" in retrieval
    assert "FAILED (timeout)" in line_with(output, "pwned")
    assert "2026-03-02 18:00:00 UTC · thumbs · by user · down · score 0" in output
    assert "timeout_degradation (tools), by rule" in output
    assert output.index("hybrid") < output.index("gpt-x") < output.index("pwned")


def test_a_span_hangs_on_its_parent_and_else_on_the_request(warehouse: Path) -> None:
    output = trace(warehouse, TRACE).output
    assert line_with(output, "gpt-x").startswith("├── ")
    assert line_with(output, "pwned").startswith("│   └── ")
    assert "2 more spans" in output


def test_a_ring_of_parents_is_shown_once_each(warehouse: Path) -> None:
    output = trace(warehouse, TRACE).output
    assert output.count("ring-a") == 1 and output.count("ring-b") == 1


@pytest.mark.parametrize("arguments", [(TRACE, "--content"), ("c" * 32,)])
def test_text_of_an_export_is_shown_and_not_obeyed(
    warehouse: Path, arguments: tuple[str, ...]
) -> None:
    output = trace(warehouse, *arguments).output
    assert "\x1b" not in output and "\u202e" not in output
    assert r"[red]pwned[/red]\x1b[2J" in output


def test_content_is_shown_only_when_asked_for(warehouse: Path) -> None:
    assert "You are helpful." not in trace(warehouse, TRACE).output
    output = trace(warehouse, TRACE, "--content").output
    assert "You are helpful." in output
    assert "response (redacted, 5,000 characters)" in output
    assert "1,000 more characters" in output


def test_the_first_characters_are_enough_when_they_name_one(warehouse: Path) -> None:
    assert f"trace {TRACE}" in trace(warehouse, TRACE[:31].upper()).output


def test_characters_that_name_several_are_wrong_usage(warehouse: Path) -> None:
    result = trace(warehouse, "a1a1")
    assert result.exit_code == 2
    assert TRACE in result.output and SISTER in result.output


def test_an_unknown_trace_is_exit_code_4(warehouse: Path) -> None:
    result = trace(warehouse, "feed")
    assert result.exit_code == 4
    assert "no trace in" in result.output


def test_without_a_warehouse_it_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"there is no warehouse at .*: build one with `dbt build`"):
        trace(tmp_path / "none.duckdb", "feed")
