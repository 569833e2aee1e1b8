"""`spanmart retention`: deletes what has expired, or what a data-subject request names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from spanmart import options
from spanmart.formats._ids import trace_id as normalised
from spanmart.privacy.erasing import Outcome, Request, erase, expire
from spanmart.privacy.landed_files import LandedFiles
from spanmart.privacy.plan import SUBJECT_REQUEST
from spanmart.privacy.raw_store import RawStore
from spanmart.privacy.side_tables import publish_classes
from spanmart.redaction.identity import Identities
from spanmart.safe_text import one_line
from spanmart.settings import (
    UnusableSetting,
    existing_hash_key,
    hash_key_file,
    privacy_policy,
    raw_directory,
)

NOT_FOUND = 4
_HASH = re.compile(r"h1_[0-9a-f]{32}")
_PIPE_WIDTH = 160


@click.command()
@options.landing("The landing directory.")
@options.policy()
@click.option("--dry-run", is_flag=True, help="Say what would go, and write nothing.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Judge expiry as of the beginning of this day, UTC, instead of now.",
)
@click.option(
    "--user",
    "users",
    multiple=True,
    help="Delete the content of this person: the id as producers send it, its hash (h1_…), or - to "
    "read ids from standard input, which no shell history keeps.",
)
@click.option("--trace", "traces", multiple=True, help="Delete the content of this trace.")
@click.option("--reason", default="", help="Kept, masked, in the audit trail: a ticket's number.")
@click.pass_context
def command(
    ctx: click.Context,
    landing: Path | str,
    policy_file: Path | None,
    dry_run: bool,
    as_of: datetime | None,
    users: tuple[str, ...],
    traces: tuple[str, ...],
    reason: str,
) -> None:
    """Delete content that has outlived its retention class.

    With --user or --trace, delete what those name instead, whatever its class: redacted content,
    raw content, comments and excerpts of rejected records. Spans, numbers and marts stay as they
    are. Both leave a row in the landed table `audits`.

    \b
    Exit codes: 0 done, 4 nothing names that person or trace, 2 wrong usage
    """
    root = _existing(str(landing))
    try:
        if users or traces:
            if as_of is not None:
                raise click.UsageError("--as-of judges expiry; a request deletes whatever its age")
            request = Request(tuple(_hashes(users, root)), tuple(_trace_ids(traces)))
            outcome = erase(root, RawStore(raw_directory(root)), request, reason, dry_run)
        else:
            policy = privacy_policy(given=policy_file)
            when = _time(as_of, dry_run)
            outcome = expire(root, RawStore(raw_directory(root)), policy, when, reason, dry_run)
            if not dry_run:
                with LandedFiles(root).locked():
                    publish_classes(root, policy)
    except UnusableSetting as error:
        raise click.UsageError(one_line(str(error))) from error
    _print(outcome, root, dry_run)
    is_unknown = outcome.found.reason == SUBJECT_REQUEST and _is_unknown(outcome)
    ctx.exit(NOT_FOUND if is_unknown else 0)


def _existing(landing: str) -> Path:
    if "://" in landing:
        raise click.UsageError(
            f"{one_line(landing)}: retention works on a local landing directory. In object storage "
            "let the bucket's own lifecycle rules expire objects, or bring the landing here, run "
            "this, and put it back while nothing lands"
        )
    root = Path(landing)
    if not (root / "loads").is_dir():
        raise click.UsageError(
            f"nothing has been landed in {one_line(landing)}: name the landing directory with "
            "--landing or SPANMART_LANDING"
        )
    return root


def _hashes(users: Iterable[str], landing: Path) -> Iterator[str]:
    for user in _given(users):
        if _HASH.fullmatch(user):
            yield user
            continue
        key = existing_hash_key(landing)
        if key is None:
            raise click.UsageError(
                "a user's id can only be recognised with the key of the keyed hashes: set "
                f"SPANMART_HASH_KEY, bring back {hash_key_file(landing)}, or give the hash (h1_…)"
            )
        yield Identities(key.secret).hashed(user)


def _given(users: Iterable[str]) -> Iterator[str]:
    for user in users:
        lines = click.get_text_stream("stdin").read().splitlines() if user == "-" else [user]
        texts = [line.strip() for line in lines if line.strip()]
        if not texts:
            raise click.UsageError("--user: no id was given")
        yield from texts


def _trace_ids(traces: Iterable[str]) -> Iterator[str]:
    for text in traces:
        found = normalised(text)
        if not found:
            raise click.UsageError(
                f"--trace {one_line(text, 60)!r} is no trace id: 32 hex digits, a UUID, or the "
                "base64 of OTLP JSON"
            )
        yield found


def _time(as_of: datetime | None, is_dry_run: bool) -> datetime:
    now = datetime.now(UTC).replace(tzinfo=None)
    if as_of is not None and as_of > now and not is_dry_run:
        raise click.UsageError(
            f"--as-of {as_of.date()} lies ahead: what has not expired is not deleted. With "
            "--dry-run it shows what will have expired by then"
        )
    return as_of or now


def _print(outcome: Outcome, landing: Path, is_dry_run: bool) -> None:
    is_terminal = Console().is_terminal
    console = Console(
        width=None if is_terminal else _PIPE_WIDTH, highlight=False, emoji=False, markup=False
    )
    verb = "would be deleted" if is_dry_run else "deleted"
    found = outcome.found
    names = sorted({each.retention_class for each in found.groups} | set(outcome.raw_files))
    if names:
        console.print(_table(outcome, names))
    if found.reason == SUBJECT_REQUEST and _is_unknown(outcome):
        console.print("Nothing that has landed names that person or trace.")
    else:
        console.print(f"{_sentence(outcome)} {verb}.")
    if outcome.raw_debris:
        console.print(f"{_many(outcome.raw_debris, 'file')} of unfinished landings {verb} as well.")
    if found.shared:
        console.print(
            f"{_many(found.shared, 'artifact')} left: traces that were not named have the same "
            "content."
        )
    console.print(_next_step(outcome, landing, is_dry_run))


def _table(outcome: Outcome, names: list[str]) -> Table:
    groups = {each.retention_class: each for each in outcome.found.groups}
    table = Table(box=None, pad_edge=False)
    table.add_column("class")
    for heading in ("artifacts", "content", "landed first", "raw files"):
        table.add_column(heading, justify="right")
    for name in names:
        group = groups.get(name)
        table.add_row(
            one_line(name),
            f"{group.artifacts:,}" if group else "",
            _size(group.bytes) if group else "",
            f"{group.landed_first:%Y-%m-%d}" if group and group.landed_first else "",
            f"{outcome.raw_files[name]:,}" if outcome.raw_files[name] else "",
        )
    return table


def _next_step(outcome: Outcome, landing: Path, is_dry_run: bool) -> str:
    if is_dry_run:
        return "Nothing was written. The same without --dry-run deletes it."
    if outcome.audit_id is None:
        return "Nothing has expired."
    return (
        f"Audit {outcome.audit_id} in {one_line(str(landing))}/audits. The warehouse holds no "
        "content and needs no build; backups of the landing directory are yours to clean."
    )


def _sentence(outcome: Outcome) -> str:
    found = outcome.found
    parts = [
        f"content of {_many(found.artifacts, 'artifact')} ({_size(found.bytes)})",
        f"{_many(found.rejects, 'excerpt')} of rejected records",
    ]
    if found.reason == SUBJECT_REQUEST:
        parts.append(f"{_many(outcome.raw_rows, 'row')} of raw content")
        return f"in {_many(found.traces, 'trace')}: {', '.join(parts)}"
    return ", ".join([*parts, f"{_many(sum(outcome.raw_files.values()), 'file')} of raw content"])


def _is_unknown(outcome: Outcome) -> bool:
    return outcome.is_nothing and not outcome.found.traces and not outcome.found.shared


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{size:,.0f} {unit}" if unit == "B" else f"{size:,.1f} {unit}"


if __name__ == "__main__":
    command()
