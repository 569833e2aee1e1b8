"""Options that several commands have, so that they are called and mean the same everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from spanmart import formats
from spanmart.landing.objects import is_url
from spanmart.settings import DEFAULT_LANDING, DEFAULT_WAREHOUSE

Option = Callable[[Callable[..., Any]], Callable[..., Any]]

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(\d{1,6})\s*([mhdw])", re.IGNORECASE)


def duration(text: str) -> timedelta | None:
    """`30m`, `6h`, `2d`, `1w`; None for any other text."""
    found = _DURATION.fullmatch(text.strip())
    return timedelta(**{_UNITS[found[2].lower()]: int(found[1])}) if found else None


class LandingPlace(click.ParamType[Path | str]):
    """A folder (as `Path`) or a URL of object storage (as text: a `Path` would lose a slash)."""

    name = "directory or url"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path | str:
        if isinstance(value, Path):
            return value
        if is_url(str(value)):
            return str(value)
        path = Path(str(value))
        if path.exists() and not path.is_dir():
            self.fail(f"{value} is a file; name a folder or a URL", param, ctx)
        return path


class Moment(click.ParamType[datetime]):
    """A date, a time, or how long ago: always a time in UTC."""

    name = "time or duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        if (ago := duration(text)) is not None:
            return datetime.now(UTC) - ago
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail(
                f"{text!r} is neither a duration (30m, 6h, 2d, 1w) nor a date or time "
                "(2026-11-20, 2026-11-20T06:00, 2026-11-20T06:00+02:00)",
                param,
                ctx,
            )
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def landing(
    text: str = "Where Parquet lands: a folder, or s3://, gs:// or az:// and a prefix.",
) -> Option:
    return click.option(
        "--landing",
        type=LandingPlace(),
        envvar="SPANMART_LANDING",
        default=DEFAULT_LANDING,
        show_default=True,
        metavar="PLACE",
        help=text,
    )


def warehouse(text: str = "The DuckDB file that dbt built.") -> Option:
    return click.option(
        "--warehouse",
        type=click.Path(path_type=Path),
        envvar="SPANMART_WAREHOUSE",
        default=DEFAULT_WAREHOUSE,
        show_default=True,
        help=text,
    )


def policy() -> Option:
    return click.option(
        "--policy",
        "policy_file",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="The privacy policy, instead of SPANMART_PRIVACY or the project's privacy.yml.",
    )


def source() -> Option:
    return click.option(
        "--source", help="What to call where the files come from, in the `source` column."
    )


def export_format() -> Option:
    known = ", ".join(formats.names())
    return click.option(
        "--format",
        "export_format",
        metavar="NAME",
        help=f"Do not detect the format: {known}, or the dotted path of a module of yours.",
    )


def since() -> Option:
    return click.option(
        "--since",
        type=Moment(),
        metavar="WHEN",
        help="Only files modified since: 30m, 6h, 2d, 1w ago, or a date or time (UTC unless it "
        "says otherwise). Let runs overlap: nothing lands twice.",
    )
