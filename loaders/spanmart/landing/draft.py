"""A commit in the making: its tables are written as batches come, as if all of it were new.

Most of what lands is new, and nobody else commits meanwhile; then the files that were written are
those that are published. Where the commit finds it otherwise (records that are landed already, a
file that broke, another lander that came first), a table is written again without what must not
land. What decides which rows are new (hash, time, load) is in memory throughout, 36 bytes a row,
and so are the keys of the content: some 30 bytes for each piece that is here or landed lately.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from spanmart.landing.keys import Halves, KeySet, keys
from spanmart.landing.ledger import Ledger
from spanmart.landing.load import Load
from spanmart.landing.newness import HASH_COLUMN, TIME_COLUMN, landed, looked_back
from spanmart.landing.parquet import ROW_GROUP_BYTES
from spanmart.landing.schemas import TABLES
from spanmart.landing.store import Store, storing
from spanmart.landing.table_draft import TableDraft
from spanmart.records import Mask
from spanmart.stages import stage

UNKNOWN_TIME = np.iinfo(np.int64).min
_LINEAGE = ("source", "source_format", "source_file", "load_id")
_STAMPED_LATER = "landed_at"


@dataclass(frozen=True)
class RowKeys:
    """Of every row of a table, in the order of the draft. `time` is UNKNOWN_TIME where there is
    none, `load` the place of the load in the order in which loads were added."""

    hash: Halves
    time: npt.NDArray[np.int64]
    load: npt.NDArray[np.int32]
    redactions: npt.NDArray[np.int64]


class Draft:
    """Tables by name, each with its rows in the order in which they were added; of content, each
    piece once. Only redacted rows come here. Without a directory (a dry run) only keys are kept."""

    def __init__(self, store: Store, directory: Path | None, memory_bytes: int) -> None:
        self._store = store
        self._directory = directory
        self._group_bytes = min(memory_bytes, ROW_GROUP_BYTES)
        self.clear()

    def add(self, name: str, table: pa.Table, load: Load) -> None:
        if self._directory is None:
            self._keys.setdefault(name, []).append(_row_keys(name, table, load))
            return
        with stage("write"), storing(str(self._directory)):
            if name == "artifacts":
                table = table.filter(pa.array(self._unseen(table)))
            self._keys.setdefault(name, []).append(_row_keys(name, table, load))
            self._table(self._directory, name).add(_with_lineage(table, name, load))

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

    def rows(self, name: str, columns: Sequence[str]) -> Iterator[pa.Table]:
        """The rows that `keys` tells of, some at a time; none in a dry run."""
        if name in self._tables:
            yield from self._tables[name].rows(columns)

    def landed_at(self, ledger: Ledger) -> datetime:
        """When the commit lands: what is stamped on the rows that are written already, unless
        another lander has committed since."""
        if self._stamp is not None and ledger.is_before(self._stamp):
            return self._stamp
        return ledger.next_landed_at()

    def is_known(self, commit_id: str) -> bool:
        """Whether content that landed with this commit did not come into the draft at all."""
        return commit_id in self._known

    def finished(self, name: str, mask: Mask, landed_at: datetime) -> Path | None:
        """The file of a table with the rows that the mask marks; None where there is none."""
        return self._tables[name].finished(mask, landed_at)

    def clear(self) -> None:
        for table in getattr(self, "_tables", {}).values():
            table.clear()
        self._tables: dict[str, TableDraft] = {}
        self._keys: dict[str, list[RowKeys]] = {}
        self._stamp: datetime | None = None
        self._content: KeySet | None = None
        self._known: set[str] = set()

    def _table(self, directory: Path, name: str) -> TableDraft:
        if name not in self._tables:
            self._tables[name] = TableDraft(directory, name, self._stamped_at, self._group_bytes)
        return self._tables[name]

    def _stamped_at(self) -> datetime:
        if self._stamp is None:
            self._stamp = self._store.ledger().next_landed_at()
        return self._stamp

    def _unseen(self, artifacts: pa.Table) -> Mask:
        """Content that has not landed lately, was not erased and is not in the draft yet."""
        if self._content is None:
            self._content = KeySet()
            ledger = self._store.ledger()
            commits = looked_back(self._store, ledger)
            for some in landed(self._store, "artifacts", commits):
                self._content.add(some)
            self._content.add(keys(self._store.erased_artifacts()))
            self._known = {each.id for each in commits}
        return self._content.add(keys(artifacts.column(HASH_COLUMN["artifacts"])))


def _row_keys(name: str, table: pa.Table, load: Load) -> RowKeys:
    rows = table.num_rows
    times = np.full(rows, UNKNOWN_TIME)
    if name in TIME_COLUMN:
        column = table.column(TIME_COLUMN[name])
        times = column.fill_null(int(UNKNOWN_TIME)).to_numpy()
    return RowKeys(
        keys(table.column(HASH_COLUMN[name])),
        times,
        np.full(rows, load.place, dtype=np.int32),
        table.column("redaction_count").to_numpy(),
    )


def _with_lineage(rows: pa.Table, table: str, load: Load) -> pa.Table:
    """All columns of the landed table but the last; what is the same in each row stands once."""
    columns = {}
    for each in TABLES[table]:
        if each.name == _STAMPED_LATER:
            continue
        if each.name in rows.column_names:
            columns[each.name] = rows.column(each.name)
        elif each.name in _LINEAGE:
            value = pa.scalar(getattr(load, each.name), each.type)
            columns[each.name] = pa.repeat(value, rows.num_rows)
        else:
            columns[each.name] = pa.nulls(rows.num_rows, each.type)
    return pa.table(columns)
