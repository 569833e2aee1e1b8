"""Errors, false discovery rates and sequences: against oracles, and by what they promise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.stats.multitest import multipletests


def _clustered(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    sizes = rng.integers(1, 30, 80)
    cluster = np.repeat(np.arange(80), sizes)
    outcome = rng.binomial(1, rng.beta(2, 3, 80)[cluster]).astype(float)
    return cluster, outcome, rng.choice([1.0, 2.0, 16.0], cluster.size)


def _by_cluster(cluster: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.bincount(cluster, weights=values)


def test_the_cluster_robust_error_of_a_mean_is_that_of_statsmodels(
    macros: Any, evaluate: Any
) -> None:
    cluster, y, w = _clustered(np.random.default_rng(5))
    for weights in (np.ones_like(w), w):
        fit = sm.WLS(y, np.ones_like(y), weights=weights).fit(
            cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": False}
        )
        ((se,),) = evaluate(
            macros.cluster_robust_mean_se("total", "weight"),
            total=_by_cluster(cluster, weights * y), weight=_by_cluster(cluster, weights),
        )  # fmt: skip
        assert se == pytest.approx(fit.bse[0] * np.sqrt(80 / 79), rel=1e-10)


def test_the_log_ratio_error_is_the_delta_methods(macros: Any, evaluate: Any) -> None:
    rng = np.random.default_rng(6)
    x, y = rng.lognormal(0, 1.2, 300), rng.binomial(3, 0.6, 300).astype(float)
    ((se,),) = evaluate(macros.log_ratio_se("x", "y"), x=x, y=y)
    ratio = x.sum() / y.sum()
    variance = np.sum((x - ratio * y) ** 2) * 300 / 299 / y.sum() ** 2 / ratio**2
    assert se == pytest.approx(np.sqrt(variance), rel=1e-10)


def test_an_error_that_cannot_be_known_is_null(macros: Any, evaluate: Any) -> None:
    one, none = {"x": [1.0], "y": [2.0]}, {"x": [None], "y": [None]}
    zero, costless = {"x": [1.0, 2.0], "y": [0.0, 0.0]}, {"x": [0.0, 0.0], "y": [1.0, 2.0]}
    for rows in (one, zero, costless):
        assert evaluate(macros.log_ratio_se("x", "y"), **rows) == [(None,)]
    assert evaluate(macros.cluster_robust_mean_se("x", "y"), **one) == [(None,)]
    assert evaluate(macros.cluster_robust_mean_se("x", "y"), **zero) == [(None,)]
    empty = {name: [None] for name in none}
    assert evaluate(macros.cluster_robust_mean_se("x::double", "y::double"), **empty) == [(None,)]


def test_naive_errors_cry_wolf_where_cluster_robust_ones_do_not(macros: Any, evaluate: Any) -> None:
    """40 users an arm, 20 tasks each, users' own rates Beta(6.6, 1.4), and no difference at all."""
    rng, draws, users, tasks = np.random.default_rng(11), 600, 40, 20
    totals = rng.binomial(tasks, rng.beta(6.6, 1.4, (draws, 2, users))).astype(float)
    arms = np.indices((draws, 2, users))
    rows = evaluate(
        [
            "draw, arm, sum(total) / sum(weight)",
            macros.cluster_robust_mean_se("total", "weight"),
        ],
        group_by="draw, arm", order_by="draw, arm",
        draw=arms[0].ravel(), arm=arms[1].ravel(), total=totals.ravel(),
        weight=np.full(totals.size, float(tasks)),
    )  # fmt: skip
    mean, robust = np.array(rows)[:, 2:].T.reshape(2, draws, 2)
    naive = np.sqrt(mean * (1 - mean) / (users * tasks))
    difference = abs(mean[:, 0] - mean[:, 1])
    false_alarms = {
        name: np.mean(difference > 1.96 * np.hypot(se[:, 0], se[:, 1]))
        for name, se in (("naive", naive), ("robust", robust))
    }
    assert false_alarms["naive"] > 0.2
    assert 0.03 < false_alarms["robust"] < 0.08


def test_the_log_ratio_interval_covers_cost_per_success(macros: Any, evaluate: Any) -> None:
    rng, draws, n = np.random.default_rng(12), 800, 400
    cost, success = rng.lognormal(0, 1.2, (draws, n)), rng.binomial(1, 0.7, (draws, n))
    rows = evaluate(
        ["ln(sum(x) / sum(y))", macros.log_ratio_se("x", "y")], group_by="draw",
        draw=np.repeat(np.arange(draws), n), x=cost.ravel(), y=success.ravel().astype(float),
    )  # fmt: skip
    estimate, se = np.array(rows).T
    truth = np.log(np.exp(1.2**2 / 2) / 0.7)
    assert 0.91 < np.mean(abs(estimate - truth) < 1.96 * se) < 0.97


def test_students_t_covers_better_than_the_poisson_bootstrap_of_few_people(
    macros: Any, evaluate: Any
) -> None:
    """Decision 17: people of one to many tasks, whose costs and rates differ, 2,000 draws of 10."""
    rng, draws, people = np.random.default_rng(13), 2000, 10
    tasks = rng.geometric(0.45, (draws, people))
    one = np.repeat(np.arange(tasks.size), tasks.ravel())
    rate, level = rng.beta(3, 2, tasks.size)[one], rng.normal(0, 0.5, tasks.size)[one]
    cost = _by_cluster(one, np.exp(rng.normal(level, 1.2))).reshape(tasks.shape)
    success = _by_cluster(one, (rng.random(one.size) < rate).astype(float)).reshape(tasks.shape)
    truth = np.log(np.exp((1.2**2 + 0.5**2) / 2) / 0.6)

    rows = evaluate(
        [
            "ln(sum(x) / sum(y))",
            macros.log_ratio_se("x", "y"),
            macros.critical_t(0.95, "count(*) - 1"),
        ],
        group_by="draw", order_by="draw",
        draw=np.repeat(np.arange(draws), people), x=cost.ravel(), y=success.ravel(),
    )  # fmt: skip
    estimate, se, t = np.array(rows).T
    covered = np.mean(abs(estimate - truth) < t * se)

    weights = rng.poisson(1, (200, people))
    with np.errstate(divide="ignore", invalid="ignore"):
        replicates = np.log((cost @ weights.T) / (success @ weights.T))
    replicates[~np.isfinite(replicates)] = np.nan
    low, high = np.nanquantile(replicates, [0.025, 0.975], axis=1)
    bootstrapped = np.mean((low < truth) & (truth < high))
    assert 0.87 < covered < 0.95
    assert covered > bootstrapped
    assert covered > np.mean(abs(estimate - truth) < 1.96 * se) + 0.02


@pytest.mark.parametrize("family", [[], ["f"]], ids=["one family", "by family"])
def test_q_values_agree_with_statsmodels(
    macros: Any, evaluate: Any, connection: Any, family: list[str]
) -> None:
    rng = np.random.default_rng(8)
    p = np.concatenate([rng.uniform(0, 1, 80), rng.uniform(0, 0.001, 20)]).round(3).tolist()
    groups = rng.integers(0, 3, 100).tolist()
    p, groups = [*p, None, None], [*groups, 0, 1]
    steps = evaluate(
        ["id", "f", "p", macros.benjamini_hochberg_step("p", family) + " as step"],
        id=list(range(102)), f=groups, p=p,
    )  # fmt: skip
    ids, f, ps, step = zip(*steps, strict=True)
    rows = evaluate(
        ["p", "f", macros.benjamini_hochberg_q("step", "p", family)],
        id=ids, f=f, p=ps, step=step,
    )  # fmt: skip
    for name in sorted(set(groups)) if family else [None]:
        mine = [(p, q) for p, g, q in rows if p is not None and name in (None, g)]
        expected = multipletests([p for p, _ in mine], method="fdr_bh")[1]
        np.testing.assert_allclose([q for _, q in mine], expected, rtol=1e-13)
    assert [q for p, _, q in rows if p is None] == [None, None]


def test_the_sequence_radius_is_the_published_formula(macros: Any, evaluate: Any) -> None:
    n = np.array([10.0, 500.0, 2000.0, 60000.0])
    expression = macros.confidence_sequence_radius("se", "n", 2000, 0.05)
    radius = [row[0] for row in evaluate(expression, se=1 / np.sqrt(n), n=n)]
    rho2 = (-2 * np.log(0.05) + np.log(-2 * np.log(0.05) + 1)) / 2000
    expected = np.sqrt(2 * (n * rho2 + 1) / (n**2 * rho2) * np.log(np.sqrt(n * rho2 + 1) / 0.05))
    np.testing.assert_allclose(radius, expected, rtol=1e-13)
    unknown = {"se": [None, 1.0], "n": [10.0, 0.0]}
    assert evaluate(macros.confidence_sequence_radius("se", "n", 2000), **unknown) == [(None,)] * 2


def test_looking_every_night_breaks_a_fixed_interval_and_not_the_sequence(
    macros: Any, evaluate: Any
) -> None:
    """30 nights of 200 tasks and no difference: who is ever alarmed?"""
    rng, draws, nights, size = np.random.default_rng(13), 800, 30, 200
    sums = rng.normal(0, np.sqrt(size), (draws, nights)).cumsum(axis=1)
    n = np.tile(size * np.arange(1.0, nights + 1), (draws, 1))
    radius = np.array(
        evaluate(
            macros.confidence_sequence_radius("se", "n", 2000),
            se=(1 / np.sqrt(n)).ravel(),
            n=n.ravel(),
        )
    ).reshape(draws, nights)
    assert np.mean((abs(sums / n) > 1.96 / np.sqrt(n)).any(axis=1)) > 0.2
    assert np.mean((abs(sums / n) > radius).any(axis=1)) < 0.05


def test_arms_that_share_clusters_need_the_joint_error(macros: Any, evaluate: Any) -> None:
    """Every user meets both versions: the independent-arms error is far too wide."""
    rng, draws, users = np.random.default_rng(14), 300, 60
    own = rng.normal(0, 1, (draws, users))
    candidate, baseline = own + rng.normal(0, 0.2, own.shape), own + rng.normal(0, 0.2, own.shape)
    influence = (candidate - candidate.mean(1, keepdims=True)) / users
    influence -= (baseline - baseline.mean(1, keepdims=True)) / users
    factor = macros.cluster_factor(users)
    joint = evaluate(
        f"({factor}) * {macros.influence_se('u')}", group_by="draw",
        draw=np.repeat(np.arange(draws), users), u=influence.ravel(),
    )  # fmt: skip
    apart = evaluate(
        macros.difference_se("a", "b"),
        a=candidate.std(1, ddof=1) / np.sqrt(users), b=baseline.std(1, ddof=1) / np.sqrt(users),
    )  # fmt: skip
    truth = (candidate - baseline).mean(1).std(ddof=1)
    assert np.mean(joint) == pytest.approx(truth, rel=0.12)
    assert np.mean(apart) > 3 * truth
    assert evaluate(macros.cluster_factor("m"), m=[1, 0, 2]) == [(None,), (None,), (2**0.5,)]


def test_unequal_weights_cost_effective_rows(macros: Any, evaluate: Any) -> None:
    expression = macros.effective_sample_size("sum(w)", "sum(w * w)")
    assert evaluate(expression, w=[1.0] * 7) == [(7.0,)]
    assert evaluate(expression, w=[9.0, 1.0]) == [(pytest.approx(100 / 82),)]
    assert evaluate(expression, w=[0.0]) == [(None,)]
