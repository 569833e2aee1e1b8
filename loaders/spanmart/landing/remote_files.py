"""Inputs in object storage: one object, all below a prefix, or what a glob matches."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

import obstore

from spanmart.landing import objects
from spanmart.landing.files import Found

# A request for each of these would cost more than the bytes.
_CHUNK_BYTES = 4 << 20
_GLOB = re.compile(r"[*?\[]")
_GLOBS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_IS_SET = re.compile(r"\[!?[^]]+\]")


@dataclass(frozen=True)
class RemoteFile:
    """One version of an object: when it is replaced while it is read, reading fails."""

    url: str
    store: Any = field(repr=False)
    key: str
    size: int
    e_tag: str | None
    # Objects are replaced whole. That one begins as another did would cost a second download of
    # nearly every object to find out, and saves nothing but the decoding of what is known.
    can_grow: bool = False

    def open(self, position: int = 0) -> BinaryIO:
        options: dict[str, Any] = {"if_match": self.e_tag} if self.e_tag else {}
        if position:
            options["range"] = {"offset": position}
        with objects.as_os_errors(self.url):
            answer = obstore.get(self.store, self.key, options=cast(Any, options))
            chunks = iter(answer.stream(min_chunk_size=_CHUNK_BYTES))
        return cast(BinaryIO, io.BufferedReader(_Stream(self.url, chunks), _CHUNK_BYTES))


def find_objects(url: str) -> Iterator[Found]:
    """Raises FileNotFoundError when nothing is there, OSError when it cannot be asked."""
    bucket, key = objects.split(url)
    store = objects.open_bucket(bucket)
    with objects.as_os_errors(url):
        magic = _GLOB.search(key)
        if key and not magic and not key.endswith("/"):
            try:
                named = obstore.head(store, key)
            except FileNotFoundError:
                # No object of this name: a prefix, as a folder is named without its slash.
                pass
            else:
                yield _found(bucket, store, named, is_named=True)
                return
        folder = key[: magic.start()].rpartition("/")[0] if magic else key.rstrip("/")
        wanted = re.compile(_as_regex(key)) if magic else None
        any_found = False
        for page in obstore.list(store, folder or None):
            for each in page:
                if _is_wanted(each["path"], folder, wanted):
                    any_found = True
                    yield _found(bucket, store, each, is_named=False)
    if not any_found:
        raise FileNotFoundError(f"{url}: no such object, prefix or match")


def _found(bucket: str, store: Any, meta: Any, is_named: bool) -> Found:
    url = f"{bucket}/{meta['path']}"
    source = RemoteFile(url, store, meta["path"], meta["size"], meta["e_tag"])
    return Found(url, is_named, meta["size"], meta["last_modified"], source)


def _is_wanted(key: str, folder: str, wanted: re.Pattern[str] | None) -> bool:
    """As in a local folder: nothing hidden, unless a glob asks for it."""
    if wanted is not None:
        return bool(wanted.fullmatch(key))
    below = key[len(folder) :].strip("/").split("/")
    return not any(part.startswith(".") for part in below)


def _as_regex(pattern: str) -> str:
    """A glob as in a shell: `*` stays in its folder, `**` does not."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[!?[^]]+\])", pattern)
    return "".join(
        _GLOBS.get(part)
        or (part.replace("[!", "[^", 1) if _IS_SET.fullmatch(part) else re.escape(part))
        for part in parts
    )


class _Stream(io.RawIOBase):
    """Chunks of a download as a file."""

    def __init__(self, url: str, chunks: Iterator[Any]) -> None:
        self._url = url
        self._chunks = chunks
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with objects.as_os_errors(self._url):
            while not self._ready:
                chunk = next(self._chunks, None)
                if chunk is None:
                    return 0
                self._ready = memoryview(chunk).cast("B")
        data = self._ready[: len(buffer)]
        buffer[: len(data)] = data
        self._ready = self._ready[len(data) :]
        return len(data)
