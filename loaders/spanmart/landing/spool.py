"""Prepared batches on their way to a commit: in memory while they are few, in files when they are
many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

_COMPRESSION = pa.ipc.IpcWriteOptions(compression="lz4")


class Spool:
    """Tables by name, in the order in which they were added. Only redacted rows come here."""

    def __init__(self, directory: Path, memory_bytes: int) -> None:
        self._directory = directory
        self._limit = memory_bytes
        self._size = 0
        self._parts: dict[str, list[pa.Table | Path]] = {}

    def add(self, name: str, table: pa.Table) -> None:
        part: pa.Table | Path = table
        self._size += table.nbytes
        if self._size > self._limit:
            part = self._write(name, table)
        self._parts.setdefault(name, []).append(part)

    def tables(self, name: str) -> Iterator[pa.Table]:
        for part in self._parts.get(name, []):
            yield _read(part) if isinstance(part, Path) else part

    def clear(self) -> None:
        for parts in self._parts.values():
            for part in parts:
                if isinstance(part, Path):
                    part.unlink()
        self._parts, self._size = {}, 0

    def _write(self, name: str, table: pa.Table) -> Path:
        path = self._directory / f"{name}-{len(self._parts.get(name, []))}.arrow"
        with pa.ipc.new_file(path, table.schema, options=_COMPRESSION) as writer:
            writer.write_table(table)
        return path


def _read(path: Path) -> pa.Table:
    with pa.ipc.open_file(path) as reader:
        return reader.read_all()
