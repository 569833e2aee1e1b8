"""The truth of the traffic: what was planted, where and when, and what the marts should say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from spanmart.demo import scenario
from spanmart.demo.plan import Plan
from spanmart.demo.scenario import Window
from spanmart.demo.trace import Trace

REGRESSION = "prompt_version_regression"
# An incident's "expected" must be found. Its "consequences" are further metrics of the same prompt
# that it may move enough for a verdict. A regression of anything else is a false alarm.


@dataclass
class Tally:
    """What happened to the requests of one prompt version (production only)."""

    requests: int = 0
    known: int = 0
    succeeded: int = 0
    truncated: int = 0
    cited_unseen: int = 0

    def add(self, plan: Plan) -> None:
        self.requests += 1
        self.truncated += plan.is_truncated
        self.cited_unseen += plan.cites_unseen_chunk
        if plan.known_by != "nothing":
            self.known += 1
            self.succeeded += plan.success


class Ledger:
    def __init__(self, days: int) -> None:
        self.days = days
        self.requests = self.traces = self.spans = self.feedback_events = 0
        self.by_version: dict[tuple[str, str], Tally] = defaultdict(Tally)
        self.by_stratum: dict[tuple[str, str, str], Tally] = defaultdict(Tally)

    def enter(self, plan: Plan, traces: Sequence[Trace]) -> None:
        self.requests += 1
        self.traces += len(traces)
        self.spans += sum(len(trace.spans) for trace in traces)
        if plan.workload_class == "production":
            self.by_version[plan.prompt.name, plan.version.name].add(plan)
            self.by_stratum[plan.prompt.name, plan.version.name, plan.task_type].add(plan)


def write(settings: dict[str, int], ledger: Ledger) -> dict[str, Any]:
    first = scenario.first_day(ledger.days)
    return {
        "settings": settings,
        "first_day": str(first),
        "last_day": str(scenario.LAST_DAY),
        "totals": {
            "requests": ledger.requests,
            "traces": ledger.traces,
            "spans": ledger.spans,
            "feedback_events": ledger.feedback_events,
        },
        "incidents": [_incident(ledger, planted) for planted in INCIDENTS],
        "quiet": [_incident(ledger, stretch) for stretch in QUIET],
        "prompt_versions": [
            {"prompt_name": prompt, "prompt_version": version, **vars(tally)}
            for (prompt, version), tally in sorted(ledger.by_version.items())
        ],
        "strata": [
            {
                "prompt_name": prompt,
                "prompt_version": version,
                "task_type": task_type,
                **vars(tally),
            }
            for (prompt, version, task_type), tally in sorted(ledger.by_stratum.items())
            if prompt == "billing-answer"
        ],
    }


def _incident(ledger: Ledger, planted: dict[str, Any]) -> dict[str, Any]:
    window: Window = planted["window"].scaled(ledger.days)
    first = scenario.first_day(ledger.days)
    return planted | {
        "window": {
            "first_day": str(first + timedelta(days=window.first)),
            "last_day": str(first + timedelta(days=window.last - 1)),
        }
    }


def _window(prompt_name: str) -> Window:
    (prompt,) = [prompt for prompt in scenario.PROMPTS if prompt.name == prompt_name]
    return prompt.candidate.window if prompt.candidate else Window(0, scenario.FULL_RUN)


def _versions(prompt_name: str) -> dict[str, str]:
    (prompt,) = [prompt for prompt in scenario.PROMPTS if prompt.name == prompt_name]
    assert prompt.candidate is not None
    return {
        "prompt_name": prompt_name,
        "candidate_version": prompt.candidate.name,
        "baseline_version": prompt.baseline.name,
    }


def _verdict(prompt_name: str, metric: str, *verdicts: str, **more: Any) -> dict[str, Any]:
    key = _versions(prompt_name) | {"metric": metric}
    return {"mart": REGRESSION, "key": key, "verdict": list(verdicts), **more}


NO_HARM = ("no_material_change", "inconclusive", "insufficient_data", "improvement")

INCIDENTS: list[dict[str, Any]] = [
    {
        "name": "truncating_prompt_version",
        "what": "ticket-summary v6 halves max_tokens: 30 % of its answers end at the limit "
        "(2 % before)",
        "window": _window("ticket-summary"),
        "dimension": {"prompt_name": "ticket-summary", "prompt_version": "v6"},
        "expected": [
            _verdict("ticket-summary", "output_truncation_rate", "regression"),
            {
                "mart": "truncation_rate",
                "key": {"prompt_name": "ticket-summary", "prompt_version": "v6"},
                "output_truncation_rate_above": 0.2,
            },
        ],
        # A summary that stops in the middle of a sentence is no help.
        "consequences": ["success_rate", "cost_per_success", "thumbs_up_rate"],
    },
    {
        "name": "regressing_prompt_version",
        "what": "help-answer v8 answers about 13 points fewer tasks, at the same mix of traffic",
        "window": _window("help-answer"),
        "dimension": {"prompt_name": "help-answer", "prompt_version": "v8"},
        "expected": [_verdict("help-answer", "success_rate", "regression", is_simpson=False)],
        "consequences": ["cost_per_success", "escalation_rate", "thumbs_up_rate"],
    },
    {
        "name": "changed_mix",
        "what": "billing-answer v4 went to enterprises first, who ask the hard questions: pooled "
        "it looks worse, within each task type it is slightly better",
        "window": _window("billing-answer"),
        "dimension": {"prompt_name": "billing-answer", "prompt_version": "v4"},
        "strata": "task_type",
        "expected": [_verdict("billing-answer", "success_rate", *NO_HARM, is_simpson=True)],
    },
    {
        "name": "stale_index",
        "what": f"{scenario.STALE_INDEX} was built from an old snapshot: half as many results, and "
        "answers from what used to be true",
        "window": scenario.STALE_WINDOW,
        "dimension": {"prompt_name": "kb-answer", "index_version": scenario.STALE_INDEX},
        "expected": [
            {
                "fact": "retrieval_span",
                "key": {"index_version": scenario.STALE_INDEX},
                "mean_top_k_returned_below": 5.0,
            },
            {
                "fact": "failure_tag",
                "key": {"failure_tag": "stale_knowledge"},
                "share_inside_window_above": 0.7,
            },
        ],
    },
    {
        "name": "slow_tool",
        "what": "lookup_order times out on 45 % of attempts (2 % before), is tried again, and some "
        "tasks fail",
        "window": scenario.SLOW_TOOL_WINDOW,
        "dimension": {"tool_name": scenario.SLOW_TOOL, "error_category": "timeout"},
        "expected": [
            {
                "fact": "tool_span",
                "key": {"tool_name": scenario.SLOW_TOOL},
                "timeout_rate_inside_above": 0.35,
                "timeout_rate_outside_below": 0.06,
            }
        ],
    },
    {
        "name": "cost_jump",
        "what": "code-help v3 writes 60 % longer answers for the same success",
        "window": _window("code-help"),
        "dimension": {"prompt_name": "code-help", "prompt_version": "v3"},
        "expected": [
            _verdict("code-help", "output_tokens_per_task", "regression"),
            _verdict("code-help", "cost_per_task", "regression"),
        ],
        # Longer answers take longer to write.
        "consequences": ["latency", "cost_per_success"],
    },
    {
        "name": "citation_mismatch",
        "what": "policy-answer v3 cites chunks that were not in its context in 22 % of answers "
        "(1.5 % before)",
        "window": _window("policy-answer"),
        "dimension": {"prompt_name": "policy-answer", "prompt_version": "v3"},
        "expected": [_verdict("policy-answer", "citation_mismatch_rate", "regression")],
    },
]

QUIET: list[dict[str, Any]] = [
    {
        "name": "same_extraction",
        "what": "extract-fields v2 is v1 with another name: nothing changed, on any metric",
        "window": _window("extract-fields"),
        "dimension": {"prompt_name": "extract-fields", "prompt_version": "v2"},
        "expected": [_verdict("extract-fields", "*", *NO_HARM)],
    },
    {
        "name": "same_code_success",
        "what": "code-help v3 costs more but answers as well",
        "window": _window("code-help"),
        "dimension": {"prompt_name": "code-help", "prompt_version": "v3"},
        "expected": [_verdict("code-help", "success_rate", *NO_HARM)],
    },
    {
        "name": "same_support_truncation",
        "what": "help-answer v8 truncates as rarely as v7",
        "window": _window("help-answer"),
        "dimension": {"prompt_name": "help-answer", "prompt_version": "v8"},
        "expected": [_verdict("help-answer", "output_truncation_rate", *NO_HARM)],
    },
    {
        "name": "steady_tools",
        "what": "search_tickets and billing_lookup time out as rarely as ever",
        "window": Window(0, scenario.FULL_RUN),
        "dimension": {"tool_name": ["search_tickets", "billing_lookup"]},
        "expected": [
            {
                "fact": "tool_span",
                "key": {"tool_name": ["search_tickets", "billing_lookup"]},
                "timeout_rate_outside_below": 0.06,
            }
        ],
    },
]
