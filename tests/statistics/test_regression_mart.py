"""Every number of prompt_version_regression, over simulated tasks, against an oracle."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import traffic
from mart_project import MartProject
from regression_oracle import Array, Sample, report
from statsmodels.stats.multitest import multipletests

pytestmark = pytest.mark.heavy

Row = dict[str, Any]
KINDS = {
    "success_rate": "binary",
    "escalation_rate": "binary",
    "blocked_rate": "binary",
    "output_truncation_rate": "binary",
    "cost_per_success": "ratio",
    "cost_per_task": "ratio",
    "output_tokens_per_task": "ratio",
    "latency": "continuous",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> MartProject:
    return MartProject.create(tmp_path_factory.mktemp("mart"))


def _measure(task: Row, metric: str) -> tuple[float, float] | None:
    """How METRICS.md defines it, apart from the mart's own expressions."""
    column = {
        "success_rate": "is_success",
        "escalation_rate": "is_escalated",
        "blocked_rate": "is_blocked",
        "output_truncation_rate": "is_output_truncated",
        "cost_per_success": "cost_usd",
        "cost_per_task": "cost_usd",
        "output_tokens_per_task": "output_tokens",
        "latency": "duration_ms",
    }[metric]
    value = task[column]
    if value is None or (metric == "cost_per_success" and task["is_success"] is None):
        return None
    if metric == "latency":
        return math.log(value), 1.0
    return float(value), float(task["is_success"]) if metric == "cost_per_success" else 1.0


def _sample(rows: list[Row], metric: str) -> Sample:
    known = [(task, measured) for task in rows if (measured := _measure(task, metric))]

    def column(name: str) -> Array:
        return np.array([task[name] for task, _ in known])

    return Sample(
        kind=KINDS[metric],
        candidate=column("arm") == "candidate",
        stratum=column("stratum"),
        cluster=column("cluster_key"),
        weight=column("sample_weight"),
        x=np.array([measured[0] for _, measured in known]),
        y=np.array([measured[1] for _, measured in known]),
    )


def _compare_with_oracle(project: MartProject, rows: list[Row]) -> None:
    """Tasks and strata are the mart's here; designs and strata have tests of their own."""
    tasks = project.query("select * from int_comparison_tasks__stratified")
    for row in rows:
        if row["metric"] not in KINDS:
            continue
        mine = [task for task in tasks if task["comparison_id"] == row["comparison_id"]]
        main = _sample([task for task in mine if task["series"] == "main"], row["metric"])
        rest = [task for task in mine if task["series"] == "control"]
        expected = report(main, _sample(rest, row["metric"]) if rest else None)
        assert {name: row[name] for name in expected} == {
            name: value if value is None else pytest.approx(value, rel=1e-7, abs=2e-12)
            for name, value in expected.items()
        }, (row["prompt_name"], row["metric"])
    tested = [(row["p_value"], row["q_value"]) for row in rows if row["p_value"] is not None]
    p, q = zip(*tested, strict=True)
    np.testing.assert_allclose(q, multipletests(p, method="fdr_bh")[1], rtol=1e-6, atol=2e-12)


def test_every_number_of_the_mart_is_the_oracles(project: MartProject) -> None:
    side_by_side, one_by_one = traffic.rollout(1, 3000), traffic.rollover(2, 2400)
    rows = project.build(
        traffic.together(
            traffic.tasks(1, "side by side", *side_by_side, success=0.8 - 0.15 * side_by_side[1]),
            traffic.tasks(2, "one by one", *one_by_one, tokens=200 + 150 * one_by_one[1]),
            traffic.tasks(3, "changes nothing", *traffic.rollover(3, 1500, at=99)),
            traffic.tasks(4, "nor this", *traffic.rollover(4, 1500, at=99)),
        )
    )
    designs = {row["prompt_name"]: row["design"] for row in rows}
    assert designs == {"side by side": "concurrent", "one by one": "before_after"}
    _compare_with_oracle(project, rows)
    decided = {
        (row["prompt_name"], row["metric"], row["verdict"])
        for row in rows
        if row["verdict"] in ("regression", "improvement")
    }
    # Fewer successes cost more each: the second follows from the first.
    assert decided - {("side by side", "cost_per_success", "regression")} == {
        ("side by side", "success_rate", "regression"),
        ("one by one", "output_tokens_per_task", "regression"),
    }
