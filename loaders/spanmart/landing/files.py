"""The files that a user means: named, in folders, by globs, and by URL in object storage.

A name from outside is opened, shown and landed as text; it reaches no SQL and no path of ours.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from spanmart.landing import objects


class Source(Protocol):
    """Bytes that can be read from any place on. `size` is what was seen when it was found."""

    @property
    def size(self) -> int: ...

    @property
    def can_grow(self) -> bool: ...

    def open(self, position: int = 0) -> BinaryIO:
        """From this place on; raises OSError."""
        ...


@dataclass(frozen=True)
class LocalFile:
    path: Path
    size: int
    can_grow: bool = True

    def open(self, position: int = 0) -> BinaryIO:
        # Not to wait for a writer, should a pipe have taken the place of the file since.
        opened = os.fdopen(os.open(self.path, os.O_RDONLY | os.O_NONBLOCK), "rb")
        opened.seek(position)
        return opened


@dataclass(frozen=True)
class Found:
    """A file, and whether the user named it (rather than the folder it lies in)."""

    name: str
    is_named: bool
    size: int = 0
    modified_at: datetime | None = None
    source: Source | None = None
    # Why there is no source.
    fault: str = ""


def find(
    paths: Iterable[Path | str | Found],
    *,
    since: datetime | None = None,
    apart_from: Path | None = None,
) -> Iterator[Found]:
    """Files, folders (all files below, hidden ones left out), globs, and the same in object storage
    by URL; each file once, and only what was modified at `since` (UTC) or later. What is `Found`
    already (by `spanmart pull`, in memory) comes as it is.

    The folder `apart_from` is passed over: Parquet that landed is no export.
    Raises FileNotFoundError for a path that leads nowhere.
    """
    seen: set[str] = set()
    for path in paths:
        if isinstance(path, Found):
            yield path
            continue
        for identity, found in _find_one(path, apart_from):
            if identity not in seen:
                seen.add(identity)
                if since is None or found.modified_at is None or found.modified_at >= since:
                    yield found


def readable_name(path: Path) -> str:
    """The path as text; bytes that are not UTF-8 as their escapes, which any engine can store."""
    return os.fsencode(path.as_posix()).decode("utf-8", errors="backslashreplace")


def _find_one(path: Path | str, apart_from: Path | None) -> Iterator[tuple[str, Found]]:
    if isinstance(path, str) and objects.is_url(path):
        # Imported where it is needed: object storage costs 60 ms of start-up.
        from spanmart.landing.remote_files import find_objects

        for found in find_objects(path):
            yield found.name, found
    else:
        for local, is_named in _local_paths(Path(path), apart_from):
            yield os.path.realpath(local), _found(local, is_named)


def _local_paths(path: Path, apart_from: Path | None) -> Iterator[tuple[Path, bool]]:
    if path.is_dir():
        excluded = None if apart_from is None else os.path.realpath(apart_from)
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(
                name
                for name in folders
                if not name.startswith(".")
                and os.path.realpath(os.path.join(folder, name)) != excluded
            )
            for name in sorted(names):
                if not name.startswith("."):
                    yield Path(folder, name), False
    elif os.path.lexists(path):
        # Before any thought of globs: a file may well be called `export[1].jsonl`.
        yield path, True
    else:
        matches = sorted(glob.glob(str(path), recursive=True))
        if not matches:
            raise FileNotFoundError(f"{path}: no such file, folder or match")
        for match in matches:
            if Path(match).is_file():
                yield Path(match), False


def _found(path: Path, is_named: bool) -> Found:
    name = readable_name(path)
    try:
        seen = path.stat()
    except OSError as error:
        return Found(name, is_named, fault=error.strerror or str(error))
    if not stat.S_ISREG(seen.st_mode):
        return Found(name, is_named, fault="not a regular file: land what it leads to instead")
    modified_at = datetime.fromtimestamp(seen.st_mtime, UTC)
    return Found(name, is_named, seen.st_size, modified_at, LocalFile(path, seen.st_size))
