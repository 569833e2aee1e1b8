"""One trace while it is being made: a clock, the parent of the next span, and the spans so far."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from spanmart.demo.otlp import INTERNAL, Attributes, Service, Span
from spanmart.demo.plan import Plan

MILLISECOND = 1_000_000


@dataclass(frozen=True)
class Processes:
    """The two processes that export: the server, and the page in the user's browser."""

    app: Service
    web: Service


class Trace:
    def __init__(self, rng: Random, plan: Plan, processes: Processes, start: int) -> None:
        self.rng, self.plan, self.processes = rng, plan, processes
        self.trace_id = f"{rng.getrandbits(128):032x}"
        self.now = start
        self.root: Span | None = None
        self.spans: list[Span] = []
        # What later stages need of earlier ones.
        self.question = plan.text
        self.retrieved: list[str] = []
        self.scores: list[float] = []
        self.included: list[str] = []
        self.sections: dict[str, int] = {}
        self.pass_number = 0

    def span(
        self,
        name: str,
        milliseconds: float,
        attributes: Attributes,
        stage: str | None = None,
        kind: int = INTERNAL,
        service: Service | None = None,
    ) -> Span:
        """Add a span that starts now and takes that long; `stage` is its spanmart.span.type."""
        start = self.now
        self.now = start + max(1, int(milliseconds * MILLISECOND))
        span = Span(
            trace_id=self.trace_id,
            span_id=f"{self.rng.getrandbits(64):016x}",
            parent_span_id=self.root.span_id if self.root else None,
            name=name,
            kind=kind,
            start=start,
            end=self.now,
            service=service or self.processes.app,
            attributes={"spanmart.span.type": stage} | attributes if stage else attributes,
        )
        self.spans.append(span)
        return span

    def pause(self, milliseconds: float) -> None:
        self.now += int(milliseconds * MILLISECOND)

    def took(self, median_ms: float, spread: float = 0.35) -> float:
        """A duration around `median_ms`, with the long tail that durations have."""
        return median_ms * self.rng.lognormvariate(0, spread)
