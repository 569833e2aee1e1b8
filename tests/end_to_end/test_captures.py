"""Each capture against what really happened in it.

The facts have to say what the client could know: calls, tokens, errors, truncations, tools and
costs. Where an export says something else, it stands in DEVIATIONS, with the reason that the
captures' README gives and a number taken from the truth, not from the export.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import reduce

import pytest
from built_project import Row, Warehouse
from capture_truth import CAPTURES, Call, Capture

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(
        not CAPTURES.is_dir(), reason="no ../shared/captures beside this clone to compare with"
    ),
]


@dataclass(frozen=True)
class Known:
    """What the facts have to say of a capture. None: the export does not say it: unknown."""

    calls: int
    usage_calls: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    errors: int | None
    truncated: int
    tools: int | None
    failed_tools: int | None
    cost_usd: Decimal


def known_to_the_client(capture: Capture) -> Known:
    seen = capture.seen
    return Known(
        calls=len(capture.calls) - len(capture.retried_inside),
        usage_calls=len(seen),
        input_tokens=sum(call.input_tokens for call in seen),
        output_tokens=sum(call.output_tokens for call in seen),
        cache_read_tokens=sum(call.cache_read_tokens for call in seen),
        cache_write_tokens=sum(call.cache_write_tokens for call in seen),
        reasoning_tokens=sum(call.reasoning_tokens for call in seen),
        errors=len(capture.errors),
        truncated=len(capture.truncated),
        tools=len(capture.tools),
        failed_tools=sum(not tool["ok"] for tool in capture.tools),
        cost_usd=sum((call.cost() for call in seen), Decimal(0)),
    )


Deviation = Callable[[Known, Capture], Known]


def says_no(*names: str) -> Deviation:
    """The export has no attribute for it."""
    return lambda known, _: replace(known, **dict.fromkeys(names))


def says_no_cache(known: Known, capture: Capture) -> Known:
    """Who reads such an export has to price all input alike."""
    cost = sum((call.cost(with_cache=False) for call in capture.seen), Decimal(0))
    return replace(known, cache_read_tokens=None, cache_write_tokens=None, cost_usd=cost)


def closed_stream_is_an_error(known: Known, capture: Capture) -> Known:
    """LangChain's and Google's instrumentation: what the application closed early failed."""
    assert known.errors is not None
    return replace(known, errors=known.errors + len(capture.closed_early))


def closed_stream_has_input(known: Known, capture: Capture) -> Known:
    """The first event of such a stream (Anthropic's message_start) tells the input's tokens."""
    closed = capture.closed_early
    assert known.cache_read_tokens is not None and known.cache_write_tokens is not None
    return replace(
        known,
        usage_calls=known.usage_calls + len(closed),
        input_tokens=known.input_tokens + sum(call.input_tokens for call in closed),
        cache_read_tokens=known.cache_read_tokens + sum(call.cache_read_tokens for call in closed),
        cache_write_tokens=known.cache_write_tokens
        + sum(call.cache_write_tokens for call in closed),
    )


def closed_stream_has_input_but_no_cache(known: Known, capture: Capture) -> Known:
    """Each chunk of Gemini tells the input's tokens; the cached share comes with the last one."""
    with_input = closed_stream_has_input(known, capture)
    return replace(with_input, cache_read_tokens=known.cache_read_tokens)


def closed_stream_has_no_span(known: Known, capture: Capture) -> Known:
    """LiteLLM ends a span with its stream; a stream that is dropped has none."""
    return replace(known, calls=known.calls - len(capture.closed_early))


def choices_are_counted_twice(known: Known, capture: Capture) -> Known:
    """OpenLLMetry for LangChain adds the usage of an n=2 call once for each choice."""
    again: list[Call] = [call for call in capture.many_choices for _ in range(call.choices - 1)]
    assert again and known.cache_read_tokens is not None
    return replace(
        known,
        input_tokens=known.input_tokens + sum(call.input_tokens for call in again),
        output_tokens=known.output_tokens + sum(call.output_tokens for call in again),
        cache_read_tokens=known.cache_read_tokens + sum(call.cache_read_tokens for call in again),
        cost_usd=known.cost_usd + sum((call.cost() for call in again), Decimal(0)),
    )


def malformed_tool_call_has_no_span(known: Known, capture: Capture) -> Known:
    """R-0024: arguments that are no JSON fail before the decorated function, which makes the span,
    is entered."""
    (tool,) = tools_of(capture, "R-0024")
    assert not tool["ok"] and known.tools is not None and known.failed_tools is not None
    return replace(known, tools=known.tools - 1, failed_tools=known.failed_tools - 1)


def malformed_tool_call_has_a_span(known: Known, capture: Capture) -> Known:
    """R-0024: pydantic-ai opens the span before it validates the arguments; the tool never runs."""
    assert not tools_of(capture, "R-0024")
    assert known.tools is not None and known.failed_tools is not None
    return replace(known, tools=known.tools + 1, failed_tools=known.failed_tools + 1)


def failed_stream_is_no_error(known: Known, capture: Capture) -> Known:
    """R-0018: pydantic-ai leaves the status of a stream that the server refused (400) unset."""
    refused = [call for call in capture.of_request("R-0018") if call in capture.errors]
    assert len(refused) == 1 and refused[0].is_streamed and known.errors is not None
    return replace(known, errors=known.errors - 1)


def tools_of_adk(known: Known, capture: Capture) -> Known:
    """ADK executes the tools itself, one span for each that the model asked for; here all fail."""
    asked = capture.expected["tool_calls_requested"]
    return replace(known, tools=asked, failed_tools=asked - capture.expected["app_tools_run"])


def tools_of(capture: Capture, app_request: str) -> list[dict[str, object]]:
    (request,) = [each for each in capture.requests if each["app_request"] == app_request]
    return request["tools"]


# Folder: what its export says otherwise. The reasons stand at the functions.
DEVIATIONS: dict[str, Iterable[Deviation]] = {
    "google_adk_content_true": [tools_of_adk],
    # The application wrote no spans for its tools; the cached share stands in a Python repr only.
    "litellm_reqspan": [
        says_no_cache,
        says_no("reasoning_tokens", "tools", "failed_tools"),
        closed_stream_has_no_span,
    ],
    "old2025_traceloop": [says_no("reasoning_tokens"), malformed_tool_call_has_no_span],
    "openinference_langchain": [closed_stream_is_an_error],
    "openinference_langchain_plus_openai": [closed_stream_is_an_error],
    "openinference_openai": [],
    "otel_botocore_bedrock_false": [],
    "otel_genai_anthropic_both": [closed_stream_has_input],
    "otel_genai_openai_off": [],
    "otel_genai_openai_span": [],
    "otel_v2_openai_both": [says_no_cache, says_no("reasoning_tokens")],
    "otel_v2legacy_openai_true": [says_no_cache, says_no("reasoning_tokens")],
    "otel_v2x_gemini_both": [closed_stream_has_input_but_no_cache, closed_stream_is_an_error],
    "phoenix": [],
    "pydantic_ai_v6": [malformed_tool_call_has_a_span, failed_stream_is_no_error],
    "traceloop_anthropic": [closed_stream_has_input],
    "traceloop_langchain": [
        choices_are_counted_twice,
        says_no("reasoning_tokens"),
        closed_stream_is_an_error,
    ],
    "traceloop_openai": [malformed_tool_call_has_no_span],
}
# Its ai.* dialect is not read: gen_ai.* is on the calls that succeeded, and tells of tokens alone.
TOKENS_ONLY = "vercel_ai_sdk"


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
        and not (name in ("tools", "failed_tools") and true is None and said[name] == 0)
    }


def test_the_truth_is_read_as_the_captures_state_it() -> None:
    """Known comes from the logs, call by call; the totals that captures state count it again."""
    for name in [*DEVIATIONS, TOKENS_ONLY]:
        capture = Capture(CAPTURES / name)
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
    capture = Capture(CAPTURES / name)
    known = reduce(
        lambda known, deviation: deviation(known, capture),
        DEVIATIONS[name],
        known_to_the_client(capture),
    )
    assert difference(found(built, name), known, Known.__dataclass_fields__) == {}


def test_tokens_of_a_dialect_that_is_half_known(built: Warehouse) -> None:
    capture = Capture(CAPTURES / TOKENS_ONLY)
    names = ("usage_calls", "input_tokens", "output_tokens", "truncated")
    assert difference(found(built, TOKENS_ONLY), known_to_the_client(capture), names) == {}


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
