"""`spanmart demo`: the whole road on shipped data, in a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import Counter
from pathlib import Path

import click
from rich.console import Console

from spanmart.headlines import print_headlines, say_where_next, worth_a_look
from spanmart.safe_text import one_line
from spanmart.steps import ask_command, run_command
from spanmart.warehouse.dbt import project_dir, run_dbt
from spanmart.warehouse.reading import reading

# A file or a pipe has no width of its own: wide enough for the widest headline.
PIPE_WIDTH = 150
OVER_BUDGET_SHOWN = 10


@click.command()
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="Folder of the demo; your own landing/ and warehouse/ are left alone.",
)
@click.option("--unit-tests", is_flag=True, help="Run the dbt unit tests as well.")
@click.option("--no-headlines", is_flag=True, help="Build only, print no marts.")
def command(folder: Path, unit_tests: bool, no_headlines: bool) -> None:
    """Land the shipped exports and 40 days of demo traffic, build, and show the headline marts.

    Run again it lands nothing and only looks. The folder may be deleted at any time.
    """
    began = time.monotonic()
    examples = Path(os.path.relpath(project_dir() / "examples"))
    warehouse, landing = folder / "warehouse" / "spanmart.duckdb", folder / "landing"
    places = {
        "SPANMART_LANDING": str(landing.resolve()),
        "SPANMART_WAREHOUSE": str(warehouse.resolve()),
    }

    _say("1 of 4: traffic with planted incidents, as an instrumented app would export it")
    _must_work(
        "demo-traffic", run_command("demo-traffic", ["--out", str(folder / "traffic")], places)
    )
    _start_afresh_if_the_traffic_changed(folder)

    _say("2 of 4: land the exports in examples/, then the traffic")
    variables = examples / "vars.yml"
    into = ["--landing", str(landing)]
    exports = str(examples / "exports")
    _must_work("land", run_command("land", ["--source", "examples", *into, exports], places))
    _land_traffic(
        [*into, str(folder / "traffic" / "traces"), str(folder / "traffic" / "feedback")], places
    )

    _say("3 of 4: dbt build, every data test with it")
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    _build(folder, variables, places, unit_tests)

    if not no_headlines:
        _say("4 of 4: the headline marts")
        _show(warehouse, landing, folder)
    click.echo(f"\ndone in {time.monotonic() - began:.0f} s")


def _start_afresh_if_the_traffic_changed(folder: Path) -> None:
    """A newer version makes other traffic: beside the old, every request would be there twice."""
    made = json.loads((folder / "traffic" / "manifest.json").read_text())["settings"]
    mark = folder / "made_from.json"
    if mark.exists() and json.loads(mark.read_text()) != made:
        click.echo("the demo's traffic has changed since the last time: landing it afresh")
        for part in ("landing", "warehouse"):
            shutil.rmtree(folder / part, ignore_errors=True)
    mark.write_text(json.dumps(made))


def _land_traffic(arguments: list[str], places: dict[str, str]) -> None:
    """Some ninety files: a line says more than their table."""
    code, said = ask_command("land", ["--source", "demo", "--json", *arguments], places)
    _must_work("land", code)
    landed = json.loads(said)
    click.echo(
        f"traffic: {len(landed['files'])} files, {landed['read']:,} records read, "
        f"{landed['landed']:,} landed, {landed['duplicate']:,} duplicate, "
        f"{landed['rejected']:,} rejected"
        + ("" if landed["read"] else " (all of it is landed already)")
    )


def _build(folder: Path, variables: Path, places: dict[str, str], unit_tests: bool) -> None:
    target = folder.resolve() / "target"
    arguments = ["--quiet", "build", "--target-path", str(target)]
    arguments += ["--log-path", str(folder.resolve() / "logs")]
    arguments += ["--vars", variables.read_text()]
    if not unit_tests:
        arguments += ["--exclude-resource-type", "unit_test"]
    code = run_dbt(arguments, places)
    _say_what_dbt_did(target / "run_results.json")
    if code:
        raise click.ClickException(f"dbt build failed; its log is {folder / 'logs' / 'dbt.log'}")


def _say_what_dbt_did(results: Path) -> None:
    if not results.exists():
        return
    ran = json.loads(results.read_text())["results"]
    statuses = Counter((each["unique_id"].split(".")[0], each["status"]) for each in ran)
    click.echo(
        "dbt: "
        + ", ".join(
            f"{number} {kind}{'s' if number > 1 else ''} {status}"
            for (kind, status), number in sorted(statuses.items())
        )
    )
    warned = [each for each in ran if each["status"] == "warn"]
    for each in warned[:OVER_BUDGET_SHOWN]:
        name = each["unique_id"].split(".")[2]
        click.echo(f"  warned: {one_line(name)} ({each['failures']} rows)")
    if len(warned) > OVER_BUDGET_SHOWN:
        click.echo(f"  and {len(warned) - OVER_BUDGET_SHOWN} more")


def _show(warehouse: Path, landing: Path, folder: Path) -> None:
    width = None if os.isatty(1) else PIPE_WIDTH
    console = Console(width=width, highlight=False, emoji=False, markup=False)
    with reading(warehouse) as connection:
        print_headlines(connection, console)
        trace_id = worth_a_look(connection)
    say_where_next(
        console,
        trace_id,
        warehouse,
        landing,
        {
            "what was planted": str(folder / "traffic" / "manifest.json"),
            "the marts and their columns": "README.md, models/marts/",
            "spans of your own app": "docs/instrumentation.md, then spanmart nightly EXPORTS",
        },
    )


def _must_work(name: str, code: int) -> None:
    if code:
        raise click.ClickException(f"spanmart {name} ended with exit code {code}")


def _say(line: str) -> None:
    click.echo(f"\n== {line}")
