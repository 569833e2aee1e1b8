"""Where the last whole record ends in the part of a file that is landed already.

Only what can be read from the middle has such a place: lines of JSON, and protobuf messages behind
their lengths. A document that runs over lines, a CSV (its header names the columns) and a single
message are read whole again, and the records' hashes tell what is new.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from spanmart.formats import HEAD_BYTES
from spanmart.formats._otlp.frames import Framing, framing
from spanmart.formats._streams import line_feeds

_CHUNK_BYTES = 1 << 20
_BLANK = b" \t\r\n"
# A line that ends like this goes on in the next one.
_OPEN_ENDS = b"{[,:"
_LENGTH_BYTES = 4
_MAX_VARINT_BYTES = 10

OpenAt = Callable[[int], BinaryIO]


@dataclass(frozen=True)
class Boundary:
    """A place between two records, and how many records (as `record_number` counts) lie before."""

    position: int
    records: int


START = Boundary(0, 0)


def boundary(
    format_name: str, head: bytes, open_at: OpenAt, landed_to: int, since: Boundary = START
) -> Boundary | None:
    """The last one at or before `landed_to`, looked for from an earlier one on; None where there is
    none, or the file has to be read whole."""
    if format_name in ("otlp_json", "feedback_events"):
        return _of_lines(head, open_at, landed_to, since)
    if format_name == "otlp_protobuf":
        return _of_frames(head, open_at, landed_to, since)
    return None


def _of_lines(head: bytes, open_at: OpenAt, landed_to: int, since: Boundary) -> Boundary | None:
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip(_BLANK)
    if first[:1] != b"{":
        return None
    line, line_feed, _ = first.partition(b"\n")
    if line_feed and line.rstrip(_BLANK)[-1:] in _OPEN_ENDS:
        return None
    position, records, end = since.position, since.records, 0
    with open_at(position) as file:
        while chunk := file.read(min(_CHUNK_BYTES, landed_to - position)):
            records += line_feeds(chunk)
            if (last := chunk.rfind(b"\n")) >= 0:
                end = position + last + 1
            position += len(chunk)
    return Boundary(end, records) if end else None


def _of_frames(head: bytes, open_at: OpenAt, landed_to: int, since: Boundary) -> Boundary | None:
    how = framing(head)
    if how not in (Framing.VARINT, Framing.BIG_ENDIAN):
        return None
    length_of = _varint if how is Framing.VARINT else _big_endian
    end, records = since.position, since.records
    with open_at(end) as file:
        while (size := length_of(file)) is not None:
            frame_end = file.tell() + size
            if frame_end > landed_to:
                break
            file.seek(frame_end)
            # A frame of nothing has no number: `frames.frames` passes over it.
            records += size > 0
            end = frame_end
        file.seek(end)
        # How the messages are laid out is told by the first bytes that are read.
        if not end or framing(file.read(HEAD_BYTES)) is not how:
            return None
    return Boundary(end, records)


def _big_endian(file: BinaryIO) -> int | None:
    prefix = file.read(_LENGTH_BYTES)
    return int.from_bytes(prefix) if len(prefix) == _LENGTH_BYTES else None


def _varint(file: BinaryIO) -> int | None:
    number = 0
    for shift in range(0, 7 * _MAX_VARINT_BYTES, 7):
        byte = file.read(1)
        if not byte:
            return None
        number |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return number
    return None
