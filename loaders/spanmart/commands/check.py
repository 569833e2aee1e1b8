"""`spanmart check`: whether what landed since the last check is fit to build from."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spanmart import options
from spanmart.safe_text import one_line
from spanmart.warehouse.dbt import NoProject, project_dir

if TYPE_CHECKING:
    from spanmart.checks.run import Finding, Report

# Runs that the report shows: a month of nights.
_RUNS_SHOWN = 30


@click.command()
@options.landing("Where Parquet landed: a folder.")
@click.option("--all", "everything", is_flag=True, help="Check all of it, not only what is new.")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the report goes. [default: checks/index.html in the landing folder]",
)
@click.option("--json", "as_json", is_flag=True, help="Say it in one line of JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    landing: Path | str,
    everything: bool,
    html: Path | None,
    as_json: bool,
) -> None:
    """Check what landed since the last check that passed.

    Ids, times, parents, copies, models, usage, the ledger, and whether redaction ran: each with a
    threshold (docs/checks.md), which a `checks.yml` beside dbt_project.yml changes. The results
    stay in the landed `checks` table and in a report.

    \b
    Exit codes: 0 every critical expectation holds, 1 one does not, 2 wrong usage
    """
    # Imported here: `spanmart --help` must not wait for DuckDB, polars and Great Expectations.
    from spanmart.checks import history, page
    from spanmart.checks.expectations import UnusableChecks
    from spanmart.checks.window import NothingLanded

    if isinstance(landing, str):
        raise click.UsageError(
            f"{one_line(landing)}: a check reads a landing folder, not object storage: check it "
            "before it is uploaded, or as a copy"
        )
    try:
        report = _check(landing, everything, quiet=as_json)
    except (NothingLanded, UnusableChecks) as error:
        raise click.UsageError(one_line(str(error))) from error
    written = None
    if report.window is not None:
        written = html or report_of(landing)
        page.write(written, report, history.latest(landing, _RUNS_SHOWN))
    code = 1 if report.critical_failures else 0
    if as_json:
        click.echo(json.dumps(_summary(report, written, code)))
    else:
        _print(report, written)
    ctx.exit(code)


def report_of(landing: Path) -> Path:
    """Where the report stands unless it is said otherwise: with the rows that it shows, so that
    whoever may read the one may read the other, and no further folder is to be kept out of git."""
    return landing / "checks" / "index.html"


def _check(landing: Path, everything: bool, quiet: bool) -> Report:
    from rich.console import Console

    from spanmart.checks.expectations import Catalogue
    from spanmart.checks.run import check

    try:
        project: Path | None = project_dir()
    except NoProject:
        project = None
    catalogue = Catalogue.load(project or Path.cwd())
    console = Console(stderr=True)
    shown = console.is_terminal and not quiet
    with console.status("checking") if shown else nullcontext() as status:

        def progress(step: str) -> None:
            if status is not None:
                status.update(step)

        return check(landing, catalogue, project, everything, progress)


def _print(report: Report, written: Path | None) -> None:
    from spanmart.checks.suite import NOT_APPLICABLE, PASSED

    click.echo(report.scope)
    if report.window is None:
        return
    for each in report.critical_failures:
        click.echo(f"FAILED   {_said(each)}")
    for each in report.warnings:
        click.echo(f"warning  {_said(each)}")
    passed, idle = (len(report.of_status(each)) for each in (PASSED, NOT_APPLICABLE))
    click.echo(f"{report.verdict}; {passed} passed, {idle} had nothing to look at.")
    click.echo(f"Report: {one_line(str(written))}")
    if report.critical_failures:
        click.echo(
            "Until this is mended, or accepted with its reason in checks.yml (docs/checks.md), the "
            "same records are checked again."
        )


def _said(finding: Finding) -> str:
    said = finding.expectation
    return (
        f"{said.name}: {finding.unexpected:,} of {finding.rows:,} (at most {said.limit}). "
        f"{said.remedy}"
    )


def _summary(report: Report, written: Path | None, code: int) -> dict[str, object]:
    from spanmart.checks.suite import NOT_APPLICABLE, PASSED

    window = report.window
    return {
        "exit_code": code,
        "landing": str(report.landing),
        "landed_after": window.after.isoformat() if window and window.after else None,
        "landed_until": window.until.isoformat() if window else None,
        "loads": window.load_count if window else 0,
        "spans": report.rows("spans"),
        "passed": len(report.of_status(PASSED)),
        "not_applicable": len(report.of_status(NOT_APPLICABLE)),
        "failed": [_numbers(each) for each in report.critical_failures],
        "warnings": [_numbers(each) for each in report.warnings],
        "report": str(written) if written else None,
    }


def _numbers(finding: Finding) -> dict[str, object]:
    said = finding.expectation
    return {
        "expectation": said.name,
        "unexpected": finding.unexpected,
        "rows": finding.rows,
        "observed": finding.observed,
        "at_most": said.at_most,
        "remedy": said.remedy,
    }


if __name__ == "__main__":
    command()
