"""Compressed bytes as the bytes that they stand for: gzip and zstd, told by their first bytes."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

import zstandard

from spanmart.stages import stage

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# What one step feeds to a decompressor bounds what one step can become: gzip grows at most 1032
# fold (64 MB of these 64 KB), zstd about 32,000 fold (128 MB of these 4 KB).
_GZIP_STEP = 64 << 10
_ZSTD_STEP = 4 << 10
# zlib's word for "gzip header and checksum".
_GZIP_WINDOW = 31
# Below this no ratio is suspicious: a file of one message repeated is small and dense.
_RATIO_COUNTS_FROM = 256 << 20


@dataclass(frozen=True)
class InflationBounds:
    """What a file may become; the defaults and their reasons are in `Settings`."""

    max_bytes: int
    max_ratio: int


def is_compressed(head: bytes) -> bool:
    return head[:2] == _GZIP_MAGIC or head[:4] == _ZSTD_MAGIC


def layer_of(head: bytes) -> Callable[[BinaryIO, InflationBounds], Inflating] | None:
    """What decompresses a stream that begins like this, or None if it is not compressed."""
    if head[:2] == _GZIP_MAGIC:
        return lambda source, bounds: Inflating(source, _Gzip, _GZIP_STEP, bounds)
    if head[:4] == _ZSTD_MAGIC:
        return lambda source, bounds: Inflating(source, _Zstd, _ZSTD_STEP, bounds)
    return None


class _Damaged(Exception):
    """The data is damaged; what it stands for up to there."""

    def __init__(self, fault: str, readable: bytes = b"") -> None:
        super().__init__(fault)
        self.readable = readable


class _Decompressor(Protocol):
    """One gzip member or zstd frame: files may hold several, one after the other."""

    def feed(self, data: bytes) -> bytes:
        """Raises _Damaged."""
        ...

    @property
    def ended(self) -> bool: ...

    @property
    def unused(self) -> bytes: ...


class _Gzip:
    def __init__(self) -> None:
        self._inner = zlib.decompressobj(_GZIP_WINDOW)

    def feed(self, data: bytes) -> bytes:
        # A step with a fault in it gives nothing at all, and small files are one step.
        before = self._inner.copy()
        try:
            return self._inner.decompress(data)
        except zlib.error as error:
            raise _Damaged(str(error), _up_to_fault(before, data)) from error

    @property
    def ended(self) -> bool:
        return self._inner.eof

    @property
    def unused(self) -> bytes:
        return self._inner.unused_data


class _Zstd:
    def __init__(self) -> None:
        self._inner = zstandard.ZstdDecompressor().decompressobj()

    def feed(self, data: bytes) -> bytes:
        try:
            return self._inner.decompress(data)
        except zstandard.ZstdError as error:
            raise _Damaged(str(error)) from error

    @property
    def ended(self) -> bool:
        return bool(self._inner.eof)

    @property
    def unused(self) -> bytes:
        return bytes(self._inner.unused_data)


class Inflating(io.RawIOBase):
    """Gives all that can be decompressed; damage ends the stream instead of losing what came
    before, and so does a file that becomes larger than its bounds."""

    def __init__(
        self, source: BinaryIO, kind: type[_Decompressor], step: int, bounds: InflationBounds
    ) -> None:
        self._source = source
        self._kind = kind
        self._step = step
        self._bounds = bounds
        self._current: _Decompressor | None = None
        self._ready = memoryview(b"")
        self._input = b""
        self._bytes_in = self._bytes_out = 0
        self._may_be_padding = False
        self.damage: str | None = None
        # Set when the bounds ended the stream: what was seen, and of what bound.
        self.excess: str | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready and self._advance():
            pass
        data = self._ready[: len(buffer)]
        buffer[: len(data)] = data
        self._ready = self._ready[len(data) :]
        return len(data)

    def _advance(self) -> bool:
        """Decompresses some more; false at the end."""
        if self.damage or self.excess:
            return False
        data = self._input
        if not data:
            data = self._source.read(self._step)
            self._bytes_in += len(data)
        self._input = b""
        if data and self._may_be_padding:
            data = data.lstrip(b"\0")
            if not data:
                return True
            self._may_be_padding = False
        if not data:
            if self._current is not None:
                self.damage = "the compressed data ends early"
            return False
        current = self._current or self._kind()
        try:
            with stage("read"):
                self._ready = memoryview(current.feed(data))
        except _Damaged as error:
            self.damage = f"the compressed data is damaged: {error}"
            self._ready = memoryview(error.readable)
        self._current = current
        if current.ended:
            self._input, self._current = current.unused, None
            # Tapes and block devices fill a gzip file up with zeros; gzip(1) passes over them too.
            self._may_be_padding = self._kind is _Gzip
        self._check()
        return bool(self._ready) or not self.damage

    def _check(self) -> None:
        """Ends the stream where it goes over a bound; what lies before is given."""
        before = self._bytes_out
        self._bytes_out += len(self._ready)
        by_ratio = max(_RATIO_COUNTS_FROM, self._bounds.max_ratio * self._bytes_in)
        if self._bytes_out > self._bounds.max_bytes:
            self.excess = f"more than {self._bounds.max_bytes:,} bytes"
        elif self._bytes_out > by_ratio:
            self.excess = f"more than {self._bounds.max_ratio:,} times its compressed size"
        if self.excess:
            self._ready = self._ready[: max(min(self._bounds.max_bytes, by_ratio) - before, 0)]


def _up_to_fault(decompressor: Any, data: bytes) -> bytes:
    """Byte by byte: all that comes out before the fault."""
    found = []
    for place in range(len(data)):
        try:
            found.append(decompressor.decompress(data[place : place + 1]))
        except zlib.error:
            break
    return b"".join(found)
