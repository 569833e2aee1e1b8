"""Small worlds of traces, drawn by hypothesis: what exporters send of them, as it lands.

A world has few conversations, requests, tasks and calls of a provider, so that its traces meet in
them often. Worlds share nothing: several stand side by side in one landing, and what differs in the
end names the world that it belongs to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st
from otlp_json import Feedback, LogRecord, Record, Span

# A moment of a world: steps are coarse, so that equal times and overlaps are common.
STEP = 100
SCOPES = ("opentelemetry.instrumentation.openai.v1", "com.anthropic.sdk.python", "langchain")
KINDS = ("model", "model", "agent", "tool", "retrieval", "assembly", "chain", "embedding")
OTHER_CONTEXT = {
    "spanmart.tenant.id": (None, "acme", "globex"),
    "spanmart.prompt.name": (None, "answer", "summary"),
    "user.id": (None, "u1", "u2"),
    "spanmart.workload.class": (None, None, "evaluation"),
}
CONTEXT = (
    *("gen_ai.conversation.id", "spanmart.request.id", "spanmart.task.id"),
    *OTHER_CONTEXT,
)
JUDGEMENTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("thumbs", "user", {"score": 1}),
    ("thumbs", "user", {"score": -1}),
    ("escalation", "user", {}),
    ("task_completion", "system", {"label": "completed"}),
    ("reviewer_label", "reviewer", {"label": "incorrect"}),
    ("failure_tag", "reviewer", {"label": "retrieval_miss"}),
    ("evaluator_label", "evaluator", {"score": 0.9}),
)


@dataclass(frozen=True)
class Landed:
    """A record and the loads that bring it, counted from 0: two when an exporter repeats itself."""

    record: Record
    loads: tuple[int, ...]


World = list[Landed]


@dataclass(frozen=True)
class _Names:
    """What the traces of a world have in common. None stands for a span that says nothing."""

    service: str
    conversations: Sequence[str | None]
    requests: Sequence[str | None]
    tasks: Sequence[str | None]
    calls: Sequence[dict[str, Any]]


@st.composite
def worlds(draw: st.DrawFn, name: str, loads: int) -> World:
    names = _Names(
        service=name,
        conversations=(None, f"{name} thread a", f"{name} thread b"),
        requests=(None, None, f"{name} request a", f"{name} request b"),
        tasks=(None, None, f"{name} task"),
        calls=[_call(draw, f"{name} answer {number}") for number in range(2)],
    )
    traces = [f"{name} trace {letter}" for letter in "abcd"[: draw(st.integers(2, 4))]]
    landed: World = []
    for trace in traces:
        records: list[Record] = []
        for span in _spans(draw, trace, names):
            records += _versions(draw, span, names)
            if "gen_ai.response.id" in span.attributes and draw(st.booleans()):
                reason = draw(st.sampled_from(["stop", "length"]))
                choice = {"finish_reason": reason}
                records.append(LogRecord(trace, span.name, "gen_ai.choice", choice, span.start))
        landed += _landed(draw, records, loads)
    for number in range(draw(st.integers(0, 3))):
        feedback_id, targets = f"{name} feedback {number}", [*traces, f"{name} lost"]
        landed += _landed(draw, _feedback(draw, feedback_id, targets, names), loads)
    return draw(st.permutations(landed))


def _call(draw: st.DrawFn, answer: str) -> dict[str, Any]:
    """An answer of the provider, which more than one span may report."""
    start = draw(st.integers(0, 6)) * STEP
    return {
        "start": start,
        "end": start + draw(st.integers(1, 4)) * STEP,
        "attributes": {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": draw(st.integers(1, 3)) * 100,
            "gen_ai.usage.output_tokens": 7,
        }
        | draw(st.sampled_from([{}, {"gen_ai.response.id": f"chatcmpl-{answer}"}])),
    }


def _spans(draw: st.DrawFn, trace: str, names: _Names) -> list[Span]:
    spans: list[Span] = []
    for number in range(draw(st.integers(1, 5))):
        # A parent that was never exported makes an orphan.
        above = [span.name for span in spans] + (["lost"] if draw(st.integers(0, 5)) == 0 else [])
        parent = draw(st.sampled_from(above)) if above else None
        kind = "model" if number == 0 and draw(st.booleans()) else draw(st.sampled_from(KINDS))
        span = Span(trace, f"span {number}", parent, resource={"service.name": names.service})
        spans.append(_span(draw, span, kind, names))
    return spans


def _span(draw: st.DrawFn, span: Span, kind: str, names: _Names) -> Span:
    start = draw(st.integers(0, 8)) * STEP
    end = start + draw(st.integers(0, 4)) * STEP
    attributes: dict[str, Any]
    if kind == "model":
        call = draw(st.sampled_from(names.calls))
        # An instrumentor further out sees the call begin a little sooner and end a little later.
        margin = draw(st.integers(0, 1))
        start, end = call["start"] - margin, call["end"] + margin
        attributes = {**call["attributes"]}
        if draw(st.integers(0, 3)) == 0:
            attributes = {key: value for key, value in attributes.items() if ".usage." not in key}
    elif kind == "agent":
        attributes = {"gen_ai.operation.name": "invoke_agent"}
        if draw(st.booleans()):
            attributes["gen_ai.usage.input_tokens"] = draw(st.integers(1, 5)) * 100
    elif kind == "tool":
        attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"} | {
            "spanmart.tool.arguments_hash": draw(st.sampled_from(["x", "y"]))
        }
    elif kind == "retrieval":
        documents = '[{"id": "d1", "score": 0.3}, {"id": "d2", "score": 0.1}]'
        attributes = {
            "spanmart.span.type": "retrieval",
            "gen_ai.retrieval.documents": documents,
            "gen_ai.data_source.id": draw(st.sampled_from(["index 1", "index 2"])),
        }
    elif kind == "assembly":
        attributes = {
            "spanmart.span.type": "prompt_assembly",
            "spanmart.prompt.name": "answer",
            "spanmart.prompt.version": draw(st.sampled_from(["v1", "v2"])),
            "spanmart.prompt_assembly.included_chunk_ids": '["d1"]',
        }
    elif kind == "embedding":
        attributes = {"gen_ai.operation.name": "embeddings", "gen_ai.usage.input_tokens": 3}
    else:
        attributes = {"spanmart.span.type": "chain"}
    return replace(
        span,
        attributes=attributes | _context(draw, names),
        start=start,
        end=end,
        is_error=draw(st.integers(0, 5)) == 0,
        scope=draw(st.sampled_from(SCOPES)),
    )


def _context(draw: st.DrawFn, names: _Names) -> dict[str, Any]:
    if draw(st.booleans()):
        return {}
    known = (names.conversations, names.requests, names.tasks, *OTHER_CONTEXT.values())
    said = {key: draw(st.sampled_from(values)) for key, values in zip(CONTEXT, known, strict=True)}
    return {key: value for key, value in said.items() if value is not None}


def _versions(draw: st.DrawFn, span: Span, names: _Names) -> list[Record]:
    """What is sent of a span: at times while it runs, at times again with other things to say."""
    sent: list[Record] = [span]
    if draw(st.integers(0, 2)) == 0:
        known = dict(list(span.attributes.items())[:-1])
        sent.append(replace(span, end=None, attributes=known, is_error=False))
    if draw(st.integers(0, 4)) == 0:
        assert span.end is not None
        own = {key: span.attributes[key] for key in span.attributes if key not in CONTEXT}
        said = own | _context(draw, names)
        sent.append(replace(span, end=span.end + STEP, attributes=said))
    return sent


def _feedback(
    draw: st.DrawFn, feedback_id: str, traces: Sequence[str], names: _Names
) -> list[Record]:
    """A judgement and, at times, what its author made of it later."""
    kind, source, fields = draw(st.sampled_from(JUDGEMENTS))
    target = draw(st.sampled_from(["trace", "request_id", "conversation_id"]))
    trace = draw(st.sampled_from(traces)) if target == "trace" else None
    if target != "trace":
        known = names.requests if target == "request_id" else names.conversations
        fields = fields | {target: draw(st.sampled_from([each for each in known if each]))}
    at = draw(st.integers(0, 12)) * STEP
    given = Feedback(feedback_id, kind, at, source, trace, fields)
    if draw(st.integers(0, 2)):
        return [given]
    edit = {"score": -1, "label": "incorrect"} if draw(st.booleans()) else {"score": 0.1}
    return [given, replace(given, at=at + STEP, fields=fields | edit)]


def _landed(draw: st.DrawFn, records: Sequence[Record], loads: int) -> World:
    """Most records of a trace come in one load: touched by each, it would hide what forgets it."""
    numbers = st.integers(0, loads - 1)
    home = draw(numbers)
    strays = st.sets(numbers, min_size=1, max_size=2)
    return [
        Landed(record, tuple(sorted(draw(strays))) if draw(st.integers(0, 4)) == 0 else (home,))
        for record in records
    ]
