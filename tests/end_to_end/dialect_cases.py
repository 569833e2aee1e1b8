"""A case of test_dialects.py: a model call as a dialect writes it, and what the facts say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from otlp_json import MILLISECOND, START, Span, Values, span_id, trace_id

# What all of them say, and what the facts have to say of each unless it says something else.
COMMON: dict[str, Any] = {
    "input_tokens": 120,
    "output_tokens": 30,
    "is_usage_counted": True,
    "is_call_counted": True,
    "span_status": "unset",
}
# Of those 120.
CACHED = {"cache_read_tokens": 100, "input_uncached_tokens": 20}


@dataclass(frozen=True)
class Event:
    name: str
    at: int
    attributes: Values = field(default_factory=dict)


@dataclass(frozen=True)
class SpanWithEvents(Span):
    events: tuple[Event, ...] = ()

    def export(self) -> dict[str, Any]:
        exported = super().export()
        (span,) = exported["resourceSpans"][0]["scopeSpans"][0]["spans"]
        span["events"] = [
            {
                "name": event.name,
                "timeUnixNano": str(START + (self.start + event.at) * MILLISECOND),
                "attributes": [
                    {"key": key, "value": {"stringValue": value}}
                    for key, value in event.attributes.items()
                ],
            }
            for event in self.events
        ]
        return exported


@dataclass(frozen=True)
class Dialect:
    """A call as a dialect writes it, and what the row of model_span has to say."""

    name: str
    scope: str
    attributes: dict[str, Any]
    expected: dict[str, Any]
    span_name: str = "call"
    wrapper: dict[str, Any] | None = None
    events: tuple[Event, ...] = ()

    @property
    def trace(self) -> str:
        return f"dialect {self.name}"

    @property
    def trace_id(self) -> str:
        return trace_id(self.trace)

    @property
    def span_id(self) -> str:
        return span_id(f"{self.trace}/{self.span_name}")


def said(**values: Any) -> dict[str, Any]:
    return COMMON | values
