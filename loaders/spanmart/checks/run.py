"""One check: find what is new, measure it, judge it, keep the result."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from spanmart import __version__
from spanmart.checks import history, suite
from spanmart.checks.calls import count_calls
from spanmart.checks.expectations import CHECKED_TABLES, CRITICAL, WARNING, Catalogue, Expectation
from spanmart.checks.ledger import count_ledger
from spanmart.checks.relations import count_relations
from spanmart.checks.rows import count_rows
from spanmart.checks.sample import count_unmasked
from spanmart.checks.tables import Counts, Tables, opened
from spanmart.checks.window import Window, find_window

Progress = Callable[[str], None]


class CannotMeasure(RuntimeError):
    """DuckDB could not read or hold what was to be measured."""


@dataclass(frozen=True)
class Finding:
    """One expectation and what became of it. `observed` is None when there was no row for it."""

    expectation: Expectation
    status: str
    observed: float | None
    unexpected: int
    rows: int

    @property
    def is_critical_failure(self) -> bool:
        return self.status == suite.FAILED and self.expectation.severity == CRITICAL

    @property
    def is_warning(self) -> bool:
        return self.status == suite.FAILED and self.expectation.severity == WARNING


@dataclass(frozen=True)
class Report:
    """What a run found; `window` is None when nothing had landed since the last one."""

    landing: Path
    window: Window | None
    findings: Sequence[Finding]
    watermark: datetime | None = None

    @property
    def critical_failures(self) -> list[Finding]:
        return [each for each in self.findings if each.is_critical_failure]

    @property
    def warnings(self) -> list[Finding]:
        return [each for each in self.findings if each.is_warning]

    def of_status(self, status: str) -> list[Finding]:
        return [each for each in self.findings if each.status == status]

    def rows(self, table: str) -> int:
        """New rows of a table."""
        name = f"{table}.load_id.not_null"
        return next((each.rows for each in self.findings if each.expectation.name == name), 0)

    @property
    def scope(self) -> str:
        """What was looked at, in a sentence."""
        if self.window is None:
            since = f" since {self.watermark:%Y-%m-%d %H:%M:%S} UTC" if self.watermark else ""
            return f"Nothing has landed{since} that was not checked."
        rows = ", ".join(
            f"{count:,} {table.replace('_', ' ')}"
            for table in CHECKED_TABLES
            if table != "loads" and (count := self.rows(table))
        )
        after = self.window.after
        since = f"since {after:%Y-%m-%d %H:%M:%S} UTC" if after else "from the beginning"
        return f"Landed {since}: {self.window.load_count:,} loads with {rows or 'no rows'}."

    @property
    def verdict(self) -> str:
        failures, warnings = len(self.critical_failures), len(self.warnings)
        also = f", {warnings} {_plural(warnings, 'warning')}" if warnings else ""
        if failures:
            return f"{failures} critical {_plural(failures, 'expectation')} failed{also}"
        return f"Every critical expectation holds{also}"


def check(
    landing: Path,
    catalogue: Catalogue,
    project: Path | None = None,
    everything: bool = False,
    progress: Progress = lambda _: None,
) -> Report:
    """Checks what landed since the last check that passed (all of it, if `everything`), and adds
    the outcome to the landed `checks` table.

    Raises `NothingLanded`, `DamagedLedger`, `DamagedHistory` and `CannotMeasure`.
    """
    watermark = history.watermark(landing)
    window = find_window(landing, None if everything else watermark)
    if window is None:
        return Report(landing, None, (), watermark)
    counts = measure(window, catalogue, project, progress)
    progress("judging")
    verdicts = suite.judge(catalogue.expectations, counts)
    findings = [
        Finding(
            each,
            verdicts[each.name],
            suite.observed(each, counts[each.name]),
            *counts[each.name],
        )
        for each in catalogue.expectations
    ]
    history.add(landing, _rows(window, findings))
    return Report(landing, window, findings, watermark)


def measure(
    window: Window, catalogue: Catalogue, project: Path | None, progress: Progress
) -> Counts:
    """How many rows break each expectation, and how many it is about."""
    limits = catalogue.limits
    try:
        with opened(window, limits) as tables:
            steps: list[tuple[str, Callable[[Tables], Counts]]] = [
                ("reading the ledger", count_ledger),
                ("reading rows", lambda tables: count_rows(tables, limits)),
                ("following parents", lambda tables: count_relations(tables, limits)),
                ("looking up models", lambda tables: count_calls(tables, project)),
                ("looking for leaks", lambda tables: count_unmasked(tables, limits.sample_rows)),
            ]
            for name, step in steps:
                progress(name)
                tables.counts |= step(tables)
            return tables.counts
    except duckdb.OutOfMemoryException as error:
        raise CannotMeasure(
            f"{limits.memory_mb} MB and the free disk are too little to check what landed: raise "
            "`settings: memory_mb:` in checks.yml, or free space in the folder for temporary files"
        ) from error
    except (duckdb.Error, pa.ArrowException) as error:
        # The text of an engine's error may quote a value: only its kind is told.
        raise CannotMeasure(
            f"the landed files could not be measured ({type(error).__name__}); "
            "a damaged file is likely: restore it from a copy"
        ) from error


def _rows(window: Window, findings: Sequence[Finding]) -> list[history.Row]:
    shared = {
        "check_id": secrets.token_hex(16),
        "landed_after": window.after,
        "landed_until": window.until,
        "spanmart_version": __version__,
        "great_expectations_version": suite.great_expectations_version(),
    }
    return [
        {
            **shared,
            "table_name": each.expectation.table,
            "expectation": each.expectation.name,
            "severity": each.expectation.severity,
            "status": each.status,
            "measure": each.expectation.measure,
            "observed": each.observed,
            "at_most": float(each.expectation.at_most),
            "unexpected_count": each.unexpected,
            "row_count": each.rows,
            "description": each.expectation.description,
            "remedy": each.expectation.remedy,
        }
        for each in findings
    ]


def _plural(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"
