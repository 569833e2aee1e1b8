"""The stages after the model: validators, delivery, and what the user does on the page."""

from __future__ import annotations

from spanmart.demo.otlp import Attributes
from spanmart.demo.trace import Trace

CLIENT_EVENTS = (  # event, chance after a good and after a bad answer
    ("copy_clicked", 0.16, 0.03),
    ("citation_clicked", 0.09, 0.06),
    ("follow_up_asked", 0.05, 0.14),
    ("answer_edited", 0.02, 0.05),
)
LATE_EVENTS = 0.02
HOUR_MS = 3_600_000
# A chunk of another index: whatever was retrieved, it is not this one.
UNSEEN_CHUNK = "kb-900#0"


def validate_citations(trace: Trace) -> None:
    plan = trace.plan
    cited = trace.included[: 1 + trace.rng.randrange(2)]
    if plan.cites_unseen_chunk:
        cited = [*cited[:1], UNSEEN_CHUNK]
    trace.span(
        "validate_citations",
        trace.took(12),
        {
            "spanmart.validator.name": "citation-check",
            "spanmart.validator.kind": "citations",
            "spanmart.validator.version": "5",
            "spanmart.validator.is_passed": not plan.cites_unseen_chunk,
            "spanmart.validator.repair_attempts": 0,
            "spanmart.citations.chunk_ids": cited,
            "spanmart.citations.claim_count": len(cited) + 1,
            "spanmart.confidence": round(0.7 + trace.rng.random() * 0.3, 3),
        },
        stage="postprocess",
    )


def moderate_output(trace: Trace) -> None:
    is_blocked = trace.plan.is_blocked
    trace.span(
        "moderate_output",
        trace.took(28),
        {
            "spanmart.validator.name": "output-moderation",
            "spanmart.validator.kind": "moderation",
            "spanmart.validator.version": "guard-4",
            "spanmart.guardrail.version": "guard-4",
            "spanmart.validator.is_passed": not is_blocked,
            "spanmart.validator.filtered_categories": ["personal_data"] if is_blocked else [],
            "spanmart.validator.repair_attempts": 0,
            "spanmart.is_fallback": is_blocked,
            "spanmart.confidence": round(0.8 + trace.rng.random() * 0.2, 3),
        },
        stage="postprocess",
    )


def parse_output(trace: Trace, is_passed: bool, repairs: int) -> None:
    trace.span(
        "parse_output",
        trace.took(2),
        {
            "spanmart.validator.name": "order-schema",
            "spanmart.validator.kind": "parser",
            "spanmart.validator.version": "3",
            "spanmart.validator.is_passed": is_passed,
            "spanmart.validator.repair_attempts": repairs,
        },
        stage="postprocess",
    )


def deliver(trace: Trace) -> None:
    """The answer on its way to the page: the span starts with the stream and ends with it."""
    plan, rng = trace.plan, trace.rng
    is_interrupted = plan.is_stream and rng.random() < 0.015
    event = (
        "stream_interrupted"
        if is_interrupted
        else "stream_completed"
        if plan.is_stream
        else "response_shown"
    )
    attributes: Attributes = {
        "spanmart.delivery.event": event,
        "spanmart.delivery.is_render_error": rng.random() < 0.004,
    }
    if plan.is_stream:
        attributes["spanmart.delivery.first_token_shown_ms"] = round(trace.took(90), 2)
    trace.span(
        "deliver_answer", trace.took(140), attributes, stage="delivery", service=trace.processes.web
    )


def client_events(trace: Trace) -> None:
    for event, after_good, after_bad in CLIENT_EVENTS:
        if trace.rng.random() < (after_good if trace.plan.success else after_bad):
            # Some come back to a tab that was left open: their spans are in the next day's file.
            is_late = trace.rng.random() < LATE_EVENTS
            trace.pause(HOUR_MS * trace.rng.uniform(1, 20) if is_late else trace.took(9000, 0.8))
            trace.span(
                f"client_{event}",
                1,
                {"spanmart.delivery.event": event},
                stage="delivery",
                service=trace.processes.web,
            )
