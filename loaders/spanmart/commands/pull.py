"""`spanmart pull`: what a vendor's API holds, into the landing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spanmart import options
from spanmart.pull import VENDORS
from spanmart.safe_text import one_line

if TYPE_CHECKING:
    from spanmart.pull.engine import PullResult, StreamResult, Watch

FAILED = 1


class Duration(click.ParamType[timedelta]):
    """How long: 30m, 6h, 2d, 1w."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = options.duration(str(value))
        if found is None:
            self.fail(f"{value!r} is no duration (30m, 6h, 2d, 1w)", param, ctx)
        return found


@click.command()
@click.argument("vendor", type=click.Choice(VENDORS))
@click.option(
    "--since",
    type=options.Moment(),
    metavar="WHEN",
    help="Where to begin with what was never read: 30m, 6h, 2d, 1w ago, or a date or time.  "
    "[default: 7d]",
)
@click.option(
    "--lookback",
    type=Duration(),
    metavar="LONG",
    default="3d",
    show_default=True,
    help="How much of what was read is read again, for what changed since: scores and reviews of "
    "Friday's traces on Monday. Nothing lands twice.",
)
@click.option(
    "--project",
    "projects",
    multiple=True,
    metavar="NAME",
    help="A project (MLflow: an experiment) by name or id; more than once for several.  "
    "[default: all]",
)
@click.option(
    "--page-rows",
    type=click.IntRange(1),
    metavar="N",
    help="Ask for fewer rows a page, where the server cannot give as many as it allows.",
)
@options.source()
@options.landing()
@options.policy()
@click.option("--dry-run", is_flag=True, help="Ask and count; land nothing, remember nothing.")
@click.option("--json", "as_json", is_flag=True, help="Say it in one line of JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    vendor: str,
    since: datetime | None,
    lookback: timedelta,
    projects: tuple[str, ...],
    page_rows: int | None,
    source: str | None,
    landing: Path | str,
    policy_file: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Land what changed at a vendor, by its API: VENDOR is langfuse, langsmith, phoenix or mlflow.

    It reads on from where the last pull ended, which the landed `pulls` table says, less the
    look-back. Pages are masked before anything is written. Where the vendor is and the secrets
    stand in the environment, by the names of the vendor's own tools: docs/pull.md.

    \b
    Examples:
      spanmart pull langfuse --since 30d                  first run, then every night the same
      spanmart pull mlflow --project support --dry-run    what would land
      spanmart pull phoenix --lookback 30d --json         weekly, for reviews that come late

    \b
    Exit codes:
      0  all read and landed   2  wrong usage, or a variable is missing
      1  it ended early: what was read is landed, the same command goes on from there
      3  landed, but some records were rejected
    """
    from spanmart.landing.commit import TooManyLanders
    from spanmart.landing.objects import UnusableLocation
    from spanmart.landing.store import CannotStore
    from spanmart.memory import keep_memory
    from spanmart.pull.engine import pull
    from spanmart.pull.errors import PullFailed
    from spanmart.redaction.masking import mask_text
    from spanmart.settings import Settings, UnusableSetting

    keep_memory()
    try:
        with _watching(vendor, quiet=as_json) as watch:
            result = pull(
                vendor,
                os.environ,
                landing=landing,
                projects=projects,
                since=since,
                lookback=lookback,
                page_rows=page_rows,
                source=source,
                settings=Settings.load(policy_file=policy_file),
                is_dry_run=dry_run,
                watch=watch,
            )
    except (PullFailed, UnusableSetting, UnusableLocation) as error:
        raise click.UsageError(one_line(mask_text(str(error)), 2000)) from error
    except (CannotStore, TooManyLanders, OSError) as error:
        said = one_line(mask_text(str(error)), 2000)
        if as_json:
            click.echo(json.dumps({"error": said, "exit_code": FAILED}))
        else:
            click.echo(f"Error: {said}", err=True)
        ctx.exit(FAILED)
    if as_json:
        click.echo(json.dumps(_summary(result)))
    else:
        _print(result)
    ctx.exit(result.exit_code)


@contextmanager
def _watching(vendor: str, quiet: bool) -> Iterator[Watch | None]:
    """How far it has come, on a terminal; elsewhere nothing is shown."""
    from rich.console import Console

    from spanmart.pull.engine import Doing

    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    if quiet or not console.is_terminal:
        yield None
        return
    with console.status(f"asking {vendor}") as status:

        def show(doing: Doing) -> None:
            what = doing.waits or f"{doing.rows:,} rows, {doing.requests:,} requests"
            status.update(one_line(f"{vendor}: {doing.what}: {what}", 120))

        yield show


def _print(result: PullResult) -> None:
    from spanmart.landing.report import print_report

    for each in result.streams:
        click.echo(_said(each))
    if result.landed.files:
        print_report(result.landed)
    elif not result.failure:
        click.echo("Nothing was there in that time.")
    retries = f", {result.retries:,} of them again" if result.retries else ""
    click.echo(
        f"{result.requests:,} requests{retries}, {result.bytes / 1e6:,.1f} MB from {result.vendor} "
        f"({one_line(result.host)})."
    )
    if result.failure:
        click.echo(f"Error: {one_line(result.failure, 2000)}", err=True)


def _said(each: StreamResult) -> str:
    begin = "first read" if each.is_first else "read"
    return (
        f"{one_line(each.stream)} of {one_line(each.project)}: {begin} from "
        f"{each.since:%Y-%m-%d %H:%M} to {each.until:%Y-%m-%d %H:%M} UTC, {each.rows:,} rows"
    )


def _summary(result: PullResult) -> dict[str, object]:
    """Keys are only ever added."""
    from spanmart.landing.report import summary

    said: dict[str, object] = {
        **summary(result.landed),
        "exit_code": result.exit_code,
        "vendor": result.vendor,
        "host": result.host,
        "requests": result.requests,
        "retries": result.retries,
        "bytes_received": result.bytes,
        "streams": [
            {
                "project": each.project,
                "stream": each.stream,
                "from": each.since.isoformat(),
                "to": each.until.isoformat(),
                "rows": each.rows,
                "is_first": each.is_first,
            }
            for each in result.streams
        ],
    }
    if result.failure:
        said["error"] = one_line(result.failure, 2000)
    return said


if __name__ == "__main__":
    command()
