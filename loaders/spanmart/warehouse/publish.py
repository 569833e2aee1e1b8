"""Build beside the warehouse and swap: a reader sees the old one whole, then the new one whole.

DuckDB takes one writer or many readers of a file, never both, so an open BI tool would block a
build in place, and a build that fails half way would leave half a warehouse. The copy keeps its
file name, in a folder of its own, because views in it name their catalogue, and DuckDB names that
after the file.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

NEXT = ".next"


def next_warehouse(warehouse: Path) -> Path:
    """A copy of `warehouse` to build into; where there is none yet, the place for a first one."""
    folder = warehouse.parent / NEXT
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # A killed writer leaves its last commits in the log beside the file: they belong together.
    for part in (warehouse, _log_of(warehouse)):
        if part.exists():
            shutil.copy2(part, folder / part.name)
    return folder / warehouse.name


def publish(built: Path, warehouse: Path) -> None:
    """Put `built` in the place of `warehouse`, in one step."""
    if _log_of(built).exists():
        raise StillOpen(f"{built} was not closed cleanly (it has a log beside it): not published")
    # The old file's log, were there one, must not be read into the new file.
    _log_of(warehouse).unlink(missing_ok=True)
    os.replace(built, warehouse)
    shutil.rmtree(built.parent, ignore_errors=True)


class StillOpen(Exception):
    """The built warehouse has commits that are not in its file yet."""


def _log_of(warehouse: Path) -> Path:
    return warehouse.with_name(warehouse.name + ".wal")
