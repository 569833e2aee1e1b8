"""What a file shows of itself before it is read, which is all that a format may tell it by."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, BinaryIO

import jiter
import pyarrow.parquet as pq

_BOM = b"\xef\xbb\xbf"
PARQUET_MAGIC = b"PAR1"
# A format is told by its first records; a post may stand before the first patch.
_MOST_RECORDS = 20


class Container(Enum):
    """How records lie in a file."""

    JSON = "JSON"
    PARQUET = "Parquet"
    CSV = "CSV"
    OTHER = "neither JSON, nor Parquet, nor a CSV with a header"


@dataclass(frozen=True)
class Verdict:
    """Whether a format claims a file, and if not, why."""

    claims: bool
    why: str = ""

    def __bool__(self) -> bool:
        return self.claims

    def __or__(self, other: Verdict) -> Verdict:
        """Claimed by either; else both reasons."""
        if self.claims or other.claims:
            return CLAIMED
        return declined("; ".join(dict.fromkeys([self.why, other.why])))

    def __and__(self, other: Verdict) -> Verdict:
        return other if self.claims else self


CLAIMED = Verdict(True)


def declined(why: str) -> Verdict:
    return Verdict(False, why)


@dataclass(frozen=True)
class Head:
    """The beginning of a file, decompressed, and the names of its columns if it is Parquet.

    `records` are its first records as far as they are there: of JSON Lines, of JSON documents one
    after the other, or of an array. A record that is cut off is there with what came before the
    cut.
    """

    data: bytes
    parquet_columns: tuple[str, ...] = field(default=())

    @cached_property
    def container(self) -> Container:
        if self.data[:4] == PARQUET_MAGIC:
            return Container.PARQUET
        if self._text[:1] in (b"{", b"["):
            return Container.JSON
        return Container.CSV if self.csv_columns else Container.OTHER

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns of Parquet or CSV."""
        return self.parquet_columns or self.csv_columns

    @cached_property
    def csv_columns(self) -> tuple[str, ...]:
        """The header of a CSV: two names at least, each of printable characters."""
        if self.data[:4] == PARQUET_MAGIC or self._text[:1] in (b"{", b"["):
            return ()
        line = self._text.partition(b"\n")[0].decode("utf-8", errors="replace")
        try:
            names = next(csv.reader(io.StringIO(line)), [])
        except csv.Error:
            return ()
        names = [name.strip() for name in names]
        return tuple(names) if len(names) > 1 and all(map(str.isprintable, names)) else ()

    @cached_property
    def documents(self) -> tuple[Any, ...]:
        """The first JSON values that stand one after the other."""
        if self.container is not Container.JSON:
            return ()
        return tuple(value for value, _ in zip(self._values(), range(_MOST_RECORDS), strict=False))

    @cached_property
    def records(self) -> tuple[Mapping[str, Any], ...]:
        """The first JSON objects: values of the file, or elements of the arrays that it holds."""
        found: list[Mapping[str, Any]] = []
        for value in self.documents:
            elements = value if isinstance(value, list) else [value]
            found.extend(each for each in elements if isinstance(each, dict))
        return tuple(found[:_MOST_RECORDS])

    @cached_property
    def names(self) -> frozenset[str]:
        """The columns, or the members of the first records."""
        if self.container is Container.JSON:
            return frozenset(name for record in self.records for name in record)
        return frozenset(self.columns)

    def has(self, *names: str) -> Verdict:
        """Whether a record (or the table) has all of these members (or columns)."""
        if self.container is Container.OTHER:
            return declined(self.container.value)
        if self.container is not Container.JSON:
            missing = [name for name in names if name not in self.names]
        elif not self.records:
            return declined("no JSON object at its beginning")
        else:
            lacks = [[name for name in names if name not in record] for record in self.records]
            missing = min(lacks, key=len)
        return declined(f"no {', '.join(missing)}") if missing else CLAIMED

    def has_no(self, *names: str) -> Verdict:
        """Whether no record (and no table) has any of these: they are marks of another format."""
        found = [name for name in names if name in self.names]
        return declined(f"has {', '.join(found)}") if found else CLAIMED

    def is_in(self, *containers: Container) -> Verdict:
        if self.container in containers:
            return CLAIMED
        return declined(f"{self.container.value}, not {' or '.join(c.value for c in containers)}")

    @cached_property
    def _text(self) -> bytes:
        return self.data.removeprefix(_BOM).lstrip(b" \t\r\n")

    def _values(self) -> Iterator[Any]:
        # A cut through a character of several bytes is no fault of the file.
        text = self._text.decode("utf-8", errors="ignore").encode()
        lines = text.split(b"\n")
        first = _parsed(lines[0])
        if first is not None:
            yield first
            for line in lines[1:]:
                value = _parsed(line) if line.strip() else None
                if value is not None:
                    yield value
            return
        # One document that runs over lines, or over the end of what is seen.
        value = _parsed(text, partial_mode="trailing-strings")
        if value is None:
            # Documents over several lines, one after the other.
            end = text.find(b"\n}")
            value = _parsed(text[: end + 2]) if end >= 0 else None
        if value is not None:
            yield value


def look(data: bytes, seekable: BinaryIO | None = None) -> Head:
    """`data` is how the file begins; `seekable` the whole of it, if it is Parquet."""
    if data[:4] != PARQUET_MAGIC or seekable is None:
        return Head(data)
    try:
        return Head(data, tuple(pq.read_schema(seekable).names))
    except (OSError, ValueError):
        # Cut off or damaged: no format claims it, and says so.
        return Head(data)


def _parsed(text: bytes, **options: Any) -> Any:
    try:
        return jiter.from_json(text, **options)
    except ValueError:
        return None
