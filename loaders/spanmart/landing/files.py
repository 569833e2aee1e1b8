"""The files that a user means, and their bytes decompressed; what they are shows in the bytes."""

from __future__ import annotations

import glob
import hashlib
import io
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import zstandard

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_CHUNK_BYTES = 1 << 20
# A compressed file may have been compressed again on its way; deeper is no export but an attack.
_MAX_LAYERS = 2
# zlib's word for "gzip header and checksum".
_GZIP_WINDOW = 31


@dataclass(frozen=True)
class Found:
    """A file, and whether the user named it (rather than the folder it lies in)."""

    path: Path
    is_named: bool


def find(paths: Iterable[Path]) -> Iterator[Found]:
    """Files, folders (all files below, hidden ones left out) and globs, each file once."""
    seen: set[Path] = set()
    for path in paths:
        for found in _find_one(path):
            resolved = found.path.resolve()
            if resolved not in seen:
                seen.add(resolved)
                yield found


def _find_one(path: Path) -> Iterator[Found]:
    if path.is_dir():
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if not name.startswith("."):
                    yield Found(Path(folder, name), is_named=False)
    elif path.exists():
        yield Found(path, is_named=True)
    else:
        matches = sorted(glob.glob(str(path), recursive=True))
        if not matches:
            raise FileNotFoundError(f"{path}: no such file, folder or match")
        for match in matches:
            if Path(match).is_file():
                yield Found(Path(match), is_named=False)


def sha256_of(path: Path) -> str:
    """Of the bytes as they lie on disk: what `sha256sum` says, and cheap beside reading the
    file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Content:
    """A file's bytes, decompressed as they are read. After reading, `damage` says what broke, if it
    did."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._layers: list[_Inflating] = []
        self.stream: io.BufferedReader = self._file
        for _ in range(_MAX_LAYERS):
            magic = self.stream.peek(4)[:4]
            if magic[:2] == _GZIP_MAGIC:
                layer = _Inflating(self.stream, _Gzip)
            elif magic == _ZSTD_MAGIC:
                layer = _Inflating(self.stream, _Zstd)
            else:
                break
            self._layers.append(layer)
            self.stream = io.BufferedReader(layer, _CHUNK_BYTES)

    @property
    def damage(self) -> str | None:
        return next((layer.damage for layer in self._layers if layer.damage), None)

    @property
    def position(self) -> int:
        """Bytes of the file that were read."""
        return self._file.tell()

    def __enter__(self) -> Content:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


class _Decompressor(Protocol):
    """One gzip member or zstd frame: files may hold several, one after the other."""

    def feed(self, data: bytes) -> bytes: ...

    @property
    def ended(self) -> bool: ...

    @property
    def unused(self) -> bytes: ...


class _Gzip:
    def __init__(self) -> None:
        self._inner = zlib.decompressobj(_GZIP_WINDOW)

    def feed(self, data: bytes) -> bytes:
        return self._inner.decompress(data)

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
        return self._inner.decompress(data)

    @property
    def ended(self) -> bool:
        return bool(self._inner.eof)

    @property
    def unused(self) -> bytes:
        return bytes(self._inner.unused_data)


class _Inflating(io.RawIOBase):
    """Gives all that can be decompressed; damage ends the stream instead of losing what came
    before."""

    def __init__(self, source: BinaryIO, kind: type[_Decompressor]) -> None:
        self._source = source
        self._kind = kind
        self._current: _Decompressor | None = None
        self._ready = memoryview(b"")
        self._input = b""
        self.damage: str | None = None

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
        if self.damage:
            return False
        # A small step bounds what one step of a very dense file can become.
        data = self._input or self._source.read(_CHUNK_BYTES // 16)
        self._input = b""
        if not data:
            if self._current is not None:
                self.damage = "the compressed data ends early"
            return False
        current = self._current or self._kind()
        try:
            self._ready = memoryview(current.feed(data))
        except (zlib.error, zstandard.ZstdError) as error:
            self.damage = f"the compressed data is damaged: {error}"
            return False
        self._current = current
        if current.ended:
            self._input, self._current = current.unused, None
        return True
