"""Draw one request: everything that will be true of it, before a span is made."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from spanmart.demo import scenario
from spanmart.demo.people import User, draw, question
from spanmart.demo.scenario import Prompt, Version

SECOND = 1_000_000_000
# Requests an hour of the day, relative: an office day with a tail of other time zones.
BY_HOUR = (1, 1, 1, 1, 1, 2, 4, 8, 12, 14, 14, 12, 10, 12, 13, 12, 10, 8, 6, 4, 3, 2, 2, 1)
WEEKEND = 0.55
# How a task's outcome becomes known. The rest has at most a thumb or an evaluator's score.
KNOWN_BY_ATTRIBUTE, KNOWN_BY_FEEDBACK = 0.6, 0.28
EVALUATIONS_PER_DAY = 4
TOOL_ATTEMPTS = 3
GOLDEN = (5**0.5 - 1) / 2


class EvenDraws:
    """Draws from [0, 1) that are spread evenly for each key, by steps of the golden ratio.

    What was planted is then nearly true of the files, whatever the seed: a fair coin would now and
    then plant a regression in a quiet stretch, and a test of the marts would have to forgive it.
    """

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.places: dict[tuple[str, ...], float] = {}

    def __call__(self, *key: str) -> float:
        place = self.places.get(key)
        place = self.rng.random() if place is None else (place + GOLDEN) % 1
        self.places[key] = place
        return place


@dataclass
class Plan:
    day: int
    start: int
    user: User
    prompt: Prompt
    version: Version
    task_type: str
    model: str
    text: str
    request_id: str
    conversation_id: str
    workload_class: str = "production"
    is_stream: bool = False
    has_usage: bool = True
    client_gave_up_first: bool = False
    model_error: str = ""
    is_model_error_final: bool = False
    is_truncated: bool = False
    output_tokens: int = 0
    cites_unseen_chunk: bool = False
    tool_outcomes: tuple[str, ...] = ()
    index_version: str = ""
    snapshot_age_days: int = 0
    top_k_returned: int = 0
    is_stale_answer: bool = False
    is_blocked: bool = False
    repairs: int = 0
    final_status: str = "success"
    success: bool = True
    known_by: str = "attribute"

    @property
    def is_tool_failed(self) -> bool:
        return bool(self.tool_outcomes) and self.tool_outcomes[-1] != "ok"


class Planner:
    def __init__(self, users: Sequence[User], seed: int, days: int, requests_per_day: int) -> None:
        self.users, self.seed, self.days = users, seed, days
        self.requests_per_day = requests_per_day
        self.even = EvenDraws(Random(f"even:{seed}"))
        total = sum(prompt.weight for prompt in scenario.PROMPTS)
        self.shares = {prompt.name: prompt.weight / total for prompt in scenario.PROMPTS}
        self.activity = {
            prompt.name: list(accumulate(_activity(user, prompt) for user in users))
            for prompt in scenario.PROMPTS
        }

    def day(self, rng: Random, day: int, midnight: int, weekday: int) -> Iterator[Plan]:
        volume = self.requests_per_day * (WEEKEND if weekday >= 5 else (7 - 2 * WEEKEND) / 5)
        open_conversations: dict[str, str] = {}
        moments = []
        for prompt in scenario.PROMPTS:
            for _ in range(int(volume * self.shares[prompt.name] + rng.random())):
                moments.append((midnight + _time_of_day(rng), prompt, "production"))
        for _ in range(EVALUATIONS_PER_DAY):
            prompt = rng.choice(scenario.PROMPTS)
            moments.append(
                (midnight + 3 * 3600 * SECOND + rng.randrange(600 * SECOND), prompt, "evaluation")
            )
        for start, prompt, workload in sorted(moments, key=lambda moment: moment[0]):
            yield self._request(rng, day, start, prompt, workload, open_conversations)

    def _request(
        self,
        rng: Random,
        day: int,
        start: int,
        prompt: Prompt,
        workload: str,
        conversations: dict[str, str],
    ) -> Plan:
        (user,) = rng.choices(self.users, cum_weights=self.activity[prompt.name])
        version = self._version(prompt, user, day)
        mix = prompt.task_mix[user.tier]
        (task_type,) = rng.choices(list(mix), weights=list(mix.values()))
        (model,) = rng.choices(list(prompt.models), weights=list(prompt.models.values()))
        if user.user_id not in conversations or rng.random() < 0.6:
            conversations[user.user_id] = f"conv-{rng.getrandbits(48):012x}"
        plan = Plan(
            day=day,
            start=start,
            user=user,
            prompt=prompt,
            version=version,
            task_type=task_type,
            model=model,
            text=question(rng, user, task_type),
            request_id=f"req-{rng.getrandbits(64):016x}",
            conversation_id=conversations[user.user_id],
            workload_class=workload,
        )
        self._happen(rng, plan)
        self._judge(rng, plan)
        return plan

    def _version(self, prompt: Prompt, user: User, day: int) -> Version:
        candidate = prompt.candidate
        if candidate is None or day not in candidate.window.scaled(self.days):
            return prompt.baseline
        is_candidate = draw(user, prompt.name, self.seed) < candidate.share[user.tier]
        return candidate if is_candidate else prompt.baseline

    def _happen(self, rng: Random, plan: Plan) -> None:
        """What goes wrong on the way, if anything."""
        prompt, behaviour = plan.prompt, plan.version.behaviour
        plan.is_stream = prompt.flow not in ("summary", "extract") and rng.random() < 0.6
        plan.has_usage = not (plan.is_stream and rng.random() < 0.03)
        plan.client_gave_up_first = rng.random() < 0.016
        if rng.random() < 0.03:
            plan.model_error = rng.choice(("rate_limit_exceeded", "server_error", "timeout"))
            plan.is_model_error_final = rng.random() < 0.35
        wanted = prompt.output_tokens * behaviour.output_factor * rng.lognormvariate(0, 0.3)
        plan.is_truncated = self._even(plan, "truncated") < behaviour.truncation
        longest = behaviour.max_tokens
        plan.output_tokens = (
            longest if plan.is_truncated else min(max(12, int(wanted)), longest - 1)
        )
        if prompt.flow in ("rag", "rag_tools"):
            plan.cites_unseen_chunk = self._even(plan, "cites") < behaviour.citation_mismatch
        if prompt.tool and rng.random() < prompt.tool_share:
            plan.tool_outcomes = tuple(self._tool_attempts(rng, prompt.tool, plan.day))
        plan.index_version, plan.snapshot_age_days = scenario.index_version(
            prompt, plan.day, self.days
        )
        stale = plan.index_version == scenario.STALE_INDEX
        top_k = scenario.STALE_TOP_K if stale else scenario.HEALTHY_TOP_K
        plan.top_k_returned = max(0, top_k - min(top_k, int(rng.expovariate(1.4))))
        if rng.random() < 0.012:
            plan.top_k_returned = 0
        stale_share = scenario.STALE_ANSWER_SHARE if stale else scenario.USUAL_STALE_SHARE
        plan.is_stale_answer = rng.random() < stale_share
        plan.is_blocked = rng.random() < 0.006
        if prompt.flow == "extract" and rng.random() < 0.07:
            plan.repairs = 1

    def _even(self, plan: Plan, what: str) -> float:
        return self.even(
            what, plan.prompt.name, plan.version.name, plan.task_type, plan.workload_class
        )

    def _tool_attempts(self, rng: Random, tool: str, day: int) -> Iterator[str]:
        is_slow = tool == scenario.SLOW_TOOL and day in scenario.SLOW_TOOL_WINDOW.scaled(self.days)
        timeout_rate = scenario.SLOW_TIMEOUT_RATE if is_slow else scenario.TIMEOUT_RATE
        for _ in range(TOOL_ATTEMPTS):
            roll = rng.random()
            if roll < timeout_rate:
                yield "timeout"
            elif roll < timeout_rate + 0.012:
                yield "dependency_failure"
            elif roll < timeout_rate + 0.02:
                # The model named an argument that does not exist: calling again would not help.
                yield "invalid_argument"
                return
            else:
                yield "ok"
                return

    def _judge(self, rng: Random, plan: Plan) -> None:
        """Whether the task succeeded, and how anyone will know."""
        chance = plan.prompt.success[plan.task_type] + plan.version.behaviour.success
        chance += plan.user.luck * 4 * chance * (1 - chance)
        spoiled = (
            (plan.is_truncated, 0.3),
            (plan.is_stale_answer, 0.75),
            (plan.is_tool_failed, 0.8),
            (plan.cites_unseen_chunk, 0.15),
            (plan.is_blocked, 1.0),
            (plan.is_model_error_final, 1.0),
        )
        rolls = [rng.random() for _ in spoiled]
        plan.success = self._even(plan, "success") < chance and not any(
            happened and roll < share
            for (happened, share), roll in zip(spoiled, rolls, strict=True)
        )
        if plan.workload_class == "evaluation":
            # Made of hard cases: were it counted, every rate would be off.
            plan.success = plan.success and rng.random() < 0.4
        if plan.is_model_error_final:
            plan.final_status = "failed"
        elif plan.is_blocked:
            plan.final_status = "blocked"
        elif plan.is_tool_failed:
            plan.final_status = "degraded"
        roll = self._even(plan, f"known:{plan.success}")
        if roll < KNOWN_BY_ATTRIBUTE:
            plan.known_by = "attribute"
        elif roll < KNOWN_BY_ATTRIBUTE + KNOWN_BY_FEEDBACK:
            plan.known_by = "feedback"
        else:
            plan.known_by = "nothing"


def _activity(user: User, prompt: Prompt) -> float:
    # Invoices concern enterprises most; the factor makes their share of billing traffic a half.
    return user.activity * (1.8 if prompt.flow == "billing" and user.tier == "enterprise" else 1.0)


def _time_of_day(rng: Random) -> int:
    (hour,) = rng.choices(range(24), weights=BY_HOUR)
    return math.floor((hour + rng.random()) * 3600 * SECOND)
