"""What people and evaluators say afterwards: at once or days later, some twice, some never."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any, Protocol

from spanmart.demo.plan import SECOND, Plan
from spanmart.demo.trace import Trace

HOUR = 3600 * SECOND
LATEST = 10 * 24 * HOUR
EVALUATOR = "groundedness-judge"
NEW_EVALUATOR_FROM = 0.5  # of the run
# kind: chance after a good answer, after a bad one
GESTURES = {
    "copy": (0.10, 0.02),
    "citation_opened": (0.06, 0.04),
    "regenerate": (0.004, 0.05),
    "rephrase": (0.01, 0.06),
    "edit": (0.01, 0.03),
    "manual_edit": (0.01, 0.02),
    "follow_up": (0.03, 0.06),
    "second_search": (0.01, 0.05),
    "contradiction": (0.001, 0.02),
    "abandon": (0.002, 0.05),
}


@dataclass(frozen=True)
class Event:
    feedback_id: str
    occurred: int
    kind: str
    source: str
    trace_id: str | None = None
    span_id: str | None = None
    conversation_id: str | None = None
    request_id: str | None = None
    author: str | None = None
    score: float | None = None
    label: str | None = None
    comment: str | None = None
    evaluator_name: str | None = None
    evaluator_version: str | None = None

    def row(self) -> dict[str, str | float | None]:
        row: dict[str, str | float | None] = {"feedback_id": self.feedback_id}
        row |= {
            key: value
            for key, value in asdict(self).items()
            if key not in ("feedback_id", "occurred")
        }
        moment = datetime.fromtimestamp(self.occurred // SECOND, UTC)
        row["occurred_at"] = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        return row


class Sayer(Protocol):
    """Makes an event about the trace at hand."""

    def __call__(
        self, kind: str, source: str = ..., delay: int | None = ..., **said: Any
    ) -> Event: ...


def events(rng: Random, trace: Trace, day_share: float) -> Iterator[Event]:
    """Feedback on the trace that answered. `day_share` is how much of the run lies before it."""
    plan = trace.plan
    if plan.workload_class != "production":
        return
    assert trace.root is not None
    answered, trace_id, author = trace.root.end, trace.trace_id, plan.user.mail

    def event(kind: str, source: str = "user", delay: int | None = None, **said: Any) -> Event:
        values: dict[str, Any] = {"trace_id": trace_id, "author": author} | said
        wait = _delay(rng) if delay is None else delay
        return Event(_id(rng), answered + wait, kind, source, **values)

    if plan.known_by == "feedback":
        target: dict[str, Any] = {}
        if rng.random() < 0.15:
            # A ticket system knows the request's id, not the trace's.
            target = {"trace_id": None, "request_id": plan.request_id, "author": None}
        label = "completed" if plan.success else "not_completed"
        yield event("task_completion", "system", score=float(plan.success), label=label, **target)
    yield from _thumbs(rng, plan, event)
    for kind, (after_good, after_bad) in GESTURES.items():
        if rng.random() < (after_good if plan.success else after_bad):
            yield event(kind, delay=rng.randrange(2 * SECOND, 600 * SECOND))
    if not plan.success and plan.prompt.tool and rng.random() < 0.25:
        yield event("escalation", "system", label="human_agent", author=None)
    if plan.prompt.name == "billing-answer" and plan.known_by == "feedback" and rng.random() < 0.2:
        label = "dispute_settled" if plan.success else "dispute_open"
        yield event(
            "business_outcome", "system", score=float(plan.success), label=label, author=None
        )
    if rng.random() < 0.02:
        stars = rng.choice((4, 5)) if plan.success else rng.choice((1, 2))
        yield event(
            "rating",
            score=(stars - 1) / 4,
            label=str(stars),
            trace_id=None,
            conversation_id=plan.conversation_id,
        )
    if rng.random() < (0.004 if plan.success else 0.03):
        yield event("free_text", comment=f"Please call me back, {plan.user.name}, {plan.user.mail}")
    if not plan.success and rng.random() < 0.02:
        yield event("correction", comment="The fee is charged once a year, not once a month.")
    yield from _evaluators(rng, plan, day_share, event)


def reviews(rng: Random, trace: Trace) -> Iterator[Event]:
    """A reviewer's weekly sample: a verdict, and a tag for what is bad."""
    plan = trace.plan
    if plan.workload_class != "production" or rng.random() > 0.03:
        return
    assert trace.root is not None
    reviewer = f"reviewer-{rng.randrange(3)}@example.com"
    reviewed = trace.root.end + rng.randrange(24 * HOUR, 6 * 24 * HOUR)
    verdict = "good" if plan.success else "bad"
    yield Event(
        _id(rng), reviewed, "reviewer_label", "reviewer", trace.trace_id,
        author=reviewer, score=float(plan.success), label=verdict,
    )  # fmt: skip
    tag = failure_tag(rng, plan)
    if not plan.success and tag:
        yield Event(
            _id(rng),
            reviewed,
            "failure_tag",
            "reviewer",
            trace.trace_id,
            author=reviewer,
            label=tag,
        )


def failure_tag(rng: Random, plan: Plan) -> str:
    """What a careful reader would call the failure; empty where the trace does not show it."""
    if plan.is_blocked:
        return "guardrail_false_positive"
    if plan.is_stale_answer:
        return "stale_knowledge"
    if plan.is_tool_failed:
        timed_out = plan.tool_outcomes[-1] == "timeout"
        return "timeout_degradation" if timed_out else "tool_execution_failure"
    if plan.cites_unseen_chunk:
        return "citation_mismatch"
    if plan.is_truncated:
        return "formatting_parse_issue"
    if plan.prompt.flow in ("rag", "rag_tools"):
        is_empty = plan.top_k_returned == 0
        return "retrieval_miss" if is_empty else "hallucination_despite_available_context"
    return "wrong_tool_choice" if plan.prompt.tool and rng.random() < 0.3 else ""


def _thumbs(rng: Random, plan: Plan, event: Sayer) -> Iterator[Event]:
    roll = rng.random()
    up, down = (0.14, 0.01) if plan.success else (0.02, 0.2)
    if roll > up + down:
        return
    is_up = roll < up
    delay = rng.randrange(5 * SECOND, HOUR)
    yield event("thumbs", delay=delay, score=float(is_up), label="up" if is_up else "down")
    if rng.random() < 0.04:
        # People change their minds; the latest thumb is the one that counts.
        later = delay + rng.randrange(10 * SECOND, 300 * SECOND)
        yield event("thumbs", delay=later, score=float(not is_up), label="down" if is_up else "up")


def _evaluators(rng: Random, plan: Plan, day_share: float, event: Sayer) -> Iterator[Event]:
    version = "3" if day_share < NEW_EVALUATOR_FROM else "4"
    judge: dict[str, Any] = {
        "evaluator_name": EVALUATOR,
        "evaluator_version": version,
        "author": None,
    }
    if rng.random() < 0.12:
        score = round(min(1.0, max(0.0, rng.gauss(0.82 if plan.success else 0.36, 0.14))), 3)
        label = "pass" if score >= 0.6 else "fail"
        yield event("evaluator_label", "evaluator", score=score, label=label, **judge)
    tag = failure_tag(rng, plan)
    is_found = rng.random() < (0.75 if plan.is_stale_answer else 0.15)
    if not plan.success and tag and is_found:
        yield event("failure_tag", "evaluator", label=tag, **judge)


def _delay(rng: Random) -> int:
    """Most within a day, a tail of up to ten."""
    if rng.random() < 0.86:
        return min(int(rng.expovariate(1 / (5 * HOUR))), 40 * HOUR)
    return rng.randrange(36 * HOUR, LATEST)


def _id(rng: Random) -> str:
    return f"fb-{rng.getrandbits(64):016x}"
