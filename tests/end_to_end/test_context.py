"""What is said once in a request holds for its steps, under the names that an application uses."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from built_project import Row, Warehouse
from context_spans import OTHER_PERSON, PERSON, TRACE
from otlp_json import span_id, trace_id

pytestmark = pytest.mark.heavy

HASHED = r"h1_[0-9a-f]{32}"


def step(built: Warehouse, name: str, fact: str = "model_span") -> Row:
    return built.row(f"select * from facts.{fact} where span_id = ?", span_id(f"{TRACE}/{name}"))


def request(built: Warehouse) -> Row:
    return built.row("select * from facts.request_trace where trace_id = ?", trace_id(TRACE))


def test_the_root_speaks_for_every_step_below_it(built: Warehouse) -> None:
    for found in (step(built, "plain call"), step(built, "search", "tool_span")):
        assert found["tenant_id"] == "globex"
        assert found["conversation_id"] == "thread-9"
        assert found["task_type"] == "refund"
        assert found["release_sha"] == "0badcafe"
    call = step(built, "plain call")
    assert (call["prompt_name"], call["prompt_version"]) == ("answer", "v7")


def test_a_step_that_says_otherwise_speaks_for_itself(built: Warehouse) -> None:
    found = step(built, "call of another version")
    assert (found["prompt_name"], found["prompt_version"]) == ("answer", "v8")
    assert found["tenant_id"] == "initech"
    assert found["conversation_id"] == "thread-9"
    assert step(built, "search", "tool_span")["tenant_id"] == "globex"


def test_a_version_does_not_come_down_to_another_prompt(built: Warehouse) -> None:
    found = step(built, "call of another prompt")
    assert (found["prompt_name"], found["prompt_version"]) == ("summary", None)


def test_names_of_ones_own_reach_the_request(built: Warehouse) -> None:
    found = request(built)
    assert found["tenant_id"] == "globex"
    assert found["conversation_id"] == "thread-9"


def test_names_of_ones_own_may_be_members_of_json(built: Warehouse) -> None:
    found = step(built, "call told as JSON")
    assert found["model_requested"] == "gpt-4o"
    assert (found["input_tokens"], found["output_tokens"]) == (12, 3)
    assert found["tenant_id"] == "globex"
    record = built.row(
        "select locale from intermediate.int_spans__in_context where span_id = ?",
        span_id(f"{TRACE}/call told as JSON"),
    )
    # The text None says nothing, inside JSON as outside of it.
    assert record["locale"] is None


def test_a_user_under_a_key_of_ones_own_is_hashed(built: Warehouse) -> None:
    rows = built.rows(
        "select user_id_hash, regexp_full_match(user_id_hash, ?) as is_hashed "
        "from facts.request_trace where source = 'context'",
        HASHED,
    )
    assert len(rows) == 2 and all(row["is_hashed"] for row in rows)
    assert len({row["user_id_hash"] for row in rows}) == 2


def test_nobody_is_named_in_the_warehouse_or_in_landing(built: Warehouse, landing: Path) -> None:
    tables = built.rows(
        "select table_schema || '.' || table_name as name from information_schema.tables "
        "where table_schema in ('facts', 'marts', 'intermediate')"
    )
    assert len(tables) > 30
    landed = sorted(landing.rglob("*.parquet"))
    assert landed
    sources = [row["name"] for row in tables] + [f"read_parquet('{path}')" for path in landed]
    for source in sources:
        assert not named_in(built.connection, source), source


def named_in(connection: duckdb.DuckDBPyConnection, source: str) -> bool:
    """Whether any value of any column of any row names one of the two people."""
    (count,) = connection.execute(
        f"select count(*) from {source} as row where regexp_matches(row::varchar, ?)",
        [f"{PERSON}|{OTHER_PERSON}"],
    ).fetchone() or (0,)
    return bool(count)


def test_the_search_for_names_finds_one(built: Warehouse) -> None:
    assert named_in(built.connection, f"(select ['a', 'user {PERSON} b'] as words)")
