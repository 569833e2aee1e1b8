"""The published shapes and vectors of cases/ as the spans that a producer would have sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from otlp_json import Span

CASES = Path(__file__).parent / "cases"
SHARED_CASES = Path(__file__).resolve().parents[3] / "shared" / "design" / "cases"

_TYPES = {
    "agent": "invoke_agent",
    "llm": "chat",
    "tool": "execute_tool",
    "chain": "invoke_workflow",
}
# Milliseconds between two cases and between two steps: no call of one overlaps one of another.
_APART, _STEP = 1_000_000, 1_000

Case = dict[str, Any]


def shapes() -> list[Case]:
    return json.loads((CASES / "usage_attribution.json").read_bytes())


def vectors() -> list[Case]:
    return json.loads((CASES / "token_semantics.json").read_bytes())


def shape_trace(shape: Case) -> str:
    return f"shape {shape['case']}"


def shape_spans(shape: Case) -> Iterator[Span]:
    """The tree of the shape. A parent covers its children, and they follow each other."""
    steps = {span["span_id"]: number for number, span in enumerate(shape["spans"])}
    ends = {name: number + 1 for name, number in steps.items()}
    for span in reversed(shape["spans"]):
        if parent := span["parent_span_id"]:
            ends[parent] = max(ends[parent], ends[span["span_id"]])
    begin = shape["case"] * _APART
    for span in shape["spans"]:
        attributes: dict[str, Any] = {
            "gen_ai.operation.name": _TYPES[span["kind"]],
            "gen_ai.request.model": "gpt-4o",
        }
        if span["reported_tokens"] is not None:
            attributes["gen_ai.usage.input_tokens"] = span["reported_tokens"]
        if span["response_id"] is not None:
            attributes["gen_ai.response.id"] = f"case-{shape['case']}-{span['response_id']}"
        yield Span(
            trace=shape_trace(shape),
            name=span["span_id"],
            parent=span["parent_span_id"],
            attributes=attributes,
            start=begin + steps[span["span_id"]] * _STEP,
            end=begin + ends[span["span_id"]] * _STEP - 1,
        )


# Under these names nothing says whether the cache is inside the input: the numbers must prove it.
_WITHOUT_CONVENTION = {
    "input_tokens": "llm.usage.prompt_tokens",
    "output_tokens": "llm.usage.completion_tokens",
    "cache_read_tokens": "llm.usage.cache_read_input_tokens",
    "cache_write_tokens": "llm.usage.cache_creation_input_tokens",
    "reasoning_tokens": "llm.usage.reasoning_tokens",
    "total_tokens": "llm.usage.total_tokens",
}
# OpenTelemetry's convention says that it is inside.
_OPENTELEMETRY = {
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "cache_read_tokens": "gen_ai.usage.cache_read.input_tokens",
    "cache_write_tokens": "gen_ai.usage.cache_write.input_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
    "total_tokens": "gen_ai.usage.total_tokens",
}


def needs_convention(vector: Case) -> bool:
    """Whether the numbers cannot tell, and the published answer is OpenTelemetry's convention."""
    return vector["expected_semantics"] == "inclusive" and vector["total_tokens"] is None


def vector_trace(number: int) -> str:
    return f"vector {number}"


def vector_span(number: int, vector: Case, scope: str = "tests", provider: str = "any") -> Span:
    names = _OPENTELEMETRY if needs_convention(vector) else _WITHOUT_CONVENTION
    counts = {key: vector[count] for count, key in names.items() if vector[count] is not None}
    begin = -number * _APART
    return Span(
        trace=vector_trace(number),
        name="call",
        attributes={
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": "some-model",
            **counts,
        },
        start=begin,
        end=begin + _STEP,
        scope=scope,
    )


# The one vector that nothing decides, as a producer sends it that the project has a rule for.
RULED_VECTOR = 100


def case_spans() -> Iterator[Span]:
    for shape in shapes():
        yield from shape_spans(shape)
    for number, vector in enumerate(vectors()):
        yield vector_span(number, vector)
        if vector["expected_semantics"] == "needs_scope_seed":
            yield vector_span(RULED_VECTOR, vector, scope="openlit", provider="anthropic")
