"""The rows of one table on their way to a commit: in memory while they are few, then in the file
that will be published if all of them land."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from spanmart.landing.parquet import RowGroups, TableWriter, write_table
from spanmart.landing.schemas import TABLES
from spanmart.records import Mask

_LANDED_AT = "landed_at"


class TableDraft:
    """`stamp` says with what `landed_at` rows are written before their commit; `group_bytes` is how
    much waits in memory for a row group."""

    def __init__(
        self, folder: Path, table: str, stamp: Callable[[], datetime], group_bytes: int
    ) -> None:
        self._table = table
        self._path = folder / f"{table}.draft.parquet"
        self._rewritten = folder / f"{table}.parquet"
        self._stamp = stamp
        self._groups = RowGroups(group_bytes)
        self._writer: TableWriter | None = None

    def add(self, rows: pa.Table) -> None:
        """Rows of the landed table, but for `landed_at`."""
        for group in self._groups.add(rows):
            self._write(group)

    def rows(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """All rows in the order in which they were added, some at a time."""
        self._complete()
        if self._writer is not None:
            # Not mapped into memory: pages of a mapped file count as memory of this process.
            with pq.ParquetFile(self._path, memory_map=False) as file:
                for place in range(file.num_row_groups):
                    yield file.read_row_group(place, columns)
        for rows in self._groups.waiting:
            yield rows if columns is None else rows.select(columns)

    def finished(self, mask: Mask, landed_at: datetime) -> Path | None:
        """The file of the rows that the mask marks; None where there is none."""
        if not mask.any():
            return None
        self._complete()
        if self._writer is not None and mask.all() and landed_at == self._stamp():
            return self._path
        write_table(self._rewritten, self._table, self._chosen(mask, landed_at))
        return self._rewritten

    def clear(self) -> None:
        if self._writer is not None:
            self._writer.close()
        for path in (self._path, self._rewritten):
            path.unlink(missing_ok=True)

    def _chosen(self, mask: Mask, landed_at: datetime) -> Iterator[pa.Table]:
        start = 0
        for rows in self.rows():
            chosen = mask[start : start + rows.num_rows]
            start += rows.num_rows
            if chosen.any():
                new = rows if chosen.all() else rows.filter(pa.array(chosen))
                yield _stamped(new, self._table, landed_at)

    def _write(self, group: pa.Table) -> None:
        stamped = _stamped(group, self._table, self._stamp())
        if self._writer is None:
            self._writer = TableWriter(self._path, self._table)
        self._writer.write(stamped)

    def _complete(self) -> None:
        """Where some rows are in the file, all of them are."""
        if self._writer is not None and not self._writer.is_closed:
            for group in self._groups.rest():
                self._write(group)
            self._writer.close()


def _stamped(rows: pa.Table, table: str, landed_at: datetime) -> pa.Table:
    schema = TABLES[table]
    stamp = pa.repeat(pa.scalar(landed_at, schema.field(_LANDED_AT).type), rows.num_rows)
    columns = [stamp if name == _LANDED_AT else rows.column(name) for name in schema.names]
    return pa.table(columns, names=schema.names)
