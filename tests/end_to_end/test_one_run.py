"""A run sees whole commits: rows whose load is not in the ledger are not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from built_project import BuiltProject, reading
from otlp_json import Feedback, LogRecord, Record, Span, trace_id, write

from spanmart.landing import land

pytestmark = pytest.mark.heavy

TABLES = ("request_trace", "model_span", "tool_span", "feedback_event", "artifact_reference")


def request(name: str) -> list[Record]:
    call = {
        "gen_ai.operation.name": "chat",
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.input.messages": f'[{{"role": "user", "parts": [{{"content": "{name}"}}]}}]',
    }
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}
    return [
        Span(name, "root", attributes={"gen_ai.conversation.id": name}),
        Span(name, "call", "root", call, 10, 500),
        Span(name, "tool", "root", tool, 600, 900),
        LogRecord(name, "call", "gen_ai.choice", {"finish_reason": "stop"}, 500),
        Feedback(f"thumb {name}", "thumbs", 2000, trace=name, fields={"score": 1}),
    ]


def traces_of(warehouse: Path) -> dict[str, set[str]]:
    with reading(warehouse) as opened:
        return {
            table: {row["trace_id"] for row in opened.rows(f"select trace_id from facts.{table}")}
            for table in TABLES
        }


def test_a_commit_without_its_ledger_is_not_there(
    tmp_path: Path, spanmart_project: BuiltProject
) -> None:
    landing, warehouse = tmp_path / "landing", tmp_path / "spanmart.duckdb"
    land(write(tmp_path / "first", request("first")), landing=landing, source="tests")
    before = set(landing.glob("loads/*/*.parquet"))
    land(write(tmp_path / "second", request("second")), landing=landing, source="tests")
    # A commit is its ledger, which is written last: without it the landing died half way.
    (ledger,) = set(landing.glob("loads/*/*.parquet")) - before
    hidden = tmp_path / "ledger"
    ledger.rename(hidden)

    spanmart_project.run("seed", warehouse=warehouse, landing=landing)
    spanmart_project.run("run", "-s", "+request_trace", warehouse=warehouse, landing=landing)
    first, second = trace_id("first"), trace_id("second")
    assert traces_of(warehouse) == {table: {first} for table in TABLES}

    hidden.rename(ledger)
    spanmart_project.run("run", "-s", "+request_trace", warehouse=warehouse, landing=landing)
    assert traces_of(warehouse) == {table: {first, second} for table in TABLES}
