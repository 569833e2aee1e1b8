"""`spanmart trace`: one request, end to end, in the terminal."""

from __future__ import annotations

import os
from pathlib import Path

import click
from rich.console import Console

from spanmart import options
from spanmart.safe_text import one_line
from spanmart.trace_view.facts import ANSWERS_SHOWN, fetch, find_trace_ids, read_contents
from spanmart.trace_view.tree import draw
from spanmart.warehouse import bucket_files
from spanmart.warehouse.reading import reading

NOT_FOUND = 4
# A file or a pipe has no width of its own: wide enough for most spans on one line.
PIPE_WIDTH = 160


@click.command()
@click.argument("trace_id")
@click.option(
    "--content", is_flag=True, help="Show the (redacted) prompts, answers and payloads as well."
)
@options.warehouse()
@options.landing("Where the content lies; only --content reads it.")
@click.pass_context
def command(
    ctx: click.Context, trace_id: str, content: bool, warehouse: Path, landing: Path | str
) -> None:
    """Show one request: its stages with times, tokens and cost, retrieval, prompt, tools, feedback
    and failure tags.

    TRACE_ID may be the first characters of the id. Exit code 4 when there is no such trace.
    """
    with reading(warehouse) as connection:
        found = find_trace_ids(connection, trace_id.strip().lower())
        if not found:
            click.echo(
                f"Error: no trace in {warehouse} begins with {one_line(trace_id)!r}", err=True
            )
            ctx.exit(NOT_FOUND)
        if len(found) > 1:
            shown = "".join(f"\n  {one_line(each)}" for each in found[:ANSWERS_SHOWN])
            more = "\n  and more" if len(found) > ANSWERS_SHOWN else ""
            raise click.UsageError(
                f"several traces begin with {one_line(trace_id)!r}:{shown}{more}"
            )
        trace = fetch(connection, found[0])
    if content:
        artifact_ids = [row["artifact_id"] for row in trace.artifacts]
        if isinstance(landing, Path):
            trace.contents = read_contents(landing, artifact_ids)
        else:
            trace.contents = bucket_files.read_contents(landing, artifact_ids)
    console = Console(
        width=None if os.isatty(1) else PIPE_WIDTH, highlight=False, emoji=False, markup=False
    )
    console.print(draw(trace))
