"""`spanmart land`: export files to Parquet, and an account of every record."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path

import click

from spanmart import formats, options
from spanmart.landing import LandResult, land
from spanmart.landing.commit import TooManyLanders
from spanmart.landing.objects import UnusableLocation
from spanmart.landing.report import print_report, summary
from spanmart.landing.store import CannotStore
from spanmart.landing.terminal import progress_bar
from spanmart.memory import keep_memory
from spanmart.redaction.masking import mask_text
from spanmart.safe_text import one_line
from spanmart.settings import Settings, UnusableSetting

FAILED = 1


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@options.source()
@options.export_format()
@options.landing()
@options.since()
@options.policy()
@click.option(
    "--dry-run", is_flag=True, help="Say what would land and what would be rejected; write nothing."
)
@click.option("--json", "as_json", is_flag=True, help="Say it in one line of JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    source: str | None,
    export_format: str | None,
    landing: Path | str,
    since: datetime | None,
    policy_file: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Land export files as Parquet. A PATH is a file, a folder, a glob, or the same in object
    storage (s3://, gs://, az://).

    What a file is (OTLP traces and logs as JSON, JSON Lines or protobuf, feedback as JSON Lines or
    CSV; plain, gzip or zstd) shows in its content. Content is masked before anything is written.

    Every record lands once: it is safe to run this twice, to interrupt it, to run it beside
    another, and to land files that are still being written.

    \b
    Examples:
      spanmart land exports/                        all that is new in a folder
      spanmart land 'exports/*.jsonl.gz' --dry-run  what would land, and what would not
      spanmart land s3://bucket/traces/ --since 2d --landing s3://bucket/landing --json

    \b
    Exit codes:
      0  all landed, or was landed already
      1  nothing could be read, or the landing place could not be written to
      2  wrong usage
      3  landed, but some records were rejected or a named file could not be read
    """
    keep_memory()
    show = nullcontext() if as_json else progress_bar()
    try:
        with show as progress:
            result: LandResult = land(
                paths,
                landing=landing,
                source=source,
                format=export_format,
                since=since,
                settings=Settings.load(policy_file=policy_file),
                is_dry_run=dry_run,
                progress=progress,
            )
    except (FileNotFoundError, formats.UnknownFormat, UnusableSetting, UnusableLocation) as error:
        raise click.UsageError(one_line(mask_text(str(error)))) from error
    except (CannotStore, TooManyLanders, OSError) as error:
        if as_json:
            said = {"error": one_line(mask_text(str(error)), 2000), "exit_code": FAILED}
            click.echo(json.dumps(said))
        else:
            click.echo(f"Error: {one_line(mask_text(str(error)), 2000)}", err=True)
        ctx.exit(FAILED)
    if as_json:
        click.echo(json.dumps(summary(result)))
    else:
        print_report(result)
    ctx.exit(result.exit_code)


if __name__ == "__main__":
    command()
