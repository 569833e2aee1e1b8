"""`spanmart raw`: what one trace said before redaction, for those who hold the key; audited."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import polars as pl

from spanmart.formats._ids import trace_id as normalised
from spanmart.privacy import audit
from spanmart.privacy.landed_files import LandedFiles
from spanmart.privacy.raw_store import RawFile, RawStore
from spanmart.safe_text import one_line, printable
from spanmart.settings import DEFAULT_LANDING, UnusableSetting, raw_directory

NOT_FOUND = 4
_HEAD = ("span_id", "attribute_key", "artifact_kind", "retention_class", "landed_at")


@click.command()
@click.argument("trace_id")
@click.option(
    "--reason", required=True, help="Why you look: kept, masked, in the audit trail with the trace."
)
@click.option(
    "--landing",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="SPANMART_LANDING",
    default=DEFAULT_LANDING,
    show_default=True,
    help="The landing directory beside which the raw content lies (or SPANMART_RAW_LANDING).",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def command(ctx: click.Context, trace_id: str, reason: str, landing: Path, as_json: bool) -> None:
    """Show the raw content (tier 3) of one trace, and leave a row in the landed table `audits`.

    Needs SPANMART_RAW_KEY. There is raw content only where the privacy policy says `tiers: {raw:
    true}`, and only until its retention class ends. Exit code 4 when there is none.
    """
    wanted = normalised(trace_id)
    if not wanted:
        raise click.UsageError(f"{one_line(trace_id, 60)!r} is no trace id")
    if not reason.strip():
        raise click.UsageError("--reason must say why raw content is looked at")
    if not (landing / "loads").is_dir():
        raise click.UsageError(f"nothing has been landed in {one_line(str(landing))}")
    try:
        raw, landed = RawStore(raw_directory(landing)), LandedFiles(landing)
        rows, other_keys = _read(raw, landed.commits(), wanted)
        # Before anything is shown: a look without its row in the trail must not happen.
        act = audit.Act(landing, audit.READ_RAW, reason, trace_ids=[wanted])
        with landed.locked():
            act.record(audit.DONE, [{"raw_row_count": len(rows)}])
    except UnusableSetting as error:
        raise click.UsageError(one_line(str(error))) from error
    if other_keys:
        click.echo(
            f"Not searched: {len(other_keys):,} files that were written under another key "
            f"(id {', '.join(sorted({file.key_id for file in other_keys}))}).",
            err=True,
        )
    for row in rows:
        _show(row, as_json)
    if not rows:
        click.echo(f"Error: no raw content of trace {wanted} in {raw.root}", err=True)
        ctx.exit(NOT_FOUND)


def _read(
    raw: RawStore, commits: set[str], trace_id: str
) -> tuple[list[dict[str, Any]], list[RawFile]]:
    """The rows of the trace, each once, and the files that our key does not open."""
    files = [file for file in raw.files() if file.commit_id in commits]
    readable = [file for file in files if raw.is_readable(file)]
    if files and not readable:
        raw.require_key(files)
    found: list[dict[str, Any]] = []
    for file in readable:
        for rows in raw.rows(file):
            frame = pl.DataFrame(rows).filter(pl.col("trace_id") == trace_id)
            found += frame.to_dicts()
    by_place = {(row["record_hash"], row["attribute_key"], row["content"]): row for row in found}
    return sorted(by_place.values(), key=lambda row: (row["landed_at"], row["span_id"] or "")), [
        file for file in files if file not in readable
    ]


def _show(row: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(row, default=str))
        return
    click.echo("-- " + "  ".join(one_line(str(row[name]), 100) for name in _HEAD if row[name]))
    click.echo(printable(row["content"]))


if __name__ == "__main__":
    command()
