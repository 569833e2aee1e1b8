"""`spanmart prices`: keep the shipped price seeds up to date."""

from datetime import UTC, datetime
from pathlib import Path

import click

from spanmart.prices.refresh import refresh

SHOWN = 10


@click.group(name="prices")
def command() -> None:
    """Prices of model calls: where they come from and what changed."""


@command.command(name="refresh")
@click.option(
    "--seeds",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("seeds/prices"),
    show_default=True,
    help="Folder of the price seeds.",
)
@click.option(
    "--on",
    "on",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    help="Day (UTC) on which undated price changes take effect. [default: today]",
)
def refresh_command(seeds: Path, on: datetime | None) -> None:
    """Bring the price seeds up to the installed genai-prices package.

    A price in the seed is never overwritten: a changed one ends, and a new dated row follows it.
    For newer prices, upgrade the package first.
    """
    today = (on or datetime.now(UTC)).date()
    done = refresh(seeds, today)
    click.echo(f"genai-prices {done.source_version}: {done.row_count} price rows in {seeds}")
    for label, keys in (
        ("new", done.changes.added),
        ("changed", done.changes.changed),
        ("gone upstream, kept", done.changes.kept_though_gone),
    ):
        click.echo(f"{len(keys):6} price lists {label}")
        for key in keys[:SHOWN] if label != "new" else []:
            click.echo(f"         {key.provider_id} {key.model_id} {key.price_context}".rstrip())
        if label != "new" and len(keys) > SHOWN:
            click.echo(f"         and {len(keys) - SHOWN} more")
    click.echo(
        "rewrote " + ", ".join(done.changed_files) if done.changed_files else "nothing changed"
    )
