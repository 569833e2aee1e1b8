"""A big protobuf message as smaller ones: cut between records, each with its resource and scope.

Decoding a message takes several times its size. Cut like this, only the message itself is in
memory, and a few megabytes of it at a time as columns. Works on the bytes: a message is its fields
one after the other, and what a resource or scope says of itself is copied before each part of its
records.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from spanmart.formats._otlp.frames import LENGTH_DELIMITED, varint, walk

# Field numbers are those of TracesData and LogsData alike: resource_spans / resource_logs; in
# these, scope_spans / scope_logs; in these, spans / log_records.
_RESOURCES, _SCOPES, _RECORDS = 1, 2, 2


@dataclass(frozen=True)
class TooLarge:
    """A record over the bound, in the place where it stands."""

    bytes: int


class _Unreadable(Exception):
    """The bytes are no sequence of fields: for the decoder to judge."""


def pieces(message: bytes, piece_bytes: int, record_bytes: int) -> Iterator[bytes | TooLarge]:
    """Messages that together hold every record of this one.

    Each has about `piece_bytes` at most, or one record more; a record of more than `record_bytes`
    is left out and said to be. A message that is damaged comes back as it is.
    """
    try:
        # All of it is walked before anything is given: half of a damaged message must not land.
        resources = [_split(each, _SCOPES) for each in _split(message, _RESOURCES).parts]
        scopes = [
            (resource.about, [_split(each, _RECORDS) for each in resource.parts])
            for resource in resources
        ]
    except _Unreadable:
        yield message
        return
    for about, parts in scopes:
        if not parts:
            yield _field(_RESOURCES, about)
        for scope in parts:
            for records in _groups(scope.parts, piece_bytes, record_bytes):
                if isinstance(records, TooLarge):
                    yield records
                else:
                    inner = scope.about + b"".join(_field(_RECORDS, each) for each in records)
                    yield _field(_RESOURCES, about + _field(_SCOPES, inner))


@dataclass(frozen=True)
class _Split:
    """A message's repeated parts, and everything else in it."""

    parts: list[memoryview]
    about: bytes


def _split(message: bytes | memoryview, wanted: int) -> _Split:
    parts, about, position = [], [], 0
    view = memoryview(message)
    for number, wire_type, start, end in walk(view):
        if end > len(view):
            raise _Unreadable
        if number == wanted:
            if wire_type != LENGTH_DELIMITED:
                raise _Unreadable
            parts.append(view[start:end])
        else:
            about.append(view[position:end])
        position = end
    if position != len(view):
        raise _Unreadable
    return _Split(parts, b"".join(about))


def _groups(
    records: list[memoryview], piece_bytes: int, record_bytes: int
) -> Iterator[list[memoryview] | TooLarge]:
    group: list[memoryview] = []
    size = 0
    for record in records:
        if len(record) > record_bytes:
            yield TooLarge(len(record))
            continue
        group.append(record)
        size += len(record)
        if size >= piece_bytes:
            yield group
            group, size = [], 0
    if group:
        yield group


def _field(number: int, value: bytes | memoryview) -> bytes:
    return bytes([number << 3 | LENGTH_DELIMITED]) + varint(len(value)) + value
