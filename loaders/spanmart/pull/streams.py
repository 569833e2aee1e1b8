"""What a vendor module says: where it is, its projects, its streams, and how pages follow."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import orjson

from spanmart.pull.client import Client
from spanmart.pull.errors import PullFailed
from spanmart.pull.site import Site

Row = dict[str, Any]


@dataclass(frozen=True)
class Window:
    """From `since` up to and without `until`, both UTC."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Project:
    """Whatever a vendor keeps traces in. The id is what never changes."""

    id: str
    name: str


@dataclass(frozen=True)
class Page:
    """Some rows of a table, in the shape that the format `format` reads."""

    table: str
    format: str
    rows: list[Any]


@dataclass(frozen=True)
class Stream:
    """What is read, and remembered, by one time: all pages of a window, in any order.

    `most_rows` is how many rows a page has unless the user asks for fewer: what the vendor gives at
    most, or what its answers bear.
    """

    name: str
    most_rows: int
    read: Callable[[Client, Project, Window, int], Iterator[Page]]


class Vendor(Protocol):
    """A vendor module."""

    def site(self, environment: Mapping[str, str]) -> Site:
        """Raises PullFailed where a variable is missing or wrong."""
        ...

    def projects(self, client: Client, wanted: tuple[str, ...]) -> list[Project]:
        """Those of these names or ids, or all. Raises PullFailed for one that is not there."""
        ...

    def streams(self, client: Client) -> tuple[Stream, ...]:
        """In the order in which they are read; a server of an older version may have others."""
        ...


class Progressing:
    """Watches that pages go on: a server that gives the same cursor or the same page twice would be
    read for ever."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._seen: set[bytes] = set()

    def check(self, token: object) -> None:
        """`token` is what the next page is asked for by, or what the page holds."""
        digest = hashlib.blake2b(line(token), digest_size=16).digest()
        if digest in self._seen:
            raise PullFailed(
                f"{self._what}: the server goes round in circles, the same page came twice. What "
                "came before is landed; run the same command again, or with another --page-rows"
            )
        self._seen.add(digest)


def line(row: object) -> bytes:
    """A row as JSON on one line."""
    try:
        return orjson.dumps(row)
    except (TypeError, ValueError):
        # Halves of surrogate pairs and numbers beyond 64 bits, which landing knows what to do with.
        import json

        return json.dumps(row).encode()


def items_of(answer: object, member: str, what: str) -> list[Any]:
    """The list under a member of an answer. Raises PullFailed where there is none."""
    found = answer.get(member) if isinstance(answer, dict) else None
    if not isinstance(found, list):
        raise PullFailed(
            f"{what}: the answer has no list {member!r}; is the address that of the API?"
        )
    return found


def chosen(found: list[Project], wanted: tuple[str, ...], what: str) -> list[Project]:
    """The projects that are wanted by name or id; all, if none is named."""
    if not wanted:
        return found
    by_name = {key: each for each in found for key in (each.name, each.id)}
    missing = [name for name in wanted if name not in by_name]
    if missing:
        known = ", ".join(sorted(each.name for each in found)[:10]) or "none"
        raise PullFailed(f"there is no {what} {', '.join(missing)}; there are: {known}")
    return list(dict.fromkeys(by_name[name] for name in wanted))


def iso(moment: datetime) -> str:
    """As every vendor takes it: UTC with a Z, to the millisecond."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
