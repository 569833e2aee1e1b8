"""The report of a run as one HTML file: no script, no font and no image from anywhere else.

Great Expectations' own Data Docs load their look from ten public servers, which nightly machines do
not reach and auditors do not like.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from pathlib import Path

from spanmart.checks.expectations import COUNT, CRITICAL
from spanmart.checks.history import Row
from spanmart.checks.run import Finding, Report
from spanmart.checks.suite import FAILED, NOT_APPLICABLE, PASSED
from spanmart.durable import replace_durably
from spanmart.safe_text import one_line

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
       color: #1d2430; background: #fff; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem;
         border-bottom: 1px solid #e3e7ee; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font-size: .9em; }
.passed { color: #1a7f45; } .failed { color: #c0262d; font-weight: 600; }
.warning { color: #9a6200; font-weight: 600; } .not_applicable { color: #6b7482; }
.verdict { font-size: 1.1rem; padding: .6rem 1rem; border-left: 6px solid currentColor;
           background: #f5f7fa; }
.remedy { color: #1d2430; font-weight: 400; }
svg.trend { height: 1.2rem; width: 6rem; }
svg.trend polyline { fill: none; stroke: #4a6fa5; stroke-width: 1.5; }
@media (prefers-color-scheme: dark) {
  body { background: #14181f; color: #dfe4ec; } th, td { border-color: #2b323d; }
  .verdict { background: #1c222b; } .remedy { color: #dfe4ec; }
  .passed { color: #58c48a; } .failed { color: #ff7b80; } .warning { color: #e5ae4b; }
}
"""
_WORDS = {PASSED: "passed", NOT_APPLICABLE: "nothing to look at"}


def write(path: Path, report: Report, runs: Sequence[Sequence[Row]]) -> None:
    """Puts the report in place whole; `runs` are the rows of the last runs, this one included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(page(report, runs), encoding="utf-8")
    replace_durably(draft, path)


def page(report: Report, runs: Sequence[Sequence[Row]]) -> str:
    assert report.window is not None
    tables = list(dict.fromkeys(each.expectation.table for each in report.findings))
    failed = [each for each in report.findings if each.status == FAILED]
    trends = _trends(runs)
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>spanmart check: {_text(report.verdict)}</title>",
        f"<style>{_STYLE}</style></head><body>",
        "<h1>What landed, checked</h1>",
        f'<p class="verdict {_verdict_class(report)}">{_text(report.verdict)}</p>',
        f"<p>{_text(report.scope)} Landing folder: <code>{_text(str(report.landing))}</code></p>",
    ]
    if failed:
        parts += ["<h2>What to do</h2>", _table(failed, trends, with_remedy=True)]
    parts += ["<h2>Earlier runs</h2>", _runs(runs)]
    for table in tables:
        findings = [each for each in report.findings if each.expectation.table == table]
        parts += [f"<h2>{_text(table)}</h2>", _table(findings, trends)]
    parts += [
        "<p>Counts and shares only: no value of any record is in this page. Thresholds and their "
        "reasons: docs/checks.md; a project's own: checks.yml.</p>",
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def share_or_count(measure: str, observed: float | None) -> str:
    if observed is None:
        return "-"
    return f"{observed:,.0f}" if measure == COUNT else f"{observed * 100:.3g} %"


def _table(
    findings: Sequence[Finding], trends: dict[str, list[float]], with_remedy: bool = False
) -> str:
    head = ["expectation", "outcome", "found", "at most", "rows that break it", "of rows", "trend"]
    rows = [_row(each, trends.get(each.expectation.name, []), with_remedy) for each in findings]
    heads = "".join(f"<th>{_text(each)}</th>" for each in head)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _row(finding: Finding, trend: Sequence[float], with_remedy: bool) -> str:
    said = finding.expectation
    outcome = _WORDS.get(finding.status, "failed" if said.severity == CRITICAL else "warning")
    kind = {"nothing to look at": NOT_APPLICABLE}.get(outcome, outcome)
    texts = f"<code>{_text(said.name)}</code><br>{_text(said.description)}"
    if with_remedy:
        texts += (
            f'<div class="remedy"><b>Why:</b> {_text(said.reason)}<br>'
            f"<b>What to do:</b> {_text(said.remedy)}</div>"
        )
    numbers = [
        share_or_count(said.measure, finding.observed),
        said.limit,
        f"{finding.unexpected:,}",
        f"{finding.rows:,}",
    ]
    cells = "".join(f'<td class="number">{_text(each)}</td>' for each in numbers)
    return (
        f'<tr><td>{texts}</td><td class="{kind}">{_text(outcome)}</td>{cells}'
        f"<td>{_sparkline(trend)}</td></tr>"
    )


def _trends(runs: Sequence[Sequence[Row]]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for run in runs:
        for row in run:
            if row["observed"] is not None:
                found.setdefault(row["expectation"], []).append(row["observed"])
    return found


def _sparkline(values: Sequence[float]) -> str:
    """Nothing where nothing has ever moved: a hundred flat lines hide the one that is not."""
    if len(values) < 2 or not any(values):
        return ""
    highest = max(values)
    points = " ".join(
        f"{place * 96 / (len(values) - 1):.1f},{18 - 16 * value / highest:.1f}"
        for place, value in enumerate(values)
    )
    return (
        '<svg class="trend" viewBox="0 0 96 20" role="img" aria-label="earlier runs">'
        f'<polyline points="{points}"/></svg>'
    )


def _runs(runs: Sequence[Sequence[Row]]) -> str:
    lines = []
    for run in reversed([run for run in runs if run]):
        failed = [row for row in run if row["status"] == FAILED]
        critical = sum(row["severity"] == CRITICAL for row in failed)
        names = ", ".join(row["expectation"] for row in failed) or "-"
        kind = "failed" if critical else "warning" if failed else "passed"
        cells = (
            f"<td>{_time(run[0]['landed_at'])}</td><td>{_time(run[0]['landed_after'])}</td>"
            f'<td class="number">{critical}</td><td class="number">{len(failed) - critical}</td>'
            f'<td class="{kind}">{_text(names)}</td>'
        )
        lines.append(f"<tr>{cells}</tr>")
    return (
        "<table><thead><tr><th>checked (UTC)</th><th>what landed after</th><th>critical</th>"
        f"<th>warnings</th><th>failed</th></tr></thead><tbody>{''.join(lines)}</tbody></table>"
    )


def _verdict_class(report: Report) -> str:
    if report.critical_failures:
        return "failed"
    return "warning" if report.warnings else "passed"


def _time(at: datetime | None) -> str:
    return "the beginning" if at is None else f"{at:%Y-%m-%d %H:%M:%S}"


def _text(text: str) -> str:
    """Whatever it says, it is text: names of folders and of a project's reasons come from
    outside."""
    return escape(one_line(text, 1000))
