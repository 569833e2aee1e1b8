"""The records of a file as tables of `record_number` and `row`, a JSON text each, some at a time.

`record_number` is 1-based: the line of JSON Lines, the place of a document or of an element of an
array, the row of Parquet or CSV. Whatever cannot be read is a reject; the rest is there.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from spanmart import bounds
from spanmart.formats._head import PARQUET_MAGIC
from spanmart.formats._sql.engine import are_json, as_json, is_json
from spanmart.rejects import Reason, Reject, excerpt

SCHEMA = pa.schema([("record_number", pa.int64()), ("row", pa.string())])
# What is decoded at once: JSON of 8 MB is some 50 MB of columns on their way.
_BLOCK_BYTES = 8 << 20
_BATCH_ROWS = 20_000
_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_SEPARATORS = re.compile(r"[ \t\r\n,]*")
# What the JSON parser of the engine reads without running out of stack is far more.
_DEEPEST = 1_000


@dataclass
class Texts:
    """Some records, each a text that should be JSON, and what could not be read on the way."""

    numbers: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    # Numbers of records that the end of the file may have cut off.
    cut: set[int] = field(default_factory=set)

    def add(self, number: int, text: str, is_whole: bool = True) -> None:
        self.numbers.append(number)
        self.texts.append(text)
        if not is_whole:
            self.cut.add(number)

    def finished(self) -> tuple[pa.Table, list[Reject]]:
        """The records that are JSON, and a reject for each that is not, is too large or deep."""
        table = pa.table([self.numbers, self.texts], schema=SCHEMA)
        most = bounds.READING.get().record_bytes
        brackets_ = pc.add(*(pc.count_substring(table["row"], each) for each in "{["))
        is_fine = pc.and_(
            pc.and_(
                pc.less_equal(pc.binary_length(table["row"]), most),
                pc.less(brackets_, _DEEPEST),
            ),
            are_json(table["row"]),
        ).to_numpy()
        if is_fine.all():
            return table, self.rejects
        mended = {}
        for row in np.flatnonzero(~is_fine).tolist():
            text, reason = self._mended(self.numbers[row], self.texts[row], most)
            if reason is None:
                mended[row] = text
            else:
                self.rejects.append(Reject(self.numbers[row], reason, excerpt(self.texts[row])))
        is_fine[list(mended)] = True
        whole = pa.array([mended.get(row, text) for row, text in enumerate(self.texts)])
        table = table.set_column(1, SCHEMA.field("row"), whole).filter(pa.array(is_fine))
        return table, self.rejects

    def _mended(self, number: int, text: str, most: int) -> tuple[str, Reason | None]:
        if len(text) > most:
            return "", Reason.RECORD_TOO_LARGE
        if _is_deep(text):
            return "", Reason.TOO_DEEP
        whole = text if is_json(text) else _mended(text)
        if whole is not None:
            return whole, None
        return "", Reason.TRUNCATED_RECORD if number in self.cut else Reason.NOT_JSON


def records(stream: BinaryIO) -> Iterator[tuple[pa.Table, list[Reject]]]:
    """Batches of records, and rejects. A stream of Parquet must be seekable."""
    first = stream.read(4)
    if first == PARQUET_MAGIC:
        stream.seek(0)
        yield from _parquet(stream)
        return
    first += stream.read(_BLOCK_BYTES - len(first))
    first = first.removeprefix(_BOM).lstrip(_BLANK)
    if first[:1] not in (b"{", b"["):
        yield from _csv(first, stream)
    elif _is_lines(first):
        yield from _lines(first, stream)
    else:
        # Documents over several lines are read whole: where one ends, only a parser tells.
        yield from _documents(first + stream.read())


def _is_lines(text: bytes) -> bool:
    """Whether each line is a record. A line without an end may be a document of any size."""
    line, _, rest = text.partition(b"\n")
    if line.lstrip(_BLANK)[:1] == b"[":
        return bool(rest.strip(_BLANK)) and is_json(line.decode("utf-8", errors="replace"))
    if line.rstrip(_BLANK)[-1:] in (b"{", b"[", b",", b":"):
        return False
    return bool(rest.strip(_BLANK)) or is_json(line.decode("utf-8", errors="replace"))


def _lines(first: bytes, stream: BinaryIO) -> Iterator[tuple[pa.Table, list[Reject]]]:
    number, rest = 0, first
    while rest:
        more = stream.read(_BLOCK_BYTES)
        whole, line_feed, tail = (rest + more).rpartition(b"\n") if more else (rest, b"", b"")
        if more and not line_feed:
            rest = rest + more
            continue
        found = Texts()
        lines = whole.split(b"\n")
        ends_whole = bool(more) or whole.endswith(b"\n")
        for place, line in enumerate(lines):
            number += 1
            if line.strip(_BLANK):
                # The last line of a file that is still being written.
                is_whole = ends_whole or place < len(lines) - 1
                _add_line(found, number, line.decode("utf-8", errors="replace"), is_whole)
        yield found.finished()
        rest = tail


def _add_line(found: Texts, number: int, line: str, is_whole: bool) -> None:
    """A line is a record; or an array of them, as batches are saved."""
    if line.lstrip()[:1] != "[":
        found.add(number, line, is_whole)
        return
    for text, ends in _elements(line.strip(), 1):
        found.add(number, text, ends or is_whole)


def _documents(data: bytes) -> Iterator[tuple[pa.Table, list[Reject]]]:
    text = data.decode("utf-8", errors="replace")
    found, size = Texts(), 0
    for number, (record, is_whole) in enumerate(_of_documents(text), start=1):
        size += len(record)
        found.add(number, record, is_whole)
        if size > _BLOCK_BYTES:
            yield found.finished()
            found, size = Texts(), 0
    yield found.finished()


def _of_documents(text: str) -> Iterator[tuple[str, bool]]:
    """The documents of a text, or the elements of those that are arrays; and whether whole."""
    place = _SEPARATORS.match(text, 0).end()  # type: ignore[union-attr]
    while place < len(text):
        if text[place] == "[":
            end = place + 1
            for record, is_whole in _elements(text, place + 1):
                yield record, is_whole
                end = text.index(record, end) + len(record)
            closing = text.find("]", end)
            place = len(text) if closing < 0 else closing + 1
        else:
            end = _end_of_value(text, place)
            yield text[place : end or len(text)], end is not None
            place = end or len(text)
        place = _SEPARATORS.match(text, place).end()  # type: ignore[union-attr]


def _elements(text: str, place: int) -> Iterator[tuple[str, bool]]:
    """The elements of the array that begins before this place."""
    while True:
        place = _SEPARATORS.match(text, place).end()  # type: ignore[union-attr]
        if place >= len(text) or text[place] == "]":
            return
        end = _end_of_value(text, place)
        yield text[place : end or len(text)], end is not None
        if end is None:
            return
        place = end


def _end_of_value(text: str, place: int) -> int | None:
    """Where the value ends that begins here; None if it does not."""
    try:
        return int(json.JSONDecoder().raw_decode(text, place)[1])
    except (ValueError, RecursionError):
        return None


def _parquet(stream: BinaryIO) -> Iterator[tuple[pa.Table, list[Reject]]]:
    number = 0
    for batch in pq.ParquetFile(stream).iter_batches(batch_size=_BATCH_ROWS):
        if batch.num_rows == 0:
            continue
        yield as_json(pa.Table.from_batches([batch]), first_number=number + 1), []
        number += batch.num_rows


def _csv(first: bytes, stream: BinaryIO) -> Iterator[tuple[pa.Table, list[Reject]]]:
    """Rows as objects of text without their empty fields; a quoted field may run over lines."""
    csv.field_size_limit(bounds.READING.get().record_bytes)
    joined = io.BufferedReader(_Joined(first, stream))
    text = io.TextIOWrapper(joined, encoding="utf-8", errors="replace", newline="")
    rows = csv.reader(text)
    names = [name.strip() for name in next(rows, [])]
    found, number = Texts(), 0
    while True:
        number += 1
        try:
            row = next(rows)
        except StopIteration:
            break
        except csv.Error as error:
            found.rejects.append(Reject(number, Reason.NOT_A_ROW, "", str(error)))
            continue
        if not any(row):
            continue
        if len(row) != len(names):
            # Nothing of it is shown: which field names a person is what cannot be told.
            detail = f"{len(row)} fields for {len(names)} columns"
            found.rejects.append(Reject(number, Reason.NOT_A_ROW, "", detail))
            continue
        named = {name: value for name, value in zip(names, row, strict=True) if value != ""}
        found.add(number, json.dumps(named, ensure_ascii=False))
        if len(found.texts) >= _BATCH_ROWS:
            yield found.finished()
            found = Texts()
    yield found.finished()


class _Joined(io.RawIOBase):
    def __init__(self, first: bytes, rest: BinaryIO) -> None:
        self._first, self._rest = first, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._first[: len(buffer)] if self._first else self._rest.read(len(buffer))
        self._first = self._first[len(data) :]
        buffer[: len(data)] = data
        return len(data)


def _is_deep(text: str) -> bool:
    if text.count("[") + text.count("{") < _DEEPEST:
        return False
    from spanmart.formats._otlp.brackets import brackets

    depths = brackets(text.encode("utf-8", errors="replace")).depths
    return bool(depths.max(initial=0) > _DEEPEST)


def _mended(text: str) -> str | None:
    """What the engine's parser does not take and Python's does: lone surrogates, NaN, Infinity."""
    try:
        value = json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None
    dumped = json.dumps(value, ensure_ascii=False)
    return dumped.encode("utf-8", errors="replace").decode()
