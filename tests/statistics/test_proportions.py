"""Wilson, Mantel-Haenszel and Cochran-Mantel-Haenszel against statsmodels and the formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.proportion import proportion_confint

ARGUMENTS = ("e1", "n1", "e2", "n2")


def _strata(rng: np.random.Generator, count: int, low: int, high: int) -> dict[str, np.ndarray]:
    """Strata with rates of their own and a common effect."""
    n1, n2 = rng.integers(low, high, count), rng.integers(low, high, count)
    rate = rng.uniform(0.1, 0.8, count)
    return {"e1": rng.binomial(n1, rate + 0.1), "n1": n1, "e2": rng.binomial(n2, rate), "n2": n2}


def _tables(strata: dict[str, np.ndarray]) -> StratifiedTable:
    e1, n1, e2, n2 = (np.asarray(strata[name], dtype=float) for name in ARGUMENTS)
    return StratifiedTable(np.array([[e1, n1 - e1], [e2, n2 - e2]]))


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99, 0.8])
def test_wilson_agrees_with_statsmodels(macros: Any, evaluate: Any, confidence: float) -> None:
    pairs = [(k, n) for n in (1, 2, 7, 40, 1000) for k in range(0, n + 1, max(1, n // 20))]
    pairs += [(0, 10**7), (3, 10**7), (10**7, 10**7)]
    k, n = (np.array(column) for column in zip(*pairs, strict=True))
    rows = evaluate(
        [macros.wilson_low("k", "n", confidence), macros.wilson_high("k", "n", confidence)],
        k=k, n=n,
    )  # fmt: skip
    low, high = proportion_confint(k, n, alpha=1 - confidence, method="wilson")
    np.testing.assert_allclose(np.array(rows), np.column_stack([low, high]), rtol=1e-12, atol=1e-15)


def test_wilson_has_no_interval_without_trials_and_never_leaves_the_unit_interval(
    macros: Any, evaluate: Any
) -> None:
    expressions = [macros.wilson_low("k", "n"), macros.wilson_high("k", "n")]
    assert evaluate(expressions, k=[0, None], n=[0, 5]) == [(None, None), (None, None)]
    ((low, _),) = evaluate(expressions, k=[0], n=[3])
    ((_, high),) = evaluate(expressions, k=[3], n=[3])
    assert (low, high) == (0.0, 1.0)


@pytest.mark.parametrize(("count", "low", "high"), [(1, 30, 200), (12, 5, 400), (300, 1, 4)])
def test_stratified_tables_agree_with_statsmodels(
    macros: Any, evaluate: Any, count: int, low: int, high: int
) -> None:
    strata = _strata(np.random.default_rng(count), count, low, high)
    chi2 = macros.cmh_chi2(*ARGUMENTS)
    ((statistic, odds_ratio),) = evaluate(
        [chi2, macros.mantel_haenszel_odds_ratio(*ARGUMENTS)], **strata
    )
    expected = _tables(strata)
    test = expected.test_null_odds(correction=False)
    assert statistic == pytest.approx(test.statistic, rel=1e-12)
    assert odds_ratio == pytest.approx(expected.oddsratio_pooled, rel=1e-12)
    ((p,),) = evaluate(macros.chi2_upper_tail("chi2"), chi2=[statistic])
    assert p == pytest.approx(test.pvalue, rel=1e-10)


def test_the_risk_difference_is_the_coefficient_of_a_regression_with_stratum_intercepts(
    macros: Any, evaluate: Any
) -> None:
    strata = _strata(np.random.default_rng(7), 9, 5, 60)
    ((difference,),) = evaluate(macros.mantel_haenszel_risk_difference(*ARGUMENTS), **strata)
    outcome, arm, stratum = [], [], []
    for s, (e1, n1, e2, n2) in enumerate(zip(*(strata[a] for a in ARGUMENTS), strict=True)):
        outcome += [1] * e1 + [0] * (n1 - e1) + [1] * e2 + [0] * (n2 - e2)
        arm += [1] * n1 + [0] * n2
        stratum += [s] * (n1 + n2)
    design = np.column_stack([arm, np.eye(9)[stratum]])
    assert difference == pytest.approx(sm.OLS(outcome, design).fit().params[0], rel=1e-10)


def test_the_error_of_the_risk_difference_is_satos(macros: Any, evaluate: Any) -> None:
    strata = _strata(np.random.default_rng(3), 25, 1, 30)
    ((se,),) = evaluate(macros.mantel_haenszel_risk_difference_se(*ARGUMENTS), **strata)
    e1, n1, e2, n2 = (strata[name].astype(float) for name in ARGUMENTS)
    n = n1 + n2
    omega = n1 * n2 / n
    difference = np.sum((e1 * n2 - e2 * n1) / n) / omega.sum()
    p = (n1**2 * e2 - n2**2 * e1 + n1 * n2 * (n2 - n1) / 2) / n**2
    q = (e1 * (n2 - e2) + e2 * (n1 - e1)) / (2 * n)
    assert se == pytest.approx(np.sqrt(difference * p.sum() + q.sum()) / omega.sum(), rel=1e-12)


@pytest.mark.parametrize("size", [1, 100])
def test_the_error_of_the_risk_difference_is_that_of_repeated_draws(
    macros: Any, evaluate: Any, size: int
) -> None:
    """Sparse (one row an arm and stratum) and dense strata alike: what Sato's formula is for."""
    rng, draws, count = np.random.default_rng(size), 400, 200 // size
    rate = np.tile(rng.uniform(0.1, 0.7, count), draws)
    sizes = np.full(count * draws, size)
    rows = evaluate(
        [
            macros.mantel_haenszel_risk_difference(*ARGUMENTS),
            macros.mantel_haenszel_risk_difference_se(*ARGUMENTS),
        ],
        group_by="draw",
        draw=np.repeat(np.arange(draws), count),
        e1=rng.binomial(sizes, rate + 0.1), n1=sizes, e2=rng.binomial(sizes, rate), n2=sizes,
    )  # fmt: skip
    differences, errors = np.array(rows).T
    assert errors.mean() == pytest.approx(differences.std(ddof=1), rel=0.1)
    assert differences.mean() == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(
    "rows",
    [
        {"e1": [0, 0], "n1": [5, 0], "e2": [0, 0], "n2": [0, 9]},
        {"e1": [0], "n1": [0], "e2": [0], "n2": [0]},
        {"e1": [0, 0], "n1": [5, 8], "e2": [0, 0], "n2": [4, 9]},
        {"e1": [5], "n1": [5], "e2": [4], "n2": [4]},
        {"e1": [1], "n1": [1], "e2": [0], "n2": [0]},
    ],
    ids=["one-armed", "empty", "no-events", "all-events", "one-row"],
)
def test_strata_that_can_say_nothing_give_null_and_never_a_division_error(
    macros: Any, evaluate: Any, rows: dict[str, list[int]]
) -> None:
    chi2, odds = macros.cmh_chi2(*ARGUMENTS), macros.mantel_haenszel_odds_ratio(*ARGUMENTS)
    assert evaluate([chi2, odds], **rows) == [(None, None)]
    ((difference, se),) = evaluate(
        [
            macros.mantel_haenszel_risk_difference(*ARGUMENTS),
            macros.mantel_haenszel_risk_difference_se(*ARGUMENTS),
        ],
        **rows,
    )
    both_arms = any(a and b for a, b in zip(rows["n1"], rows["n2"], strict=True))
    assert (difference, se) == ((0.0, 0.0) if both_arms else (None, None))
