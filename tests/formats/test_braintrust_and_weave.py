"""Braintrust rows and Weave calls: versions, parts, and what is counted once."""

from __future__ import annotations

import csv
import io
import json
import random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from spanmart import testing

Json = dict[str, Any]
ROW: Json = {
    "id": "r",
    "span_id": "a1b2c3d4-0000-4000-8000-000000000002",
    "root_span_id": "a1b2c3d4-0000-4000-8000-000000000001",
    "span_parents": ["a1b2c3d4-0000-4000-8000-000000000001"],
    "span_attributes": {"name": "chat", "type": "llm"},
    "metrics": {"start": 1790000000.25, "end": 1790000001.5, "prompt_tokens": 0.0},
}
CALL: Json = {
    "id": "0195a1b2-0000-7000-8000-000000000001",
    "project_id": "acme/copilot",
    "op_name": "weave:///acme/copilot/op/openai.chat.completions.create:abc",
    "trace_id": "0195a1b2-0000-7000-8000-0000000000aa",
    "started_at": "2026-09-21T14:13:20.250000Z",
    "ended_at": "2026-09-21T14:13:21.500000Z",
}


def read(format: str, *records: Json) -> dict[str, list[Json]]:
    return testing.golden(format, "\n".join(map(json.dumps, records)).encode())


def as_csv(row: Json) -> bytes:
    """As an export writes it: objects as JSON texts, what is missing empty."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(row)
    texts = (json.dumps(each) if isinstance(each, dict | list) else each for each in row.values())
    writer.writerow("" if each is None else each for each in texts)
    return out.getvalue().encode()


def test_later_transactions_of_braintrust_are_later_versions() -> None:
    # 0x0DE1, the seconds, a counter; and small numbers, as a store of one's own may count them.
    drawn = random.Random(5)
    for base in (0x0DE1 << 48, 0):
        span = 1 << 48 if base else 10**9
        numbers = sorted(base + drawn.randrange(1, span) for _ in range(200))
        rows = read("braintrust", *(ROW | {"_xact_id": str(number)} for number in numbers))
        versions = [row["source_version_at"] for row in rows["spans"]]
        assert versions == sorted(versions)
        assert len(set(versions)) == len(set(numbers))


def test_rows_of_braintrust_say_the_same_in_csv() -> None:
    row = ROW | {"_xact_id": "1000192656880881099", "scores": {"quality": 0.5}, "error": None}
    found = testing.golden("braintrust", as_csv(row))
    assert found == read("braintrust", row)
    [span] = found["spans"]
    assert span["start_time_unix_nano"] == 1790000000250000000
    # A call that was given no tokens; what is not said is not 0.
    assert span["attributes"]["gen_ai.usage.input_tokens"] == "0"
    assert "gen_ai.usage.output_tokens" not in span["attributes"]


def test_parts_and_deletions_of_braintrust_are_marked() -> None:
    part = {name: ROW[name] for name in ("id", "span_id", "root_span_id")}
    rows = read(
        "braintrust",
        ROW,
        part | {"_is_merge": True, "metrics": {"completion_tokens": 7}},
        part | {"_object_delete": True},
    )["spans"]
    marks = [
        [name for name in row["attributes"] if name.startswith("spanmart.record")] for row in rows
    ]
    partial, deleted = "spanmart.record.is_partial", "spanmart.record.is_deleted"
    assert marks == [[], [partial], [partial, deleted]]
    assert len({(row["trace_id"], row["span_id"]) for row in rows}) == 1
    # A part says nothing of what it does not hold.
    assert (rows[1]["kind"], "end_time_unix_nano" in rows[1]) == ("unspecified", False)


def test_prompts_in_metadata_of_braintrust_are_content() -> None:
    metadata = {
        "model": "gpt-4.1",
        "tenant": "acme",
        "prompt": {"id": "p", "version": "3", "variables": {"question": "my secret"}},
        "tools": [{"function": {"description": "my secret"}}],
    }
    [span] = read("braintrust", ROW | {"metadata": metadata})["spans"]
    assert json.loads(span["attributes"]["metadata"]) == {"model": "gpt-4.1", "tenant": "acme"}
    held = {name for name, value in span["attributes"].items() if "my secret" in value}
    assert held == {"llm.prompt_template.variables", "gen_ai.tool.definitions"}


def test_columns_with_dots_say_what_objects_say() -> None:
    usage = {
        "gpt-4.1-mini-2025-04-14": {
            "prompt_tokens": 120,
            "completion_tokens": 30,
            "prompt_tokens_details": {"cached_tokens": 20},
            "requests": 1,
        }
    }
    cost = {"gpt-4.1-mini-2025-04-14": {"prompt_tokens_total_cost": 0.25}}
    summary = {"usage": usage, "weave": {"status": "success", "costs": cost}}
    objects = CALL | {"inputs": {"question": "Where?"}, "summary": summary}
    model = "gpt-4.1-mini-2025-04-14"
    columns = CALL | {
        "inputs.question": "Where?",
        f"summary.usage.{model}.prompt_tokens": 120,
        f"summary.usage.{model}.completion_tokens": 30,
        f"summary.usage.{model}.prompt_tokens_details.cached_tokens": 20,
        f"summary.usage.{model}.requests": 1,
        "summary.weave.status": "success",
        f"summary.weave.costs.{model}.prompt_tokens_total_cost": 0.25,
    }
    [expected] = read("weave_calls", objects)["spans"]
    assert testing.golden("weave_calls", as_csv(columns))["spans"] == [expected]
    assert expected["attributes"]["gen_ai.usage.input_tokens"] == "120"
    assert expected["attributes"]["gen_ai.usage.cache_read.input_tokens"] == "20"
    assert expected["attributes"]["llm.model_name"] == model
    assert float(expected["attributes"]["gen_ai.usage.cost"]) == 0.25


def test_parquet_with_a_column_for_each_model_says_the_model_that_was_called() -> None:
    usage = [{"gpt-4.1": {"prompt_tokens": 1}}, {"claude-x": {"input_tokens": 2}}]
    calls = [CALL | {"id": f"{CALL['id'][:-1]}{n}"} for n in range(2)]
    whole = [call | {"summary": {"usage": each}} for call, each in zip(calls, usage, strict=True)]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(whole), out)
    assert testing.claims(out.getvalue()) == ["weave_calls"]
    found = testing.golden("weave_calls", out.getvalue())["spans"]
    assert [span["attributes"]["llm.model_name"] for span in found] == ["gpt-4.1", "claude-x"]
    assert found == read("weave_calls", *whole)["spans"]


def test_a_call_over_several_models_says_no_model_and_their_sum() -> None:
    usage = {"gpt-4.1": {"prompt_tokens": 1}, "claude-x": {"input_tokens": 2, "output_tokens": 3}}
    [span] = read("weave_calls", CALL | {"summary": {"usage": usage}})["spans"]
    assert "llm.model_name" not in span["attributes"]
    assert span["attributes"]["gen_ai.usage.input_tokens"] == "3"
    assert span["attributes"]["gen_ai.usage.output_tokens"] == "3"


def test_the_halves_of_a_call_are_two_parts_of_one_span() -> None:
    ended = {"id", "project_id", "ended_at"}
    end = {name: value for name, value in CALL.items() if name in ended} | {"summary": {}}
    start = {name: value for name, value in CALL.items() if name != "ended_at"}
    batch = {"batch": [{"req": {"start": start}}, {"req": {"end": end}}]}
    rows = read("weave_calls", batch)["spans"]
    assert len({(row["trace_id"], row["span_id"]) for row in rows}) == 1
    assert len({row["source_version_at"] for row in rows}) == 2
    # Alone, the end says of which trace it is to nobody.
    found = read("weave_calls", {"start": start}, {"end": end})
    assert [row["reason"] for row in found["rejects"]] == ["missing_trace_id"]
    assert len(found["spans"]) == 1
