"""Prepared batches on their way to a commit: in memory while they are few, in files when they are
many. What decides which of their rows are new (hash, time, load) is kept in memory throughout: 36
bytes a record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from spanmart.landing.keys import Halves, keys
from spanmart.landing.store import storing
from spanmart.stages import stage

_COMPRESSION = pa.ipc.IpcWriteOptions(compression="lz4")
# The column by which rows of a table are told apart, and that which prunes where to look for them.
HASH_COLUMN = {
    "spans": "record_hash",
    "log_records": "record_hash",
    "feedback": "record_hash",
    "vendor_usage": "record_hash",
    "artifacts": "artifact_id",
}
TIME_COLUMN = {
    "spans": "start_time_unix_nano",
    "log_records": "time_unix_nano",
    "feedback": "time_unix_nano",
    "vendor_usage": "start_time_unix_nano",
}
UNKNOWN_TIME = np.iinfo(np.int64).min


@dataclass(frozen=True)
class RowKeys:
    """Of every row of a table, in the order of the spool. `time` is UNKNOWN_TIME where there is
    none, `load` the place of the load in the order in which loads were added."""

    hash: Halves
    time: npt.NDArray[np.int64]
    load: npt.NDArray[np.int32]
    redactions: npt.NDArray[np.int64]


class Spool:
    """Tables by name, in the order in which they were added. Only redacted rows come here."""

    def __init__(self, directory: Path, memory_bytes: int, keeps_rows: bool = True) -> None:
        self._directory = directory
        self._limit = memory_bytes
        self._keeps_rows = keeps_rows
        self.clear()

    def add(self, name: str, table: pa.Table, load: int) -> None:
        self._keys.setdefault(name, []).append(_row_keys(name, table, load))
        if not self._keeps_rows:
            return
        part: pa.Table | Path = table
        self._size += table.nbytes
        if self._size > self._limit:
            part = self._write(name, table)
        self._parts.setdefault(name, []).append(part)

    def keys(self, name: str) -> RowKeys | None:
        """None when the table has no rows."""
        parts = self._keys.get(name)
        if not parts:
            return None
        if len(parts) > 1:
            # Once: the parts go, so that the keys are in memory once.
            parts[:] = [
                RowKeys(
                    *(
                        np.concatenate([getattr(part, each) for part in parts])
                        for each in ("hash", "time", "load", "redactions")
                    )
                )
            ]
        return parts[0]

    def tables(self, name: str) -> Iterator[pa.Table]:
        for part in self._parts.get(name, []):
            yield _read(part) if isinstance(part, Path) else part

    def clear(self) -> None:
        for parts in getattr(self, "_parts", {}).values():
            for part in parts:
                if isinstance(part, Path):
                    part.unlink()
        self._parts: dict[str, list[pa.Table | Path]] = {}
        self._keys: dict[str, list[RowKeys]] = {}
        self._size = 0

    def _write(self, name: str, table: pa.Table) -> Path:
        path = self._directory / f"{name}-{len(self._parts.get(name, []))}.arrow"
        with (
            stage("write"),
            storing(str(self._directory)),
            pa.ipc.new_file(path, table.schema, options=_COMPRESSION) as writer,
        ):
            writer.write_table(table)
        return path


def _row_keys(name: str, table: pa.Table, load: int) -> RowKeys:
    rows = table.num_rows
    times = np.full(rows, UNKNOWN_TIME)
    if name in TIME_COLUMN:
        column = table.column(TIME_COLUMN[name])
        times = column.fill_null(int(UNKNOWN_TIME)).to_numpy()
    return RowKeys(
        keys(table.column(HASH_COLUMN[name])),
        times,
        np.full(rows, load, dtype=np.int32),
        table.column("redaction_count").to_numpy(),
    )


def _read(path: Path) -> pa.Table:
    # Not mapped into memory: pages of a mapped file count as memory of this process.
    with pa.OSFile(str(path)) as file, pa.ipc.open_file(file) as reader:
        return reader.read_all()
