"""What a run has done, for a person and for a scheduler."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.table import Table

from spanmart import formats
from spanmart.landing.limits import CUT_VALUES, DROPPED_ATTRIBUTES, DROPPED_EVENTS, DROPPED_LINKS
from spanmart.landing.results import (
    EMPTY,
    LANDED,
    SKIPPED,
    UNREADABLE,
    FileResult,
    LandResult,
)
from spanmart.safe_text import one_line

# Wide enough for a path on one line when the output is a file or a pipe, which has no width of its
# own.
_PIPE_WIDTH = 160
# Files of a folder that are no exports are common (notes, manifests): a few names say which kind.
_NAMES_SHOWN = 5
_COUNTS = ("read", "landed", "duplicate", "rejected")
# What hitting a bound on one record did, for one and for more.
_LIMITS = {
    CUT_VALUES: ("value cut", "values cut"),
    DROPPED_ATTRIBUTES: ("attribute dropped", "attributes dropped"),
    DROPPED_EVENTS: ("event dropped", "events dropped"),
    DROPPED_LINKS: ("link dropped", "links dropped"),
}


def print_report(result: LandResult) -> None:
    console = Console(
        width=None if Console().is_terminal else _PIPE_WIDTH,
        highlight=False,
        emoji=False,
        markup=False,
    )
    if result.key_made_at:
        console.print(
            f"Made the secret of the keyed hashes: {one_line(str(result.key_made_at))} (mode 0600)."
            " Keep it: with another one the same user gets another hash. Or set SPANMART_HASH_KEY."
        )
    shown = [each for each in result.files if each.is_named or each.status in (LANDED, SKIPPED)]
    if shown:
        console.print(_table(result, shown))
    other = [each for each in result.files if each not in shown and each.status == UNREADABLE]
    if other:
        names = ", ".join(
            one_line(each.name.rpartition("/")[2], 60) for each in other[:_NAMES_SHOWN]
        )
        more = ", …" if len(other) > _NAMES_SHOWN else ""
        console.print(f"Not exports, left alone: {len(other)} ({names}{more})")
    for line in (*_rejected(result), *_limited(result)):
        console.print(line)
    console.print(_next_step(result))


def summary(result: LandResult) -> dict[str, object]:
    """For `--json`. Keys are only ever added."""
    return {
        **{name: result.total(f"records_{name}") for name in _COUNTS},
        "exit_code": result.exit_code,
        "landing": result.landing,
        "dry_run": result.is_dry_run,
        "seconds": round(result.seconds, 3),
        "bytes": sum(each.load.bytes for each in result.of_status(LANDED) if each.load),
        "limits": _limits(result.limits),
        "files": [_of_file(each) for each in result.files],
    }


def _of_file(each: FileResult) -> dict[str, object]:
    said: dict[str, object] = {"file": each.name, "status": each.status}
    if each.note:
        said["note"] = each.note
    if each.load:
        said["format"] = each.load.source_format
        said["load_id"] = each.load.load_id
        said |= {name: getattr(each.load, f"records_{name}") for name in _COUNTS}
        said["reasons"] = dict(Counter(reject.reason.code for reject in each.load.rejects))
        said["limits"] = _limits(each.load.limits)
    return said


def _table(result: LandResult, shown: list[FileResult]) -> Table:
    table = Table(box=None, pad_edge=False, show_footer=len(shown) > 1)
    table.add_column("file", footer="total", overflow="fold")
    for name in _COUNTS:
        heading = "would land" if result.is_dry_run and name == "landed" else name
        table.add_column(heading, justify="right", footer=f"{result.total(f'records_{name}'):,}")
    table.add_column("", overflow="fold")
    for each in shown:
        counts = ["", "", "", ""]
        if each.load and each.status == LANDED:
            counts = [f"{getattr(each.load, f'records_{name}'):,}" for name in _COUNTS]
        note = each.note if each.status == LANDED else f"{each.status}: {each.note}"
        table.add_row(one_line(each.name), *counts, one_line(note))
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
                f"Rejected in {one_line(each.name)}: {count:,} x {reason.code}, "
                f"first at record {first[reason].record_number}. {reason.value}"
            )
    return lines


def _limited(result: LandResult) -> list[str]:
    """Every file with records over a bound: what was cut or left out of them."""
    lines = []
    for each in result.of_status(LANDED):
        if each.load is None or not each.load.limits:
            continue
        found = [
            f"{count:,} {_LIMITS[name][count != 1]}"
            for name in _LIMITS
            if (count := each.load.limits[name])
        ]
        lines.append(
            f"Over the bounds on one record in {one_line(each.name)}: {', '.join(found)}. Each "
            "record says so in its attributes; the bounds are SPANMART_MAX_* (docs/rejects.md)."
        )
    return lines


def _limits(found: Counter[str]) -> dict[str, int]:
    return {name.rpartition(".")[2]: found[name] for name in _LIMITS if found[name]}


def _next_step(result: LandResult) -> str:
    landed = result.total("records_landed")
    where = one_line(result.landing)
    if result.is_dry_run and result.exit_code != 1:
        return f"A dry run: {landed:,} new records would land in {where}; nothing was written."
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
