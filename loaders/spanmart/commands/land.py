"""`spanmart land`: export files to Parquet, and an account of every record."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from spanmart import formats
from spanmart.landing import FileResult, LandResult, land
from spanmart.landing.engine import EMPTY, LANDED, SKIPPED, UNREADABLE
from spanmart.safe_text import one_line
from spanmart.settings import UnusableSetting

# Wide enough for a path on one line when the output is a file or a pipe, which has no width of its
# own.
_PIPE_WIDTH = 160
# Files of a folder that are no exports are common (notes, manifests): a few names say which kind.
_NAMES_SHOWN = 5


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--source", help="What to call where the files come from, in the `source` column.")
@click.option(
    "--format", "format_name", help=f"Do not detect the format: {', '.join(formats.names())}."
)
@click.option(
    "--landing",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="SPANMART_LANDING",
    default=Path("landing"),
    show_default=True,
    help="Where Parquet lands.",
)
@click.option("--json", "as_json", is_flag=True, help="Say it in one line of JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    source: str | None,
    format_name: str | None,
    landing: Path,
    as_json: bool,
) -> None:
    """Land export files, folders or globs as Parquet.

    What a file is (OTLP traces and logs as JSON, JSON Lines or protobuf, feedback as JSON Lines or
    CSV; plain, gzip or zstd) shows in its content. Content is masked before anything is written. It
    is safe to run twice, to interrupt, and to run beside another.

    \b
    Exit codes: 0 all landed, 3 some records were rejected, 1 nothing could be read, 2 wrong usage
    """
    try:
        result = _land(paths, source, format_name, landing, quiet=as_json)
    except (FileNotFoundError, formats.UnknownFormat, UnusableSetting) as error:
        raise click.UsageError(one_line(str(error))) from error
    if as_json:
        click.echo(json.dumps(_summary(result)))
    else:
        _print(result)
    ctx.exit(result.exit_code)


def _land(
    paths: tuple[str, ...], source: str | None, format_name: str | None, landing: Path, quiet: bool
) -> LandResult:
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=quiet or not console.is_terminal
    ) as bar:
        tasks: dict[Path, object] = {}

        def progress(path: Path, done: int, size: int) -> None:
            if path not in tasks:
                tasks[path] = bar.add_task(one_line(path.name, 40), total=size)
            bar.update(tasks[path], completed=done)  # type: ignore[arg-type]

        return land(paths, landing=landing, source=source, format=format_name, progress=progress)


def _print(result: LandResult) -> None:
    console = Console(
        width=None if Console().is_terminal else _PIPE_WIDTH,
        highlight=False,
        emoji=False,
        markup=False,
    )
    if result.key_made_at:
        console.print(
            f"Made the secret of the keyed hashes: {result.key_made_at} (mode 0600). "
            "Keep it: with another one the same user gets another hash. Or set SPANMART_HASH_KEY."
        )
    shown = [each for each in result.files if each.is_named or each.status in (LANDED, SKIPPED)]
    if shown:
        console.print(_table(result, shown))
    other = [each for each in result.files if each not in shown and each.status == UNREADABLE]
    if other:
        names = ", ".join(one_line(each.path.name, 60) for each in other[:_NAMES_SHOWN])
        more = ", …" if len(other) > _NAMES_SHOWN else ""
        console.print(f"Not exports, left alone: {len(other)} ({names}{more})")
    for line in _rejected(result):
        console.print(line)
    console.print(_next_step(result))


def _table(result: LandResult, shown: list[FileResult]) -> Table:
    table = Table(box=None, pad_edge=False, show_footer=len(shown) > 1)
    table.add_column("file", footer="total", overflow="fold")
    for name in ("read", "landed", "duplicate", "rejected"):
        table.add_column(name, justify="right", footer=f"{result.total(f'records_{name}'):,}")
    table.add_column("", overflow="fold")
    for each in shown:
        counts = ["", "", "", ""]
        if each.load and each.status == LANDED:
            load = each.load
            numbers = (
                load.records_read,
                load.records_landed,
                load.records_duplicate,
                load.records_rejected,
            )
            counts = [f"{number:,}" for number in numbers]
        note = each.note if each.status == LANDED else f"{each.status}: {each.note}"
        table.add_row(one_line(each.path.as_posix()), *counts, one_line(note))
    return table


def _rejected(result: LandResult) -> list[str]:
    """Every file with rejects: how many for which reason, and where the first stands."""
    lines = []
    for each in result.of_status(LANDED):
        if each.load is None or not each.load.rejects:
            continue
        first = {reject.reason: reject for reject in reversed(each.load.rejects)}
        for reason, count in Counter(reject.reason for reject in each.load.rejects).items():
            lines.append(
                f"Rejected in {one_line(each.path.as_posix())}: {count:,} x {reason.code}, "
                f"first at record {first[reason].record_number}. {reason.value}"
            )
    return lines


def _next_step(result: LandResult) -> str:
    landed = result.total("records_landed")
    where = one_line(str(result.landing))
    if landed:
        rejected = result.total("records_rejected")
        more = f" The rejects are in {where}/rejects." if rejected else ""
        return f"{landed:,} new records in {where}.{more} Next: dbt build"
    if result.exit_code == 1:
        known = ", ".join(formats.names())
        return (
            f"Nothing could be read. Known formats: {known}. "
            "Name one with --format if detection is wrong."
        )
    if result.of_status(SKIPPED) or result.of_status(LANDED):
        return "Nothing new: all of it is landed already."
    return "Nothing to land: " + (
        "the files are empty." if result.of_status(EMPTY) else "no export found."
    )


def _summary(result: LandResult) -> dict[str, object]:
    names = ("read", "landed", "duplicate", "rejected")
    return {
        **{name: result.total(f"records_{name}") for name in names},
        "exit_code": result.exit_code,
        "landing": str(result.landing),
        "files": [
            {
                "file": each.path.as_posix(),
                "status": each.status,
                **({"note": each.note} if each.note else {}),
                **(
                    {
                        "format": each.load.source_format,
                        "load_id": each.load.load_id,
                        **{name: getattr(each.load, f"records_{name}") for name in names},
                        "reasons": dict(Counter(r.reason.code for r in each.load.rejects)),
                    }
                    if each.load
                    else {}
                ),
            }
            for each in result.files
        ],
    }


if __name__ == "__main__":
    command()
