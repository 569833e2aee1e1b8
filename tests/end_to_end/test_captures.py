"""Each capture against what really happened in it.

The facts have to say what the client could know: calls, tokens, errors, truncations, tools and
costs. Where an export says something else, it stands in capture_deviations.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import pytest
from built_project import Row, Warehouse
from capture_deviations import DEVIATIONS, Known, known_to_the_client
from capture_truth import CAPTURES, Capture, capture_of

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(
        not CAPTURES.is_dir(), reason="no ../shared/captures beside this clone to compare with"
    ),
]

# LangChain and LangSmith report no embeddings at all, MLflow none of their tokens.
NO_EMBEDDINGS = {
    "langsmith_traceable_multipart",
    "mlflow_openai",
    "openinference_langchain",
}
# Counts of rows: a fact that nobody reports has none.
COUNTS = ("tools", "failed_tools", "truncated")


def found(built: Warehouse, capture: str) -> Row:
    """Calls are the rows with is_call_counted; sums count the rows with is_usage_counted."""
    calls = built.row(
        """
        select
            count(*) filter (where is_call_counted) as calls,
            count(*) filter (where is_call_counted and input_tokens is not null) as usage_calls,
            sum(input_tokens) filter (where is_usage_counted) as input_tokens,
            sum(output_tokens) filter (where is_usage_counted) as output_tokens,
            sum(cache_read_tokens) filter (where is_usage_counted) as cache_read_tokens,
            sum(cache_write_tokens) filter (where is_usage_counted) as cache_write_tokens,
            sum(reasoning_tokens) filter (where is_usage_counted) as reasoning_tokens,
            count(*) filter (where is_call_counted and span_status = 'error') as errors,
            count(*) filter (where is_call_counted and is_truncated) as truncated,
            sum(cost_usd) filter (where is_usage_counted) as cost_usd,
        from facts.model_span
        where source = ?
        """,
        capture,
    )
    tools = built.row(
        """
        select count(*) as tools, count(*) filter (where not is_success) as failed_tools
        from facts.tool_span
        where source = ?
        """,
        capture,
    )
    return calls | tools


def difference(said: Row, known: Known, names: Iterable[str]) -> dict[str, tuple[object, object]]:
    """Name: (found, true). A count of nothing may be unknown, one of something unknown must be."""
    return {
        name: (said[name], true)
        for name in names
        if said[name] != (true := getattr(known, name))
        and not (true == 0 and said[name] is None)
        and not (name in COUNTS and true is None and said[name] == 0)
    }


def test_the_truth_is_read_as_the_captures_state_it() -> None:
    """Known comes from the logs, call by call; the totals that captures state count it again."""
    for name in DEVIATIONS:
        capture = capture_of(name)
        stated, known = capture.expected["seen_by_client"], known_to_the_client(capture)
        assert known.usage_calls == stated["calls"]
        assert known.input_tokens == stated["prompt_plus_cache_tokens"]
        assert known.cache_read_tokens == stated["cached_tokens"]
        assert known.cache_write_tokens == stated["cache_creation_tokens"]
        assert known.reasoning_tokens == stated["reasoning_tokens"]
        assert known.truncated == capture.expected["truncated"]
        assert known.tools == capture.expected["app_tools_run"]
        assert known.failed_tools == capture.expected["app_tools_failed"]


@pytest.mark.parametrize("name", DEVIATIONS)
def test_a_capture_reconciles(built: Warehouse, name: str) -> None:
    capture = capture_of(name)
    known = reduce(
        lambda known, deviation: deviation(known, capture),
        DEVIATIONS[name],
        known_to_the_client(capture),
    )
    assert difference(found(built, name), known, Known.__dataclass_fields__) == {}


@pytest.mark.parametrize("name", sorted(set(DEVIATIONS) - NO_EMBEDDINGS))
def test_embeddings_are_counted_apart(built: Warehouse, name: str) -> None:
    """Their tokens stand under the key of chats in most dialects, and twice in Vercel's."""
    expected = capture_of(name).expected
    row = built.row(
        """
        select count(*) as calls, coalesce(sum(input_tokens), 0) as tokens
        from facts.usage_record
        where source = ? and call_kind = 'embedding' and is_usage_counted
        """,
        name,
    )
    assert row["calls"] == expected["embedding_requests"]
    assert row["tokens"] == expected["embedding_prompt_tokens"]


def test_litellm_on_the_span_of_its_caller_keeps_one_call_a_request(built: Warehouse) -> None:
    """Each later call overwrites the last: the README's naive sums are all that is left, and they
    are never more than what was used."""
    name = "litellm_default"
    row = built.row(
        """
        select sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens
        from facts.usage_record
        where source = ? and is_usage_counted and call_kind <> 'embedding'
        """,
        name,
    )
    assert row == {"input_tokens": 12_078, "output_tokens": 527 + 552}
    true, said = known_to_the_client(Capture(CAPTURES / name)), found(built, name)
    for count in ("calls", "input_tokens", "output_tokens", "cache_read_tokens", "errors"):
        assert 0 < said[count] < getattr(true, count), count


def test_one_call_recorded_in_two_traces_counts_once(built: Warehouse) -> None:
    """LangChain's and OpenAI's instrumentors: each call is also the lone root of another trace."""
    name = "openinference_langchain_plus_openai"
    capture = Capture(CAPTURES / name)
    row = built.row(
        """
        select
            count(*) as records,
            count(*) filter (where duplicate_of_trace_id is not null) as copies,
            sum(input_tokens) as naive_input_tokens,
        from facts.model_span
        where source = ?
        """,
        name,
    )
    true = known_to_the_client(capture)
    assert row["records"] == 2 * true.calls and row["copies"] == true.calls
    assert row["naive_input_tokens"] == 2 * true.input_tokens


def test_every_encoding_is_used(built: Warehouse) -> None:
    files = built.rows(
        "select source_file from staging.stg_loads where source in (select unnest(?))",
        list(DEVIATIONS),
    )
    endings = {row["source_file"].rsplit("/", 1)[-1] for row in files}
    assert {"spans.otlphttp.jsonl", "spans.otlphttp.lenpb", "spans.otlp.jsonl"} <= endings
    assert "logs.otlphttp.jsonl" in endings
