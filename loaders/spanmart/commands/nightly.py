"""`spanmart nightly`: everything a night needs, one summary at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import click
from filelock import FileLock, Timeout

from spanmart import options
from spanmart.commands.check import report_of
from spanmart.steps import run_command
from spanmart.warehouse.dbt import run_dbt
from spanmart.warehouse.publish import next_warehouse, publish

SOME_REJECTED = 3


@dataclass
class Done:
    """A step that has run: what came of it."""

    name: str
    code: int
    seconds: float
    remark: str = ""


@click.command()
@click.argument("paths", nargs=-1, required=True)
@options.source()
@options.export_format()
@options.landing()
@options.policy()
@options.warehouse("The DuckDB file to bring up to date.")
@click.option(
    "--vars",
    "dbt_vars",
    help="Passed to dbt: settings as YAML, e.g. 'reporting_timezone: Europe/Berlin'.",
)
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    source: str | None,
    export_format: str | None,
    landing: Path | str,
    policy_file: Path | None,
    warehouse: Path,
    dbt_vars: str | None,
) -> None:
    """Land PATHS, check, build, publish: one night's work.

    A critical expectation of `spanmart check` that what landed does not meet stops the night before
    the build, and the report says what to do. The same records are checked again the next night.
    What lands in object storage is not checked: a check reads a landing folder.

    The build goes into a copy of the warehouse, which takes the place of the old one only when
    every test of error severity has passed: readers keep a whole warehouse throughout. Rejected
    records (exit code 3 of `land`) do not stop the night; any other failure does, and its exit code
    is this command's.
    """
    landing = landing.resolve() if isinstance(landing, Path) else landing
    warehouse = warehouse.resolve()
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    land_options = [
        *_option("--source", source),
        *_option("--format", export_format),
        *_option("--policy", None if policy_file is None else str(policy_file)),
    ]
    places = {"SPANMART_LANDING": str(landing), "SPANMART_WAREHOUSE": str(warehouse)}

    def build_and_publish(done: list[Done]) -> None:
        building = next_warehouse(warehouse)
        settings = {**places, "SPANMART_WAREHOUSE": str(building)}
        # Unit tests are about the code, which has not changed since it was tested.
        build = ["build", "--exclude-resource-type", "unit_test", *_option("--vars", dbt_vars)]
        done.append(_timed("build", lambda: run_dbt(build, settings)))
        if done[-1].code == 0:
            done.append(_timed("publish", lambda: publish(building, warehouse)))
        else:
            done[-1].remark = f"not published; what was built is in {building}"

    done: list[Done] = []
    try:
        # Two nights at once would build into the same copy.
        with FileLock(str(warehouse) + ".nightly.lock", timeout=0):
            land = ["--landing", str(landing), *land_options, "--", *paths]
            done.append(_timed("land", lambda: run_command("land", land, places)))
            if done[-1].code == SOME_REJECTED:
                done[-1].remark = "some records were rejected: they are in the rejects table"
            if done[-1].code in (0, SOME_REJECTED):
                done.append(_check(landing, places))
                if done[-1].code == 0:
                    build_and_publish(done)
    except Timeout as held:
        raise click.ClickException(f"another nightly run is at work on {warehouse}") from held
    code = next((step.code for step in done if step.code), 0)
    _summarise(done, warehouse)
    ctx.exit(code)


def _check(landing: Path | str, settings: Mapping[str, str]) -> Done:
    if isinstance(landing, str):
        return Done("check", 0, 0.0, "left out: it reads a landing folder, not object storage")
    done = _timed("check", lambda: run_command("check", ["--landing", str(landing)], settings))
    if done.code == 1:
        done.remark = f"nothing was built; what to do: {report_of(landing)}"
    elif done.code:
        done.remark = "nothing was built"
    return done


def _option(name: str, value: str | None) -> list[str]:
    return [] if value is None else [name, value]


def _timed(name: str, step: Callable[[], int | None]) -> Done:
    click.echo(f"\n-- {name}")
    began = time.monotonic()
    code = step() or 0
    return Done(name, code, time.monotonic() - began)


def _summarise(done: list[Done], warehouse: Path) -> None:
    click.echo("\nspanmart nightly")
    for step in done:
        outcome = "ok" if step.code == 0 else f"exit {step.code}"
        click.echo(f"  {step.name:<8} {outcome:<8} {step.seconds:7.1f} s  {step.remark}".rstrip())
    if done and done[-1].name == "publish" and done[-1].code == 0:
        click.echo(f"  {warehouse} is up to date")
    else:
        click.echo(f"  {warehouse} is as it was before")
