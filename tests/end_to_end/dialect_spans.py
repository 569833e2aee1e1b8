"""One model call in each dialect that no shared capture is written in, or that has a trap which the
captures do not hold. The names are those that the dialect's own documentation or source gives.

Each call is told with its wrapper, where the dialect has one that repeats the usage: only the call
may count.
"""

from __future__ import annotations

from collections.abc import Iterator

from dialect_cases import SpanWithEvents
from dialects_of_frameworks import DIALECTS_OF_FRAMEWORKS
from dialects_of_platforms import DIALECTS_OF_PLATFORMS
from otlp_json import Span

DIALECTS = [*DIALECTS_OF_PLATFORMS, *DIALECTS_OF_FRAMEWORKS]

# A producer that renamed its input tokens last night.
RENAMED_KEY = "gen_ai.usage.tokens_in"
_RENAMED = Span(
    "dialect of nobody",
    "call",
    None,
    {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.output_tokens": 30,
        RENAMED_KEY: 120,
    },
)

# Milliseconds: calls of two dialects never overlap, so that none is taken for the other's twin.
_APART = 3_600_000
_CALL = 1_000


def dialect_spans() -> Iterator[Span]:
    yield _RENAMED
    for number, dialect in enumerate(DIALECTS, start=1):
        start = -number * _APART
        parent = None
        if dialect.wrapper is not None:
            parent = "wrapper"
            yield Span(
                dialect.trace,
                parent,
                attributes=dialect.wrapper,
                start=start - _CALL,
                end=start + 2 * _CALL,
                scope=dialect.scope,
            )
        yield SpanWithEvents(
            dialect.trace,
            dialect.span_name,
            parent,
            dialect.attributes,
            start,
            start + _CALL,
            scope=dialect.scope,
            events=dialect.events,
        )
