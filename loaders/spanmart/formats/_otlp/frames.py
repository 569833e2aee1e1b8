"""Protobuf files: where one message ends and the next begins, and what is in it.

Three framings are met: one message and nothing else (S3 and blob exporters), messages behind a
varint length (a saved stream), messages behind a 4-byte big-endian length (the Collector's file
exporter, whose frames may each be compressed). Which one it is shows in the bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO

from spanmart.bounds import READING
from spanmart.formats import HEAD_BYTES

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# An OTLP message begins with field 1 (resourceSpans or resourceLogs), which is length-delimited.
_FIRST_FIELD = 0x0A
# Fields of ResourceSpans and ResourceLogs: resource, scopes, schema_url.
_RESOURCE_FIELDS = (0x0A, 0x12, 0x1A)
LENGTH_DELIMITED = 2
_FIXED_SIZES = {1: 8, 5: 4}
_VARINT = 0
_PREFIX_BYTES = 4
_MAX_VARINT_BYTES = 10
# Below this a varint-delimited first frame could not hold one span, and 0x0a as a length would make
# every bare message look delimited.
_SMALLEST_FRAME = 12
# A message is in memory as it came while its records are decoded a part at a time, so it may be
# larger than one record may be: 256 MB with the defaults. One of 230 MB lands in 960 MB.
_MESSAGE_PER_RECORD = 4
_NO_END = 1 << 62
_SKIPPED_AT_ONCE = 1 << 20
# Parts of a bare message are handed on together up to this much.
_BARE_BYTES = 1 << 20


class Framing(Enum):
    BARE = "one message"
    VARINT = "varint-delimited messages"
    BIG_ENDIAN = "messages behind a 4-byte length"


@dataclass(frozen=True)
class Frame:
    payload: bytes
    # False for the last frame of a file that ends before the frame does.
    is_whole: bool = True
    # How large it is where that is more than a message may be: it was passed over then.
    excess: int = 0


def framing(head: bytes) -> Framing | None:
    """How the messages are laid out, or None if this is no OTLP protobuf."""
    # A head that is not full is all of the file; otherwise nobody knows yet where that ends.
    if _begins_message(head, len(head) if len(head) < HEAD_BYTES else _NO_END):
        return Framing.BARE
    length, start = _varint(head, 0)
    if length >= _SMALLEST_FRAME and _begins_message(head[start:], length):
        return Framing.VARINT
    length = int.from_bytes(head[:_PREFIX_BYTES])
    payload = head[_PREFIX_BYTES:]
    if length and (payload[:4] == ZSTD_MAGIC or payload[:1] == b"{"):
        return Framing.BIG_ENDIAN
    if length and _begins_message(payload, length):
        return Framing.BIG_ENDIAN
    return None


def largest_message() -> int:
    """In bytes; follows the bound on one record (bounds.READING)."""
    return READING.get().record_bytes * _MESSAGE_PER_RECORD


def frames(stream: BinaryIO, how: Framing) -> Iterator[Frame]:
    """The messages; of a bare one, its resources, some together: so a bare message of any size is
    read like a file of many."""
    if how is Framing.BARE:
        yield from _parts(stream)
        return
    read_length = _read_varint if how is Framing.VARINT else _read_big_endian
    while (length := read_length(stream)) is not None:
        frame = _frame(stream, length)
        if frame.payload or frame.excess or not frame.is_whole:
            yield frame
        if not frame.is_whole:
            return


def _frame(stream: BinaryIO, length: int) -> Frame:
    if length > largest_message():
        # No room is made for what may be a damaged length.
        is_whole = _skipped(stream, length) == length
        return Frame(b"", is_whole, length if is_whole else 0)
    payload = stream.read(length) if length > 0 else b""
    return Frame(payload, length >= 0 and len(payload) == length)


def _parts(stream: BinaryIO) -> Iterator[Frame]:
    gathered: list[bytes] = []
    size = 0
    while tag := stream.read(1):
        if tag[0] != _FIRST_FIELD:
            # No resource: a field of another version, or damage. The decoder knows which.
            rest = stream.read(largest_message())
            if left := _skipped(stream, None):
                yield Frame(b"", excess=len(rest) + left)
            else:
                gathered += [tag, rest]
            break
        length = _read_varint(stream)
        part = _frame(stream, -1 if length is None else length)
        if part.excess or not part.is_whole:
            if gathered:
                yield Frame(b"".join(gathered))
                gathered, size = [], 0
            yield part
            continue
        gathered += [tag, varint(len(part.payload)), part.payload]
        size += len(part.payload)
        if size >= _BARE_BYTES:
            # Once in memory, not twice, while what becomes of it is decoded.
            del part
            whole, gathered, size = Frame(b"".join(gathered)), [], 0
            yield whole
            del whole
    if gathered:
        yield Frame(b"".join(gathered))


def _skipped(stream: BinaryIO, length: int | None) -> int:
    """Passes over so many bytes, or all that are left; how many there were."""
    skipped = 0
    while length is None or skipped < length:
        most = _SKIPPED_AT_ONCE if length is None else min(length - skipped, _SKIPPED_AT_ONCE)
        if not (size := len(stream.read(most))):
            break
        skipped += size
    return skipped


def signal(message: bytes) -> str | None:
    """`spans` or `log_records`, by the fields of the first record; None for another signal.

    The messages of all signals nest alike (resource, scope, record) and differ in the record: a
    span has its times in fields 7 and 8 and a 16-byte id in field 1; a log record has a fixed
    8-byte time in field 1 or 11. A metric has a name in field 1 and no such times.
    """
    for resource in _fields(memoryview(message), 1):
        for scope in _fields(resource, 2):
            for record in _fields(scope, 2):
                return _signal_of(record)
    # No record at all: nothing is lost whichever decoder it goes to.
    return "spans"


def _signal_of(record: memoryview) -> str | None:
    seen: dict[int, tuple[int, int]] = {}
    for number, wire_type, start, end in walk(record):
        seen.setdefault(number, (wire_type, end - start))
    fixed64 = {number for number, (wire_type, _) in seen.items() if wire_type == 1}
    if fixed64 & {7, 8} or (seen.get(1) == (LENGTH_DELIMITED, 16) and 5 not in fixed64):
        return "spans" if seen.get(1, (LENGTH_DELIMITED, 0))[0] == LENGTH_DELIMITED else None
    if fixed64 & {1, 11} or not seen or seen.keys() & {9, 10, 12}:
        return "log_records"
    return None


def _begins_message(data: bytes, length: int) -> bool:
    """Whether the data, `length` bytes of which are one message, starts as an OTLP message does."""
    if not data or data[0] != _FIRST_FIELD:
        return False
    size, start = _varint(data, 1)
    if size < 2 or start == 0 or (len(data) >= length and start + size > length):
        return False
    inner = data[start : start + size]
    if not inner or inner[0] not in _RESOURCE_FIELDS:
        return False
    inner_size, inner_start = _varint(inner, 1)
    if not 0 <= inner_size <= size - inner_start or inner_start == 0:
        return False
    # Another resource, or the end, follows the first one.
    after = start + size
    return after >= len(data) or after == length or data[after] == _FIRST_FIELD


def _fields(message: memoryview, wanted: int) -> Iterator[memoryview]:
    for number, wire_type, start, end in walk(message):
        if number == wanted and wire_type == LENGTH_DELIMITED:
            yield message[start:end]


def walk(message: bytes | memoryview) -> Iterator[tuple[int, int, int, int]]:
    """Field number, wire type, and where its value starts and ends; stops at what it cannot
    read."""
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        wire_type = tag & 7
        if tag <= 0 or position == 0:
            return
        if wire_type == LENGTH_DELIMITED:
            size, position = _varint(message, position)
            if position == 0:
                return
        elif wire_type == _VARINT:
            start = position
            _, position = _varint(message, position)
            if position == 0:
                return
            yield tag >> 3, wire_type, start, position
            continue
        elif wire_type in _FIXED_SIZES:
            size = _FIXED_SIZES[wire_type]
        else:
            return
        yield tag >> 3, wire_type, position, position + size
        position += size


def _varint(data: bytes | memoryview, position: int) -> tuple[int, int]:
    """The number, and the position after it; position 0 when there is none."""
    number = shift = 0
    for offset in range(position, min(len(data), position + _MAX_VARINT_BYTES)):
        number |= (data[offset] & 0x7F) << shift
        if data[offset] < 0x80:
            return number, offset + 1
        shift += 7
    return -1, 0


def varint(number: int) -> bytes:
    """The number as protobuf writes it."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _read_varint(stream: BinaryIO) -> int | None:
    """The length before the next frame; None at the end, -1 when the file ends inside the
    length."""
    number = shift = 0
    for _ in range(_MAX_VARINT_BYTES):
        byte = stream.read(1)
        if not byte:
            return None if shift == 0 else -1
        number |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return number
        shift += 7
    return -1


def _read_big_endian(stream: BinaryIO) -> int | None:
    prefix = stream.read(_PREFIX_BYTES)
    if not prefix:
        return None
    return int.from_bytes(prefix) if len(prefix) == _PREFIX_BYTES else -1


LengthReader = Callable[[BinaryIO], int | None]
