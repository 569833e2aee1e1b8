"""A stream whose head was read to look at it, from its beginning again."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

import numpy as np

_BUFFER_BYTES = 1 << 20
_CACHED_BYTES = 1 << 16
_LINE_FEED = 0x0A


class _Rejoined(io.RawIOBase):
    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._head[: len(buffer)] if self._head else self._rest.read(len(buffer))
        self._head = self._head[len(data) :]
        buffer[: len(data)] = data
        return len(data)


def line_feeds(data: bytes) -> int:
    """How many line feeds there are. Python's own count looks at one byte at a time."""
    # A piece at a time that stays in the cache.
    bytes_ = np.frombuffer(data, dtype=np.uint8)
    pieces = (bytes_[at : at + _CACHED_BYTES] for at in range(0, len(bytes_), _CACHED_BYTES))
    return sum(int(np.count_nonzero(piece == _LINE_FEED)) for piece in pieces)


def rejoined(head: bytes, rest: BinaryIO) -> io.BufferedReader:
    return io.BufferedReader(_Rejoined(head, rest), _BUFFER_BYTES)
