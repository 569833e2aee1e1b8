"""One file as landing reads it: hashed once, decompressed, and from where it was landed before.

A file may be growing: the Collector writes its active file until it rotates it away. It is told by
its content, never by its name. When the ledger holds a load whose bytes are the beginning of this
file, reading starts at that load's last whole record; the record that was cut off there is read
again, whole by now. So a rotation that renames the file changes nothing, and a file that was
truncated and begun anew under its old name (`copytruncate`) is simply another file.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from spanmart.formats import HEAD_BYTES
from spanmart.formats._head import PARQUET_MAGIC, Head, look
from spanmart.formats._streams import rejoined
from spanmart.landing.boundaries import START, Boundary, boundary
from spanmart.landing.files import Source
from spanmart.landing.inflate import Inflating, InflationBounds, is_compressed, layer_of
from spanmart.stages import stage

_CHUNK_BYTES = 1 << 20
# A compressed file may have been compressed again on its way; deeper is no export but an attack.
_MAX_LAYERS = 2
# Enough to tell what compressed a file. No export is shorter.
_MAGIC_BYTES = 4
# Chunks that wait to be hashed beside the decoding: 16 MB.
_MOST_WAITING = 16


class LandedContents:
    """What the ledger and this run know of contents: their length, hash and format."""

    def __init__(self, known: Iterable[tuple[int, str, str]] = ()) -> None:
        self._formats: dict[tuple[int, str], str] = {}
        self._lengths: set[int] = set()
        for size, sha256, format_name in known:
            self.add(size, sha256, format_name)

    def add(self, size: int, sha256: str, format_name: str) -> None:
        self._formats[size, sha256] = format_name
        self._lengths.add(size)

    def format_of(self, size: int, sha256: str) -> str | None:
        return self._formats.get((size, sha256))

    def lengths(self, up_to: int) -> list[int]:
        return sorted(length for length in self._lengths if _MAGIC_BYTES <= length <= up_to)


@dataclass(frozen=True)
class Part:
    """Where the next part of a big file begins, and what is known of the file there."""

    start: Boundary
    head: bytes
    sha256: hashlib._Hash


class Hashed(io.RawIOBase):
    """The bytes of a source up to the size that it had when it was opened, each hashed once however
    often it is read."""

    def __init__(self, source: Source, beside: Executor | None, part: Part | None) -> None:
        self._source = source
        self._size = source.size
        self._beside = beside
        self._waiting: list[Future[None]] = []
        self._sha256 = part.sha256.copy() if part else hashlib.sha256()
        self.position = self._hashed_to = part.start.position if part else 0
        self._raw = source.open(self.position)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.take(min(len(buffer), _CHUNK_BYTES))
        buffer[: len(data)] = data
        return len(data)

    def take(self, most: int) -> bytes:
        """The next bytes; none at the end."""
        # Formats read when they want more, in the middle of whatever else they do.
        with stage("read"):
            data = self._raw.read(min(most, self._size - self.position)) or b""
            self.position += len(data)
            new = self.position - self._hashed_to
            if new > 0:
                self._hashed_to = self.position
                self._hash(data[-new:])
        return data

    def end_at(self, position: int) -> None:
        """As if the source ended there."""
        self._size = position

    def move_to(self, position: int) -> None:
        """Only to where it was before: what lies between would not be hashed."""
        assert position <= self._hashed_to
        self._raw.close()
        self._raw = self._source.open(position)
        self.position = position

    def hash(self) -> hashlib._Hash:
        """Of everything up to here."""
        for each in self._waiting:
            each.result()
        self._waiting = []
        return self._sha256.copy()

    def digest(self) -> str:
        """Of all bytes that were read so far."""
        return self.hash().hexdigest()

    def close(self) -> None:
        # A chunk that is still being hashed keeps its own bytes; nothing waits for it.
        self._raw.close()
        super().close()

    def _hash(self, data: bytes) -> None:
        if self._beside is None:
            self._sha256.update(data)
            return
        if len(self._waiting) >= _MOST_WAITING:
            self._waiting.pop(0).result()
        self._waiting.append(self._beside.submit(self._sha256.update, data))


class Reading:
    """A file while it is read. After reading, `damage` and `excess` say what ended it early."""

    def __init__(
        self,
        source: Source,
        landed: LandedContents,
        bounds: InflationBounds,
        beside: Executor | None = None,
        part: Part | None = None,
    ) -> None:
        self._source = source
        self._start = part.start if part else START
        self._landed = landed
        self._bounds = bounds
        self._layers: list[Inflating] = []
        # How much of the file is landed already, and as what format.
        self._landed_to, self._landed_as = 0, ""
        # Where the part that is read now ends, if it is not the last one.
        self._end: Boundary | None = None
        self._seekable_stream: BinaryIO | None = None
        self._hashed = Hashed(source, beside, part)
        if part is not None:
            self.is_compressed, self.head = False, part.head
            return
        try:
            magic = self._hashed.take(_MAGIC_BYTES)
            self.is_compressed = is_compressed(magic)
            self._compare()
            if self._hashed.position > len(magic):
                self._hashed.move_to(0)
                magic = b""
            self.stream = self._decompressed(magic)
            self.head = _filled(self.stream, HEAD_BYTES)
        except BaseException:
            self._hashed.close()
            raise

    @property
    def is_landed(self) -> bool:
        """Whether all of it is landed already."""
        return 0 < self._landed_to == self._source.size

    @property
    def position(self) -> int:
        """Bytes of the file that were read."""
        return self._hashed.position

    @property
    def damage(self) -> str | None:
        return next((layer.damage for layer in self._layers if layer.damage), None)

    @property
    def excess(self) -> str | None:
        return next((layer.excess for layer in self._layers if layer.excess), None)

    def look(self) -> Head:
        """What the file shows of itself. Raises OSError."""
        return look(self.head, self._seekable() if self._is_parquet else None)

    def records(self, format_name: str) -> tuple[BinaryIO, int]:
        """The stream to read records from, and how many records of the file lie before it."""
        if self._landed_to and self._landed_as == format_name:
            with stage("read"):
                found = boundary(format_name, self.head, self._source.open, self._landed_to)
            self._start = found or START
        if self._start is START:
            return self._seekable() if self._is_parquet else rejoined(self.head, self.stream), 0
        if self._hashed.position != self._start.position:
            self._hashed.move_to(self._start.position)
        # Not a buffered reader of its own, which would close the file when it is dropped.
        return rejoined(b"", cast(BinaryIO, self._hashed)), self._start.records

    def end_part(self, format_name: str, size: int) -> None:
        """Ends reading at the last boundary within the next `size` bytes, where the file has one:
        what a commit holds in memory does not grow with the file then."""
        most = self._start.position + size
        if self.is_compressed or not self._source.can_grow or most >= self._source.size:
            return
        with stage("read"):
            end = boundary(format_name, self.head, self._source.open, most, self._start)
        if end is not None and end.position > max(self._start.position, self._hashed.position):
            self._end = end
            self._hashed.end_at(end.position)

    def next_part(self) -> Part | None:
        """What comes after the part that was read; None after the last one."""
        return Part(self._end, self.head, self._hashed.hash()) if self._end else None

    def finish(self) -> tuple[int, str]:
        """Reads what no record was made of; the number of bytes and their SHA-256."""
        while self._hashed.take(_CHUNK_BYTES):
            pass
        return self._hashed.position, self._hashed.digest()

    @property
    def _is_parquet(self) -> bool:
        return self.head[:4] == PARQUET_MAGIC

    def _seekable(self) -> BinaryIO:
        """Parquet says at its end what it holds: it is read from where it lies, or, when that is
        compressed or far away, from memory."""
        if self._seekable_stream is None:
            if self.is_compressed or not self._source.can_grow:
                whole = rejoined(self.head, self.stream).read()
                self._seekable_stream = io.BytesIO(whole)
            else:
                self._seekable_stream = self._source.open()
        self._seekable_stream.seek(0)
        return self._seekable_stream

    def __enter__(self) -> Reading:
        return self

    def __exit__(self, *_: object) -> None:
        if self._seekable_stream is not None:
            self._seekable_stream.close()
        self._hashed.close()

    def _compare(self) -> None:
        """Looks the beginnings of the file up, while it is hashed for the only time."""
        size = self._source.size
        lengths = self._landed.lengths(size)
        if self.is_compressed or not self._source.can_grow:
            # Only the whole can be landed already: there is no place in it to go on from.
            lengths = [length for length in lengths if length == size]
        for length in lengths:
            while self._hashed.position < length:
                if not self._hashed.take(min(_CHUNK_BYTES, length - self._hashed.position)):
                    return
            landed_as = self._landed.format_of(length, self._hashed.digest())
            if landed_as is not None:
                self._landed_to, self._landed_as = length, landed_as

    def _decompressed(self, magic: bytes) -> io.BufferedReader:
        stream = rejoined(magic, cast(BinaryIO, self._hashed))
        for _ in range(_MAX_LAYERS):
            layer = layer_of(stream.peek(_MAGIC_BYTES)[:_MAGIC_BYTES])
            if layer is None:
                break
            self._layers.append(layer(stream, self._bounds))
            stream = rejoined(b"", cast(BinaryIO, self._layers[-1]))
        return stream


def _filled(stream: BinaryIO, size: int) -> bytes:
    """That many bytes, or all there are: one read may give fewer."""
    filled = b""
    while len(filled) < size and (more := stream.read(size - len(filled))):
        filled += more
    return filled
