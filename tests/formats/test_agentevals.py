"""The recordings of agentevals land exactly: every span and log record, and of each turn what its
truth says: tokens, tools, texts, evaluations."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from spanmart import formats, testing
from spanmart.landing import evaluations

Json = dict[str, Any]
FIXTURES = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "agentevals_otlp"
PAIRS = [
    (path.with_name(path.name.replace(".truth.json", ".json")), path)
    for path in sorted(FIXTURES.rglob("*.truth.json"))
]
INPUT = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "input_tokens")
OUTPUT = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "output_tokens")
CACHE = ("cache_read_tokens", "cache_creation_tokens")

pytestmark = [
    pytest.mark.skipif(not PAIRS, reason="the public fixtures (../shared/fixtures) are not there"),
    pytest.mark.parametrize(
        ("path", "truth_path"), PAIRS, ids=[pair[0].stem for pair in PAIRS] if PAIRS else None
    ),
]


def format_of(path: Path) -> str:
    [name] = testing.claims(path.read_bytes())
    return name


def count(attributes: Json, names: tuple[str, ...]) -> int | None:
    found = next((attributes[name] for name in names if name in attributes), None)
    if found is None:
        return None
    # Claude Code's own names leave the cache out.
    extra = (
        CACHE if names[-1] in attributes and names == INPUT and names[0] not in attributes else ()
    )
    return int(found) + sum(int(attributes.get(name, 0)) for name in extra)


def counted(spans: list[Json]) -> dict[str, int]:
    """Usage of the deepest spans that carry it, each span once, cycles broken."""
    by_id = {(span["trace_id"], span["span_id"]): span for span in spans}
    uses = {
        key: (count(span.get("attributes", {}), INPUT), count(span.get("attributes", {}), OUTPUT))
        for key, span in by_id.items()
    }
    carries = {key for key, use in uses.items() if use != (None, None)}
    wrappers = set()
    for trace_id, span_id in carries:
        seen, place = (
            {(trace_id, span_id)},
            (trace_id, by_id[trace_id, span_id].get("parent_span_id")),
        )
        while place in by_id and place not in seen:
            seen.add(place)
            wrappers.add(place)
            place = (trace_id, by_id[place].get("parent_span_id"))
    total = {"input": 0, "output": 0}
    for key in carries - wrappers:
        total["input"] += uses[key][0] or 0
        total["output"] += uses[key][1] or 0
    return total


def test_every_record_is_read(path: Path, truth_path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    if "data" in document:
        expected = {"spans": sum(len(trace["spans"]) for trace in document["data"])}
    else:
        expected = defaultdict(int)
        for table, top, scopes, records in (
            ("spans", ("resourceSpans", "batches"), ("scopeSpans",), "spans"),
            ("log_records", ("resourceLogs",), ("scopeLogs",), "logRecords"),
        ):
            for name in top:
                for resource in document.get(name, []):
                    for scope in (each for key in scopes for each in resource.get(key, [])):
                        expected[table] += len(scope.get(records, []))
    found = testing.golden(format_of(path), path.read_bytes())
    assert found["rejects"] == []
    assert {table: len(found[table]) for table in expected} == dict(expected)


def test_tokens_are_those_of_the_truth(path: Path, truth_path: Path) -> None:
    truth = json.loads(truth_path.read_text(encoding="utf-8"))
    found = testing.golden(format_of(path), path.read_bytes())
    assert counted(found["spans"]) == truth["tokens"]


def test_texts_and_tools_of_the_truth_are_there(path: Path, truth_path: Path) -> None:
    truth = json.loads(truth_path.read_text(encoding="utf-8"))
    found = testing.golden(format_of(path), path.read_bytes())
    held = json.dumps(found, ensure_ascii=False)
    for turn in truth["turns"]:
        for tool in turn["tool_calls"]:
            assert tool["name"] in held
        for text in (turn["user_text"], turn["final_text"]):
            # Texts lie in JSON texts, however deep: whole words are what they share.
            for word in (text or "").split() if truth["content_captured"] else ():
                assert word.strip("\"'\\.,:;()") in held


def test_evaluations_are_feedback_on_what_was_evaluated(path: Path, truth_path: Path) -> None:
    truth = json.loads(truth_path.read_text(encoding="utf-8"))
    expected = [each for turn in truth["turns"] for each in turn.get("external_evaluations", [])]
    rows: list[Json] = []
    for batch in formats.named(format_of(path)).read(io.BytesIO(path.read_bytes())):
        for records in batch.records:
            if records.table == "spans":
                evaluated = evaluations.of_spans(records)
            elif records.table == "log_records":
                _, evaluated = evaluations.split_logs(evaluations.with_event_names(records))
            else:
                evaluated = records
            rows += [] if evaluated is None else testing.rows_of(evaluated)
    assert [(row["evaluator_name"], row.get("score"), row.get("label")) for row in rows] == [
        (each["name"], each.get("score_value"), each.get("score_label")) for each in expected
    ]
