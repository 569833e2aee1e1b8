"""The Great Expectations checkpoint: a suite for every landed table, run on its measurements.

A table's measurements are one row: how much of it breaks each expectation. Great Expectations has
no data source for Arrow or polars, and with SQL it reads the files once for nearly every
expectation (docs/decisions/0010).
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import pyarrow as pa

from spanmart.checks.expectations import COUNT, Expectation
from spanmart.checks.tables import Count, Counts

PASSED, FAILED, NOT_APPLICABLE = "passed", "failed", "not_applicable"


class BrokenCheck(RuntimeError):
    """Great Expectations could not judge an expectation: a fault of ours, never of the data."""


def judge(expectations: Sequence[Expectation], counts: Counts) -> dict[str, str]:
    """What became of each expectation, by its name."""
    suites: dict[str, list[Expectation]] = {}
    for each in expectations:
        suites.setdefault(each.table, []).append(each)
    verdicts: dict[str, str] = {}
    for table, suite in suites.items():
        verdicts |= _run(table, suite, counts)
    return {
        name: NOT_APPLICABLE if not counts[name][1] else verdict
        for name, verdict in verdicts.items()
    }


def observed(expectation: Expectation, count: Count) -> float | None:
    """What is compared with the threshold; None when there was no row to look at."""
    unexpected, rows = count
    if rows == 0:
        return None
    return float(unexpected) if expectation.measure == COUNT else unexpected / rows


def great_expectations_version() -> str:
    return version("great-expectations")


def _run(table: str, suite: list[Expectation], counts: Counts) -> dict[str, str]:
    gx = _great_expectations()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    measured = pa.table(
        {each.name: pa.array([observed(each, counts[each.name])], pa.float64()) for each in suite}
    )
    batch = (
        context.data_sources.add_pandas("landing")
        .add_dataframe_asset(table)
        .add_batch_definition_whole_dataframe("since the last check")
    )
    built = context.suites.add(gx.ExpectationSuite(name=table))
    for each in suite:
        built.add_expectation(
            gx.expectations.ExpectColumnValuesToBeBetween(
                column=each.name,
                max_value=each.at_most,
                severity=each.severity,
                description=each.description,
                meta={"name": each.name, "remedy": each.remedy},
            )
        )
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name=table, data=batch, suite=built)
    )
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(name=table, validation_definitions=[definition], result_format="BOOLEAN_ONLY")
    )
    result = checkpoint.run(batch_parameters={"dataframe": measured.to_pandas()})
    (validated,) = result.run_results.values()
    return {_name(each): PASSED if each.success else FAILED for each in validated.results}


def _name(result: Any) -> str:
    name: str = result.expectation_config.meta["name"]
    if (result.exception_info or {}).get("raised_exception"):
        raise BrokenCheck(f"{name} could not be judged: {result.exception_info}")
    return name


def _great_expectations() -> Any:
    """Imported when it is needed: it takes seconds, and asks for consent to nothing."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx
    return gx
