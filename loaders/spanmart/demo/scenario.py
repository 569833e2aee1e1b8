"""What happens: the prompts, their versions, and the incidents, as data.

Days are written for a run of forty and scaled to a shorter one. Every incident has a prompt of its
own, so that no finding explains another. Rates are chosen so that a verdict is certain, not likely:
a sequential test that may be looked at every night is about 1.6 times as wide as a fixed one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

LAST_DAY = date(2026, 11, 20)
FULL_RUN = 40
REQUESTS_PER_DAY = 186

TIERS = ("enterprise", "pro", "free")
EVERYONE = 0.5


@dataclass(frozen=True)
class Window:
    """Days [first, last) of a forty-day run."""

    first: int
    last: int

    def scaled(self, days: int) -> Window:
        return Window(round(self.first * days / FULL_RUN), round(self.last * days / FULL_RUN))

    def __contains__(self, day: object) -> bool:
        return isinstance(day, int) and self.first <= day < self.last


@dataclass(frozen=True)
class Behaviour:
    """How a prompt version does."""

    success: float = 0.0  # added to the success rate of the task type
    truncation: float = 0.02  # share of answers that end at max_tokens
    max_tokens: int = 800
    output_factor: float = 1.0
    citation_mismatch: float = 0.015


@dataclass(frozen=True)
class Version:
    name: str
    behaviour: Behaviour = field(default_factory=Behaviour)
    window: Window = Window(0, FULL_RUN)
    # The share of each tier's users that gets this version while it is on offer.
    share: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(TIERS, EVERYONE))


@dataclass(frozen=True)
class Prompt:
    name: str
    flow: str
    weight: float  # share of all requests, relative
    success: Mapping[str, float]  # by task type
    task_mix: Mapping[str, Mapping[str, float]]  # by tier: share of each task type
    output_tokens: int
    baseline: Version
    candidate: Version | None = None
    models: Mapping[str, float] = field(
        default_factory=lambda: {"gpt-4o": 0.6, "gpt-4.1-mini": 0.4}
    )
    tool: str | None = None
    tool_share: float = 0.0

    def versions(self) -> list[Version]:
        return [self.baseline] + ([self.candidate] if self.candidate else [])


def _one(task_type: str) -> dict[str, dict[str, float]]:
    return {tier: {task_type: 1.0} for tier in TIERS}


# Disputes are hard and mostly an enterprise matter; how-to questions are easy and everyone else's.
_BILLING_MIX = {
    "enterprise": {"support": 0.85, "qa": 0.15},
    "pro": {"support": 0.15, "qa": 0.85},
    "free": {"support": 0.15, "qa": 0.85},
}
_MIXED = {tier: {"support": 0.7, "qa": 0.3} for tier in TIERS}

PROMPTS = (
    Prompt(
        name="help-answer",
        flow="rag_tools",
        weight=62,
        success={"support": 0.84, "qa": 0.86},
        task_mix=_MIXED,
        output_tokens=210,
        baseline=Version("v7"),
        candidate=Version("v8", Behaviour(success=-0.135), Window(4, 37)),
        models={"gpt-4o": 0.5, "gpt-4.1-mini": 0.35, "claude-sonnet-4-5": 0.15},
        tool="search_tickets",
        tool_share=0.32,
    ),
    Prompt(
        name="billing-answer",
        flow="billing",
        weight=52,
        success={"support": 0.58, "qa": 0.92},
        task_mix=_BILLING_MIX,
        output_tokens=160,
        baseline=Version("v3"),
        candidate=Version(
            "v4",
            Behaviour(success=0.035),
            Window(4, FULL_RUN),
            {"enterprise": 0.85, "pro": 0.15, "free": 0.15},
        ),
        tool="billing_lookup",
        tool_share=0.45,
    ),
    Prompt(
        name="ticket-summary",
        flow="summary",
        weight=20,
        success={"summarization": 0.9},
        task_mix=_one("summarization"),
        output_tokens=260,
        baseline=Version("v5", Behaviour(max_tokens=700)),
        candidate=Version("v6", Behaviour(max_tokens=320, truncation=0.3), Window(10, 32)),
        models={"gpt-4.1-mini": 1.0},
    ),
    Prompt(
        name="code-help",
        flow="code",
        weight=15,
        success={"coding": 0.82},
        task_mix=_one("coding"),
        output_tokens=420,
        baseline=Version("v2", Behaviour(max_tokens=2500)),
        candidate=Version(
            "v3", Behaviour(output_factor=1.6, max_tokens=2500), Window(14, FULL_RUN)
        ),
        models={"claude-sonnet-4-5": 0.85, "gpt-4o": 0.12, "acme-code-7b": 0.03},
    ),
    Prompt(
        name="extract-fields",
        flow="extract",
        weight=20,
        success={"extraction": 0.9},
        task_mix=_one("extraction"),
        output_tokens=110,
        baseline=Version("v1"),
        candidate=Version("v2", Behaviour(), Window(8, FULL_RUN)),
        models={"gpt-4.1-mini": 1.0},
    ),
    Prompt(
        name="kb-answer",
        flow="rag",
        weight=18,
        success={"qa": 0.88},
        task_mix=_one("qa"),
        output_tokens=190,
        baseline=Version("v4"),
    ),
    Prompt(
        name="order-status",
        flow="tools",
        weight=16,
        success={"support": 0.9},
        task_mix=_one("support"),
        output_tokens=120,
        baseline=Version("v1"),
        models={"gpt-4.1-mini": 1.0},
        tool="lookup_order",
        tool_share=0.96,
    ),
    Prompt(
        name="policy-answer",
        flow="rag",
        weight=15,
        success={"qa": 0.86},
        task_mix=_one("qa"),
        output_tokens=180,
        baseline=Version("v2"),
        candidate=Version("v3", Behaviour(citation_mismatch=0.22), Window(12, FULL_RUN)),
        models={"gpt-4o": 1.0},
    ),
)

# Indexes: name, days it is served, day its snapshot was taken (may lie before the run).
STALE_INDEX = "kb-2026-11-05"
STALE_WINDOW = Window(24, 35)
STALE_SNAPSHOT_AGE_DAYS = 120
HEALTHY_TOP_K, STALE_TOP_K = 8, 4
STALE_ANSWER_SHARE, USUAL_STALE_SHARE = 0.45, 0.003

SLOW_TOOL = "lookup_order"
SLOW_TOOL_WINDOW = Window(26, 35)
TIMEOUT_RATE, SLOW_TIMEOUT_RATE = 0.02, 0.45

RELEASES = (  # first day, service version, commit
    (0, "2026.10.2", "9f2c41d7be03a6518d0c7e5f4a19b38260dd7e11"),
    (13, "2026.10.3", "41c08e6f2ab97d35e1f60c84b72d953ea06f81c2"),
    (27, "2026.11.1", "c7d5201e94fb63a80e2f71bd46c5893fa1e7d094"),
)


def first_day(days: int) -> date:
    return LAST_DAY - timedelta(days=days - 1)


def index_version(prompt: Prompt, day: int, days: int) -> tuple[str, int]:
    """The index that answers a prompt on a day, and the age of its snapshot in days."""
    if prompt.name == "kb-answer":
        stale = STALE_WINDOW.scaled(days)
        if day in stale:
            return STALE_INDEX, STALE_SNAPSHOT_AGE_DAYS + day - stale.first
        if day >= stale.last:
            return "kb-2026-11-16", 1 + day - stale.last
        return "kb-2026-10-10", 2 + day % 7
    return f"{prompt.name.split('-')[0]}-index-7", 1 + day % 7


def release(day: int, days: int) -> tuple[str, str]:
    version, commit = RELEASES[0][1:]
    for first, later_version, later_commit in RELEASES:
        if day >= round(first * days / FULL_RUN):
            version, commit = later_version, later_commit
    return version, commit
