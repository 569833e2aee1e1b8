"""The normal law in SQL against scipy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats


def _grid() -> list[float]:
    """Everyday values, both sides of every branch of the approximation, and far tails."""
    edges = [0.67448975, math.sqrt(32), 0.0, 1e-300, 1e-8, 37.5]
    near = [e * f for e in edges for f in (1 - 1e-12, 1, 1 + 1e-12)]
    drawn: list[float] = np.random.default_rng(1).normal(0, 4, 4000).tolist()
    sizes = near + drawn + np.linspace(0, 37, 741).tolist()
    return [*sizes, *(-x for x in sizes)]


# scipy rounds x/sqrt(2) before it squares it, which costs it x²·2e-16 in the far tail.
TAIL_TOLERANCE = 5e-13


def test_both_tails_keep_their_relative_accuracy(macros: Any, evaluate: Any) -> None:
    xs = _grid()
    rows = evaluate(
        [
            "x",
            macros.normal_cdf("x"),
            macros.normal_upper_tail("x"),
            macros.normal_two_sided_p("x"),
        ],
        x=xs,
    )
    x, cdf, tail, p = (np.array(column) for column in zip(*rows, strict=True))
    np.testing.assert_allclose(cdf, stats.norm.cdf(x), rtol=TAIL_TOLERANCE, atol=0)
    np.testing.assert_allclose(tail, stats.norm.sf(x), rtol=TAIL_TOLERANCE, atol=0)
    np.testing.assert_allclose(p, 2 * stats.norm.sf(abs(x)), rtol=TAIL_TOLERANCE, atol=0)
    np.testing.assert_allclose(cdf, stats.norm.cdf(x), rtol=0, atol=4e-16)


def test_an_unknown_z_has_an_unknown_p_and_a_huge_one_has_p_zero(
    macros: Any, evaluate: Any
) -> None:
    rows = evaluate(
        [macros.normal_two_sided_p("z"), macros.chi2_upper_tail("z * z")], z=[None, 0.0, 60.0, -1e9]
    )
    assert rows == [(None, None), (1.0, 1.0), (0.0, 0.0), (0.0, 0.0)]


def test_chi_squared_tail_agrees_with_scipy(macros: Any, evaluate: Any) -> None:
    x = np.concatenate([np.linspace(0, 60, 301), [1e-12, 300.0, 1200.0]])
    tail = [row[0] for row in evaluate(macros.chi2_upper_tail("x"), x=x)]
    np.testing.assert_allclose(tail, stats.chi2.sf(x, 1), rtol=3e-13, atol=0)


def test_quantiles_agree_with_scipy_in_every_branch(macros: Any, evaluate: Any) -> None:
    p = np.concatenate([np.linspace(0.001, 0.999, 999), 10.0 ** np.arange(-300, -3, 7)])
    p = np.concatenate([p, [0.075, 0.925, math.exp(-25), 0.975, 0.995]])
    z = [row[0] for row in evaluate(macros.normal_quantile("p"), p=p)]
    np.testing.assert_allclose(z, stats.norm.ppf(p), rtol=1e-13, atol=1e-15)


def test_there_is_no_quantile_outside_the_open_unit_interval(macros: Any, evaluate: Any) -> None:
    rows = evaluate(macros.normal_quantile("p"), p=[0.0, 1.0, -0.1, 1.1, None])
    assert rows == [(None,)] * 5


@pytest.mark.parametrize("confidence", [0.8, 0.9, 0.95, 0.975, 0.99, 0.999])
def test_critical_values_agree_with_scipy(macros: Any, evaluate: Any, confidence: float) -> None:
    ((z,),) = evaluate(macros.critical_z(confidence), x=[1])
    assert z == pytest.approx(stats.norm.ppf(0.5 + confidence / 2), rel=1e-13)


@pytest.mark.parametrize("confidence", [0.8, 0.9, 0.95, 0.99])
def test_critical_values_of_few_agree_with_scipy(
    macros: Any, evaluate: Any, confidence: float
) -> None:
    df = [1, 2, *range(6, 60), 100, 1000, 1_000_000]
    t = [row[0] for row in evaluate(macros.critical_t(confidence, "df"), df=df)]
    np.testing.assert_allclose(t, stats.t.ppf(0.5 + confidence / 2, df), rtol=1e-3)
    t = [row[0] for row in evaluate(macros.critical_t(confidence, "df"), df=[3, 4, 5])]
    np.testing.assert_allclose(t, stats.t.ppf(0.5 + confidence / 2, [3, 4, 5]), rtol=2e-2)
    assert evaluate(macros.critical_t(confidence, "df"), df=[0, None]) == [(None,)] * 2


def test_critical_values_of_few_are_close_at_the_level_that_is_shown(
    macros: Any, evaluate: Any
) -> None:
    df = list(range(1, 200))
    t = [row[0] for row in evaluate(macros.critical_t(0.95, "df"), df=df)]
    np.testing.assert_allclose(t, stats.t.ppf(0.975, df), rtol=1.3e-3)
    np.testing.assert_allclose(t[5:], stats.t.ppf(0.975, df[5:]), rtol=5e-5)
