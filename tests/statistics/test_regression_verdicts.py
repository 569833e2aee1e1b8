"""What is called a regression: planted truths, quiet traffic, and traffic that can say nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import traffic
from mart_project import TASK_TYPES, MartProject

pytestmark = pytest.mark.heavy

Row = dict[str, Any]
WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> MartProject:
    return MartProject.create(tmp_path_factory.mktemp("verdicts"))


def _mixed(seed: int, name: str, shape: Any, hard_for: int, drop: float) -> Row:
    """Code succeeds in 45 %, questions in 85 %. Version `hard_for` gets 80 % code, else 20 %."""
    days, second = shape(seed, 4000)
    rng = np.random.default_rng(seed)
    is_hard = rng.random(4000) < np.where(second == (hard_for == 2), 0.8, 0.2)
    return traffic.tasks(
        seed, name, days, second,
        task_type=np.where(is_hard, "code", "qa"),
        success=np.where(is_hard, 0.45, 0.85) - drop * second,
        user_spread=0.5,
    )  # fmt: skip


@pytest.mark.parametrize("shape", [traffic.rollout, traffic.rollover])
def test_harder_traffic_is_no_regression_and_easier_traffic_hides_none(
    project: MartProject, shape: Any
) -> None:
    rows = project.build(
        traffic.together(
            _mixed(5, "only got harder tasks", shape, 2, 0.0),
            _mixed(6, "worse but got easier tasks", shape, 1, 0.2),
            traffic.tasks(7, "steady", *traffic.rollover(7, 3000, at=99)),
        ),
        *WITHOUT_UNIT_TESTS,
    )
    found = {row["prompt_name"]: row for row in rows if row["metric"] == "success_rate"}
    trap, hidden = found["only got harder tasks"], found["worse but got easier tasks"]
    assert trap["difference"] < -0.1
    assert trap["unadjusted_p_value"] < 1e-6
    assert abs(trap["adjusted_difference"]) < 0.06
    assert trap["is_simpson"]
    assert trap["verdict"] not in ("regression", "improvement")
    assert hidden["difference"] > -0.05
    assert hidden["is_simpson"]
    assert hidden["verdict"] == "regression"


def test_what_happens_to_every_prompt_is_not_the_new_versions_fault(project: MartProject) -> None:
    """From day 15 on everything fails more often; one prompt happens to change its version then."""
    groups = []
    for seed, name, at in ((31, "changed", 15), (32, "same a", 99), (33, "same b", 99)):
        days, second = traffic.rollover(seed, 4000, at=at)
        groups.append(traffic.tasks(seed, name, days, second, success=0.8 - 0.2 * (days > 15)))
    (row,) = (
        row
        for row in project.build(traffic.together(*groups), *WITHOUT_UNIT_TESTS)
        if row["metric"] == "success_rate"
    )
    assert row["design"] == "before_after"
    assert row["difference"] < -0.1
    assert row["control_difference"] < -0.1
    assert row["verdict"] not in ("regression", "improvement")


def test_quiet_traffic_stays_quiet_and_p_values_keep_their_rate(project: MartProject) -> None:
    """Sixty prompts whose versions do not differ, with users of unlike luck and thin strata."""
    groups = [
        traffic.tasks(s, f"p{s:02}", *traffic.rollout(s, 1500), user_spread=1.2)
        for s in range(100, 160)
    ]
    rows = project.build(traffic.together(*groups), *WITHOUT_UNIT_TESTS)
    assert {row["design"] for row in rows} == {"concurrent"}
    tested = [row for row in rows if row["p_value"] is not None]
    assert len(tested) > 400
    alarms = np.mean([row["p_value"] < 0.05 for row in tested])
    assert 0.025 < alarms < 0.085
    assert [row for row in rows if row["verdict"] in ("regression", "improvement")] == []
    assert np.mean([row["is_simpson"] for row in tested]) < 0.05


EDGES: dict[str, tuple[Row, str, str]] = {
    "no outcome is known": ({"is_success": None}, "success_rate", "too_few_tasks"),
    "nothing succeeds": ({"is_success": False}, "cost_per_success", "no_variation"),
    "everything succeeds": ({"is_success": True}, "success_rate", "interval_within_margin"),
    "everything is free": ({"cost_usd": 0.0}, "cost_per_task", "no_variation"),
    "one user": ({"cluster_key": "u"}, "success_rate", "too_few_clusters"),
    "constant tokens": ({"output_tokens": 7}, "output_tokens_per_task", "no_variation"),
    "no duration": ({"duration_ms": 0.0}, "latency", "too_few_tasks"),
    "four tasks": ({}, "escalation_rate", "too_few_tasks"),
}


def test_what_can_say_nothing_says_so_and_never_divides_by_zero(project: MartProject) -> None:
    groups = []
    for name, (columns, _, _) in EDGES.items():
        count = 4 if name == "four tasks" else 800
        made = traffic.tasks(
            1, name, np.linspace(0, 30, count), np.arange(count) % 2 == 1, unknown=0.0
        )
        groups.append(made | {column: [value] * count for column, value in columns.items()})
    rows = project.build(traffic.together(*groups), *WITHOUT_UNIT_TESTS)
    _assert_finite(rows)
    for name, (_, metric, reason) in EDGES.items():
        (row,) = (r for r in rows if (r["prompt_name"], r["metric"]) == (name, metric))
        assert (name, row["verdict_reason"]) == (name, reason)
        if reason != "interval_within_margin":
            assert row["verdict"] == "insufficient_data"
            assert (row["p_value"], row["q_value"]) == (None, None)


def test_versions_without_a_common_kind_of_task_are_not_comparable(project: MartProject) -> None:
    days, second = traffic.rollout(9, 2000)
    split = traffic.tasks(9, "split", days + 60, second, task_type=np.where(second, "code", "qa"))
    rolled = traffic.tasks(10, "rolled over", *traffic.rollover(10, 2000))
    rows = project.build(traffic.together(split, rolled), *WITHOUT_UNIT_TESTS)
    _assert_finite(rows)
    found = {row["prompt_name"]: row for row in rows if row["metric"] == "escalation_rate"}
    assert found["split"]["verdict_reason"] == "no_shared_strata"
    assert found["split"]["adjusted_difference"] is None
    # No other prompt was live in the same days.
    assert found["rolled over"]["verdict_reason"] == "no_control"
    assert {row["verdict"] for row in found.values()} == {"not_comparable"}


def test_an_empty_warehouse_builds_an_empty_mart(project: MartProject) -> None:
    assert project.build({name: [] for name in TASK_TYPES}, *WITHOUT_UNIT_TESTS) == []


def _assert_finite(rows: list[Row]) -> None:
    numbers = [(r["metric"], k, v) for r in rows for k, v in r.items() if isinstance(v, float)]
    assert [entry for entry in numbers if not math.isfinite(entry[2])] == []
