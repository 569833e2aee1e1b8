"""spanmart demo-traffic: made-up support-copilot traffic with planted incidents."""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from spanmart.demo.generate import MANIFEST, NotOurs, Settings, generate


@click.command(short_help="Write made-up traffic with planted incidents, to try things on.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo/traffic"),
    show_default=True,
    help="Folder to fill; an older run of this command in it is replaced.",
)
@click.option("--days", type=click.IntRange(1, 400), default=Settings.days, show_default=True)
@click.option("--seed", type=int, default=Settings.seed, show_default=True)
@click.option(
    "--requests-per-day",
    type=click.IntRange(1, 100_000),
    default=Settings.requests_per_day,
    show_default=True,
)
def command(out: Path, days: int, seed: int, requests_per_day: int) -> None:
    """Write forty days of support-copilot traffic: spans as OTLP, feedback as JSON Lines and CSV.

    The same seed gives the same bytes. What was planted, and what the marts should say of it, is in
    manifest.json. Land it with `spanmart land OUT/traces OUT/feedback`.
    """
    settings = Settings(days=days, seed=seed, requests_per_day=requests_per_day)
    try:
        is_new = generate(out, settings)
    except NotOurs as error:
        raise click.UsageError(str(error)) from error
    truth = orjson.loads((out / MANIFEST).read_bytes())
    totals = truth["totals"]
    click.echo(
        f"{out}: {totals['requests']:,} requests, {totals['spans']:,} spans, "
        f"{totals['feedback_events']:,} feedback events, "
        f"{truth['first_day']} to {truth['last_day']}" + ("" if is_new else " (already there)")
    )
    for incident in truth["incidents"]:
        window = incident["window"]
        dates = f"{window['first_day']} to {window['last_day']}"
        click.echo(f"  {dates}  {incident['name']}: {incident['what']}")
