"""What the client of a capture could know, and what an export of it says otherwise.

The reasons are those that the captures' README gives, the numbers come from the truth and never
from the export.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from capture_truth import Call, Capture


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
    """LangChain's and Google's instrumentation, LangSmith: what was closed early failed."""
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
    """LiteLLM and the Vercel SDK end a span with its stream; a stream that is dropped has none."""
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


def only_streams_say_why_they_ended(known: Known, capture: Capture) -> Known:
    """Langfuse's wrapper notes the finish reason of a stream, and of nothing else."""
    streams = [call for call in capture.truncated if call.is_streamed]
    assert 0 < len(streams) < known.truncated
    return replace(known, truncated=len(streams))


def streams_say_stop(known: Known, capture: Capture) -> Known:
    """MLflow builds the answer of a stream itself, and lets it always end with `stop`."""
    streams = [call for call in capture.truncated if call.is_streamed]
    assert streams
    return replace(known, truncated=known.truncated - len(streams))


def calls_of_copied_clients_are_missing(known: Known, capture: Capture) -> Known:
    """wrap_openai patches one client: what goes through its with_options() has no run."""
    requests = {"R-0007", "R-0009", "R-0027", "R-0028", "R-0029"}
    lost = [call for call in capture.calls if call.app_request in requests]
    seen = [call for call in capture.seen if call in lost]
    errors = [call for call in capture.errors if call in lost]
    assert known.cache_read_tokens is not None and known.errors is not None
    return replace(
        known,
        calls=known.calls - len(lost),
        usage_calls=known.usage_calls - len(seen),
        input_tokens=known.input_tokens - sum(call.input_tokens for call in seen),
        output_tokens=known.output_tokens - sum(call.output_tokens for call in seen),
        cache_read_tokens=known.cache_read_tokens - sum(call.cache_read_tokens for call in seen),
        errors=known.errors - len(errors),
        cost_usd=known.cost_usd - sum((call.cost() for call in seen), Decimal(0)),
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
    "langfuse_v5_openai": [malformed_tool_call_has_no_span, only_streams_say_why_they_ended],
    "langsmith_traceable_multipart": [
        calls_of_copied_clients_are_missing,
        malformed_tool_call_has_no_span,
        closed_stream_is_an_error,
    ],
    # LiteLLM sees no tools, and the application wrote no spans for its own.
    "litellm_payloads": [says_no("tools", "failed_tools"), closed_stream_has_no_span],
    "litellm_reqspan": [says_no("tools", "failed_tools"), closed_stream_has_no_span],
    "mlflow_openai": [
        closed_stream_has_no_span,
        malformed_tool_call_has_no_span,
        streams_say_stop,
    ],
    "old2025_traceloop": [says_no("reasoning_tokens"), malformed_tool_call_has_no_span],
    "openai_agents_native_chat": [says_no("truncated"), malformed_tool_call_has_a_span],
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
    "vercel_ai_sdk": [closed_stream_has_no_span],
}
