"""What the manifest says was planted is true: counted anew from spans and feedback alone."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest


@dataclass
class Task:
    prompt: str
    version: str
    task_type: str
    stratum: tuple[str, ...]
    day: date
    user: str
    success: bool | None
    finish: str | None
    output_tokens: int | None


def moment(nanoseconds: int) -> date:
    return datetime.fromtimestamp(nanoseconds // 10**9, UTC).date()


@pytest.fixture(scope="module")
def tasks(traffic: Any) -> list[Task]:
    """One an answered production request; its outcome is what an attribute or an event says."""
    said = {}
    for event in traffic.feedback:
        if event["kind"] == "task_completion":
            said[event.get("trace_id") or event["request_id"]] = event["label"] == "completed"
    found = []
    for trace_id, spans in traffic.traces.items():
        root = next(span for span in spans if span.parent_span_id is None)
        about = root.attributes
        answers = [s for s in spans if s.stage == "chat"]
        if about["spanmart.workload.class"] != "production" or not answers:
            continue
        last = max(answers, key=lambda span: span.start).attributes
        (finish,) = last.get("gen_ai.response.finish_reasons", [None])
        stated = said.get(trace_id, said.get(about["spanmart.request.id"]))
        found.append(
            Task(
                prompt=last["gen_ai.prompt.name"],
                version=last["spanmart.prompt.version"],
                task_type=about["spanmart.task.type"],
                stratum=(about["spanmart.task.type"], last["gen_ai.request.model"]),
                day=moment(root.start),
                user=about["user.id"],
                success=about.get("spanmart.task.completed", stated),
                finish=finish,
                output_tokens=last.get("gen_ai.usage.output_tokens"),
            )
        )
    return found


def arms(tasks: Iterable[Task], entry: dict[str, Any]) -> tuple[list[Task], list[Task]]:
    key = next(e["key"] for e in entry["expected"] if "candidate_version" in e["key"])
    own = [task for task in tasks if task.prompt == key["prompt_name"]]
    return (
        [task for task in own if task.version == key["candidate_version"]],
        [task for task in own if task.version == key["baseline_version"]],
    )


def share(values: Iterable[bool | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known)


def success(tasks: Iterable[Task]) -> float:
    return share(task.success for task in tasks)


def truncated(tasks: Iterable[Task]) -> float:
    return share(t.finish in ("length", "max_tokens") for t in tasks if t.finish)


def error_of_difference(
    one: list[Task], two: list[Task], rate: Callable[[list[Task]], float]
) -> float:
    return math.sqrt(sum(rate(arm) * (1 - rate(arm)) / len(arm) for arm in (one, two)))


@pytest.fixture
def entry(traffic: Any) -> Callable[[str], dict[str, Any]]:
    everything = traffic.manifest["incidents"] + traffic.manifest["quiet"]
    return {each["name"]: each for each in everything}.__getitem__


Entry = Callable[[str], dict[str, Any]]


def test_the_manifest_counts_what_is_in_the_files(traffic: Any, tasks: list[Task]) -> None:
    for row in traffic.manifest["prompt_versions"]:
        own = [
            t for t in tasks if (t.prompt, t.version) == (row["prompt_name"], row["prompt_version"])
        ]
        assert len(own) == row["requests"]
        # A late event of the last days is not in the files yet.
        known = [task for task in own if task.success is not None]
        assert row["known"] - len(own) * 0.05 <= len(known) <= row["known"]
    assert len(traffic.feedback) == traffic.manifest["totals"]["feedback_events"]


def test_most_outcomes_are_known(tasks: list[Task]) -> None:
    known = sum(task.success is not None for task in tasks) / len(tasks)
    assert 0.8 < known < 0.9


def test_versions_run_side_by_side_for_the_same_users_share(
    traffic: Any, tasks: list[Task]
) -> None:
    for each in traffic.manifest["incidents"]:
        if not any("candidate_version" in e["key"] for e in each["expected"]):
            continue
        candidate, baseline = arms(tasks, each)
        both = {task.day for task in candidate} & {task.day for task in baseline}
        assert len(both) >= 15
        first, last = min(t.day for t in candidate), max(t.day for t in candidate)
        assert (str(first), str(last)) == tuple(each["window"].values())
        users = {t.user for t in candidate}
        # A user stays with a version, so that tasks of one user are not on both sides at once.
        assert not users & {t.user for t in baseline if first <= t.day <= last}


def test_one_version_truncates(tasks: list[Task], entry: Entry) -> None:
    candidate, baseline = arms(tasks, entry("truncating_prompt_version"))
    assert truncated(candidate) > 0.25
    assert truncated(baseline) < 0.04
    assert len(candidate) > 150


def test_one_version_really_regresses(tasks: list[Task], entry: Entry) -> None:
    candidate, baseline = arms(tasks, entry("regressing_prompt_version"))
    assert len(candidate) > 600 and len(baseline) > 600
    assert -0.18 < success(candidate) - success(baseline) < -0.11
    # At the same mix: each kind of task does worse, and there is as much of each.
    for task_type in ("support", "qa"):
        one, two = ([t for t in arm if t.task_type == task_type] for arm in (candidate, baseline))
        assert success(one) - success(two) < -0.08
        assert abs(len(one) / len(candidate) - len(two) / len(baseline)) < 0.05


def test_one_version_only_looks_worse(tasks: list[Task], entry: Entry) -> None:
    planted = entry("changed_mix")
    first = date.fromisoformat(planted["window"]["first_day"])
    candidate, baseline = arms(tasks, planted)
    beside = [task for task in baseline if task.day >= first]
    for arm in (baseline, beside):
        pooled = success(candidate) - success(arm)
        error = error_of_difference(candidate, arm, success)
        # So much worse that anyone who pools calls it a regression, nightly looks included.
        assert pooled < -0.08 and pooled / error < -4
        for task_type in ("support", "qa"):
            one, two = ([t for t in each if t.task_type == task_type] for each in (candidate, arm))
            assert len(one) > 100 and len(two) > 100
            assert success(one) > success(two) - 0.005, task_type
        assert adjusted_difference(candidate, arm) > 0


def adjusted_difference(candidate: list[Task], baseline: list[Task]) -> float:
    """Mantel and Haenszel's difference of rates over task type and model."""
    total = weight = 0.0
    for stratum in {task.stratum for task in candidate + baseline}:
        one, two = (
            [t.success for t in arm if t.stratum == stratum and t.success is not None]
            for arm in (candidate, baseline)
        )
        if one and two:
            n = len(one) + len(two)
            total += (sum(one) * len(two) - sum(two) * len(one)) / n
            weight += len(one) * len(two) / n
    return total / weight


def test_one_version_costs_more_and_answers_as_well(tasks: list[Task], entry: Entry) -> None:
    candidate, baseline = arms(tasks, entry("cost_jump"))
    means = [
        sum(tokens) / len(tokens)
        for tokens in (
            [t.output_tokens for t in arm if t.output_tokens] for arm in (candidate, baseline)
        )
    ]
    assert 1.4 < means[0] / means[1] < 1.75
    assert abs(success(candidate) - success(baseline)) < 0.05


def test_one_index_is_stale(traffic: Any, entry: Entry) -> None:
    planted = entry("stale_index")
    stale_index = planted["dimension"]["index_version"]
    returned = defaultdict(list)
    for span in traffic.spans:
        if span.stage == "retrieval":
            index = span.attributes["spanmart.index.version"]
            if index.startswith("kb-"):
                returned[index].append(span.attributes["spanmart.retrieval.top_k_returned"])
                assert len(span.attributes["spanmart.documents.chunk_ids"]) == returned[index][-1]
    means = {index: sum(counts) / len(counts) for index, counts in returned.items()}
    assert means.pop(stale_index) < 5
    assert len(means) == 2 and min(means.values()) > 6.5
    stale = {
        event["trace_id"]
        for event in traffic.feedback
        if event["kind"] == "failure_tag" and event["label"] == "stale_knowledge"
    }
    window = planted["window"]
    inside = [
        window["first_day"] <= str(moment(traffic.traces[trace_id][0].start)) <= window["last_day"]
        for trace_id in stale
    ]
    assert len(stale) >= 15
    assert share(inside) > 0.7


def test_one_tool_times_out(traffic: Any, entry: Entry) -> None:
    window = entry("slow_tool")["window"]
    timeouts: dict[tuple[str, bool], list[bool]] = defaultdict(list)
    for span in traffic.spans:
        if span.stage == "execute_tool":
            is_inside = window["first_day"] <= str(moment(span.start)) <= window["last_day"]
            is_timeout = span.attributes.get("spanmart.tool.error_category") == "timeout"
            timeouts[span.attributes["gen_ai.tool.name"], is_inside].append(is_timeout)
            assert (span.status == 2) is (not span.attributes["spanmart.tool.is_success"])
    rates = {key: share(values) for key, values in timeouts.items()}
    assert rates.pop(("lookup_order", True)) > 0.35
    assert len(rates) == 5 and max(rates.values()) < 0.06


def test_one_version_cites_what_it_was_not_given(traffic: Any, entry: Entry) -> None:
    key = entry("citation_mismatch")["expected"][0]["key"]
    mismatches = defaultdict(list)
    for spans in traffic.traces.values():
        by_stage = {span.name: span.attributes for span in spans}
        if "validate_citations" in by_stage:
            assembly = by_stage["assemble_prompt"]
            given = set(assembly["spanmart.prompt_assembly.included_chunk_ids"])
            cited = set(by_stage["validate_citations"]["spanmart.citations.chunk_ids"])
            is_mismatch = not cited <= given
            assert by_stage["validate_citations"]["spanmart.validator.is_passed"] is not is_mismatch
            version = (assembly["gen_ai.prompt.name"], assembly["spanmart.prompt.version"])
            mismatches[version].append(is_mismatch)
    rates = {version: share(values) for version, values in mismatches.items()}
    assert rates.pop((key["prompt_name"], key["candidate_version"])) > 0.15
    assert max(rates.values()) < 0.04


def test_quiet_stretches_are_quiet(tasks: list[Task], entry: Entry) -> None:
    for name in ("same_extraction", "same_code_success"):
        candidate, baseline = arms(tasks, entry(name))
        difference = success(candidate) - success(baseline)
        assert abs(difference) < 1.5 * error_of_difference(candidate, baseline, success), name
    for name in ("same_extraction", "same_support_truncation"):
        candidate, baseline = arms(tasks, entry(name))
        difference = truncated(candidate) - truncated(baseline)
        assert abs(difference) < 1.5 * error_of_difference(candidate, baseline, truncated), name
