"""Every module in this package is one export format; its file name is the format's name.

A format module defines

    ABOUT: About                        what it is, and how well it is known
    sniff(head: Head) -> Verdict        is this file mine? Sees content, never a name.
    read(stream: BinaryIO) -> Iterator[Batch]

Both see the file decompressed; a stream of Parquet is seekable. A module whose name starts with an
underscore is a helper of formats; most formats are a SELECT over their records (`_sql`).

Formats of other packages are found by the entry point group `spanmart.formats` (`spanmart.testing`,
docs/own_formats.md), or given by dotted path: `--format mypackage.formats.acme`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import BinaryIO, Protocol, cast

from spanmart.formats._head import Head as Head
from spanmart.formats._head import Verdict as Verdict
from spanmart.formats._head import declined
from spanmart.records import Batch

# A compressed export's first 64 KB name its format; a pretty-printed one may start with white
# space.
HEAD_BYTES = 1 << 16
ENTRY_POINTS = "spanmart.formats"


class Status(Enum):
    """How well a format is known."""

    RECORDED = "recorded"
    BY_SPECIFICATION = "by specification"


@dataclass(frozen=True)
class About:
    """What a format is.

    `record_key` is what makes two rows the same record, and `version` which of them holds: landing
    keeps every version that it sees, the models take the newest complete one.
    """

    title: str
    status: Status
    record_key: str
    version: str


class UnknownFormat(ValueError):
    """No format claims the file."""


class AmbiguousFormat(ValueError):
    """More than one format claims the file: no order between formats decides."""


class Format(Protocol):
    """A format module."""

    __name__: str
    ABOUT: About

    def sniff(self, head: Head) -> Verdict: ...

    def read(self, stream: BinaryIO) -> Iterator[Batch]: ...


def names() -> list[str]:
    """The formats that are there, by name: ours, and those of installed packages."""
    return sorted([*_own(), *_foreign()])


def named(name: str) -> Format:
    """The format of this name, or of this dotted path."""
    try:
        if name in _own():
            return cast(Format, importlib.import_module(f"{__name__}.{name}"))
        if name in _foreign():
            return cast(Format, _foreign()[name].load())
        if "." in name:
            return cast(Format, importlib.import_module(name))
    except (ImportError, AttributeError) as error:
        raise UnknownFormat(f"format {name} cannot be imported: {error}") from error
    raise UnknownFormat(f"there is no format {name}; known: {', '.join(names())}")


def name_of(module: Format) -> str:
    """How the format is called in the ledger."""
    if module.__name__.startswith(f"{__name__}."):
        return module.__name__.removeprefix(f"{__name__}.")
    for name, entry_point in _foreign().items():
        if entry_point.value == module.__name__:
            return name
    return module.__name__


def package_of(name: str) -> str:
    """The package that a format of this name comes from, and its version if it is not ours."""
    distribution = _foreign()[name].dist if name in _foreign() else None
    return f"{distribution.name} {distribution.version}" if distribution else "spanmart"


def detect(head: Head) -> Format:
    """The one format that claims a file which begins like this."""
    verdicts = {name: _verdict(name, head) for name in names()}
    claims = [name for name, verdict in verdicts.items() if verdict]
    if not claims:
        # One reason for many formats is said once.
        reasons: dict[str, list[str]] = {}
        for name, verdict in verdicts.items():
            reasons.setdefault(verdict.why, []).append(name)
        tried = "; ".join(f"{', '.join(of)} ({why})" for why, of in reasons.items())
        raise UnknownFormat(f"no format claims it; tried: {tried}")
    if len(claims) > 1:
        raise AmbiguousFormat(f"claimed by {' and by '.join(claims)}; say which with --format")
    return named(claims[0])


def _verdict(name: str, head: Head) -> Verdict:
    try:
        return named(name).sniff(head)
    except UnknownFormat as error:
        # A package whose format cannot be imported must not keep the files of others from landing.
        return declined(str(error))


@cache
def _own() -> frozenset[str]:
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return frozenset(name for name in found if not name.startswith("_"))


@cache
def _foreign() -> dict[str, EntryPoint]:
    """A name that is taken stays ours: no package can change what a format of ours reads."""
    found = entry_points(group=ENTRY_POINTS)
    return {each.name: each for each in found if each.name not in _own()}
