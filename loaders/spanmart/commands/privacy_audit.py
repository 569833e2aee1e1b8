"""`spanmart privacy-audit`: does content that landed still hold what should have been masked?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spanmart import options
from spanmart.safe_text import one_line

if TYPE_CHECKING:
    from spanmart.redaction.audit import Audit


@click.command()
@options.landing("Where Parquet landed: a folder or a URL.")
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="How many artifacts to look at.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, help="Another number draws other artifacts."
)
@click.option(
    "--fail-above",
    type=click.FloatRange(0, 1),
    default=0.01,
    show_default=True,
    help="Fail if a larger share of the sample holds something.",
)
@click.option("--count-names", is_flag=True, help="A name of a person counts as something.")
@click.option(
    "--own-only", is_flag=True, help="Our detectors only; does without the extra `presidio`."
)
@click.option("--json", "as_json", is_flag=True, help="Say it in one line of JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    landing: Path | str,
    sample: int,
    seed: int,
    fail_above: float,
    count_names: bool,
    own_only: bool,
    as_json: bool,
) -> None:
    """Look again at a sample of the redacted content that landed.

    Our detectors run a second time, and Presidio's beside them (pip install 'spanmart[presidio]').
    Counts are shown, never text. Names of people are counted, but fail nothing unless asked for:
    without `names: presidio` in privacy.yml, nobody masks them.

    \b
    Exit codes: 0 no more than --fail-above, 1 more, 2 wrong usage
    """
    # Imported here: `spanmart --help` must not wait for polars and spaCy.
    from spanmart.redaction.audit import NothingToAudit, audit
    from spanmart.redaction.names import NamesUnavailable

    try:
        done = audit(str(landing), sample, seed, not own_only, count_names)
    except NothingToAudit as error:
        raise click.UsageError(one_line(str(error))) from error
    except NamesUnavailable as error:
        raise click.UsageError(
            f"{one_line(str(error))} (--own-only looks with our own detectors)"
        ) from error
    code = 1 if done.share > fail_above else 0
    if as_json:
        click.echo(json.dumps(_summary(done, code)))
    else:
        _print(done, fail_above, code)
    ctx.exit(code)


def _summary(done: Audit, code: int) -> dict[str, object]:
    return {
        "sampled": done.sampled,
        "affected": done.affected,
        "share": round(done.share, 6),
        "by_kind": done.by_kind,
        "found": [
            {"by": by, "entity": entity, "artifact_kind": kind, "count": count}
            for (by, entity, kind), count in sorted(done.found.items())
        ],
        "exit_code": code,
    }


def _print(done: Audit, fail_above: float, code: int) -> None:
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(done.by_kind.items()))
    click.echo(f"looked at {done.sampled} artifacts: {kinds}")
    for (by, entity, kind), count in sorted(done.found.items()):
        click.echo(f"{count:7} {entity} in {kind} ({by})")
    verdict = "more" if code else "no more"
    click.echo(
        f"{done.affected} artifacts ({done.share:.2%}) hold something that should not be there: "
        f"{verdict} than the {fail_above:.2%} that are let pass"
    )
