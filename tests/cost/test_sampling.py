"""Totals of sampled traces against the whole they were drawn from, which a simulation knows."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import numpy as np
import pyarrow as pa
import pytest

ROOT = Path(__file__).resolve().parents[2]
MACROS = (
    "macros/cost/sampling_variance.sql",
    "macros/cost/weighted_usage.sql",
    "macros/spans/sample_weight.sql",
    "macros/spans/tracestate_weight.sql",
    "macros/spans/weighted_money.sql",
    "macros/statistics/effective_sample_size.sql",
)
DRAWS, TRACES = 600, 2_000
KEPT = 1 / 8

Columns = dict[str, np.ndarray[Any, Any]]


def total_query() -> str:
    """The marts' own columns over rows of one trace each, one total a draw."""
    spanmart = SimpleNamespace()
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.globals["spanmart"] = spanmart
    source = "\n".join((ROOT / path).read_text() for path in MACROS)
    module = environment.from_string(source).module
    vars(spanmart).update({name: getattr(module, name) for name in dir(module) if name[0] != "_"})
    return f"""
    with traces as (
        select
            * replace (cast(cost_usd as decimal(38, 12)) as cost_usd),
            {spanmart.sample_weight("trace_state", "sample_rate")} as sample_weight,
            call_count as billable_count, call_count as priced_count, call_count as input_tokens,
            0 as cache_read_tokens, 0 as cache_write_tokens, 0 as output_tokens,
            0 as reasoning_tokens, 0.0 as cache_saving_usd,
        from given
    )
    select draw, {spanmart.weighted_usage()} from traces group by draw order by draw
    """


def totals(rows: Columns) -> Columns:
    with duckdb.connect() as connection:
        connection.register("given", pa.table(rows))
        return connection.execute(total_query()).fetchnumpy()


class Population:
    """Heavy-tailed costs, dear failures. A collector keeps every failure and an eighth of the rest:
    of these, half of the services say so by OpenTelemetry's threshold, half by a rate."""

    def __init__(self) -> None:
        chance = np.random.default_rng(20261121)
        self.has_failed = chance.random(TRACES) < 0.05
        self.cost = np.round(chance.lognormal(-6, 1.2, TRACES) * (1 + 3 * self.has_failed), 12)
        self.calls = chance.integers(0, 6, TRACES)
        self.says_threshold = chance.random(TRACES) < 0.5
        self.kept_with = np.where(self.has_failed, 1.0, KEPT)
        self.is_kept = chance.random((DRAWS, TRACES)) < self.kept_with

    def sampled(self) -> Columns:
        draw, trace = np.nonzero(self.is_kept)
        # T = 2^56 (1 - 1/8) is e0 and twelve more zeros, which are left out.
        threshold = np.where(self.has_failed, "ot=th:0", "vendor=x, ot=rv:1;th:e")
        says = self.says_threshold[trace]
        return {
            "draw": draw,
            "cost_usd": self.cost[trace],
            "call_count": self.calls[trace],
            "trace_state": np.where(says, threshold[trace], None),
            "sample_rate": np.where(says, None, self.kept_with[trace]).astype(float),
        }


@pytest.fixture(scope="module")
def population() -> Population:
    return Population()


@pytest.fixture(scope="module")
def estimates(population: Population) -> Columns:
    return totals(population.sampled())


def test_totals_and_variances_are_those_of_horvitz_and_thompson(
    population: Population, estimates: Columns
) -> None:
    weight = 1 / population.kept_with
    for measure, total, variance in (
        (population.cost, "cost_usd", "cost_usd_variance"),
        (population.calls, "weighted_call_count", "weighted_call_count_variance"),
    ):
        expected = population.is_kept @ (weight * measure)
        spread = population.is_kept @ (weight * (weight - 1) * measure**2)
        np.testing.assert_allclose(np.array(estimates[total], float), expected, rtol=1e-9)
        np.testing.assert_allclose(estimates[variance], spread, rtol=1e-9)
    np.testing.assert_allclose(estimates["weighted_trace_count"], population.is_kept @ weight)
    effective = (population.is_kept @ weight) ** 2 / (population.is_kept @ weight**2)
    np.testing.assert_allclose(estimates["effective_trace_count"], effective)


def test_a_sample_is_right_on_average_and_knows_how_wrong_it_may_be(
    population: Population, estimates: Columns
) -> None:
    truth = population.cost.sum()
    cost, error = np.array(estimates["cost_usd"], float), estimates["cost_usd_se"]
    assert abs(cost.mean() - truth) < 4 * cost.std() / np.sqrt(DRAWS)
    assert np.mean(error**2) == pytest.approx(cost.var(), rel=0.15)
    covered = np.mean(np.abs(cost - truth) < 1.96 * error)
    assert 0.92 <= covered <= 0.975
    # What nobody weighted would be a fraction of it, and mostly of failures.
    unweighted = np.array(estimates["seen_cost_usd"], float)
    assert unweighted.mean() < 0.5 * truth


def test_what_was_kept_whole_has_no_error(population: Population) -> None:
    everything: Columns = {
        "draw": np.zeros(TRACES, int),
        "cost_usd": population.cost,
        "call_count": population.calls,
        "trace_state": np.full(TRACES, "", object),
        "sample_rate": np.full(TRACES, np.nan),
    }
    everything["sample_rate"] = np.where(np.arange(TRACES) % 2 == 0, 1.0, 25.0)
    (row,) = zip(*totals(everything).values(), strict=True)
    total = dict(zip(totals(everything), row, strict=True))
    assert (total["cost_usd_se"], total["weighted_call_count_se"]) == (0, 0)
    assert total["weighted_call_count"] == population.calls.sum() == total["call_count"]
    assert float(total["cost_usd"]) == pytest.approx(population.cost.sum(), rel=1e-12)
