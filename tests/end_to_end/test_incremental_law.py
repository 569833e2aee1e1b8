"""The law: any order, any batching, any duplication of the same exports gives the same tables as
one full refresh."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest
from built_project import BuiltProject
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from otlp_json import SECOND, Feedback, LogRecord, Record, Span, trace_id, write
from worlds import World, worlds

from spanmart.landing import land

pytestmark = pytest.mark.heavy

MART_FOLDERS = ("facts", "marts.cost", "marts.failures", "marts.truncation")
EVERYTHING = tuple(f"+{folder}" for folder in MART_FOLDERS)
LOADS = 3
WORLDS = 8
DAY = 86_400_000
# What differs from load to load for the same exports.
LINEAGE = ("landed_at", "evaluated_at")


class Nights:
    """A landing and its warehouse, which grow load by load."""

    def __init__(self, project: BuiltProject, folder: Path, seeded: Path) -> None:
        self.project = project
        self.folder = folder
        self.landing = folder / "landing"
        self.warehouse = folder / "spanmart.duckdb"
        self._loads = count()
        folder.mkdir(parents=True)
        shutil.copy(seeded, self.warehouse)

    def land(self, records: Iterable[Record]) -> int:
        """How many of the records were new."""
        files = write(self.folder / f"load {next(self._loads)}", records)
        return land(files, landing=self.landing, source="tests").total("records_landed")

    def build(self, *arguments: str, select: Sequence[str] = ("+request_trace",)) -> None:
        self.project.run(
            "run", "-s", *select, *arguments, warehouse=self.warehouse, landing=self.landing
        )

    def copy(self) -> Path:
        return Path(shutil.copy(self.warehouse, self.folder / "before.duckdb"))


NewNights = Callable[[], Nights]


@pytest.fixture(scope="module")
def new_nights(
    tmp_path_factory: pytest.TempPathFactory, spanmart_project: BuiltProject
) -> NewNights:
    folder = tmp_path_factory.mktemp("nights")
    # The seeds read no landing, and are the same for all. A parsed manifest knows the warehouse by
    # its catalogue, which is the name of the file.
    seeded, numbers = folder / "spanmart.duckdb", count()
    spanmart_project.run("seed", warehouse=seeded, landing=folder)
    return lambda: Nights(spanmart_project, folder / f"nights {next(numbers)}", seeded)


def differences(one: Path, other: Path) -> dict[str, list[tuple[Any, ...]]]:
    """By table, the rows that only one of the two warehouses has: (which one, count, row)."""
    with duckdb.connect() as connection:
        for name, path in (("one", one), ("other", other)):
            connection.execute(f"attach '{path}' as {name} (read_only)")
        tables = connection.execute(
            """
            select schema_name || '.' || table_name from duckdb_tables()
            where database_name = 'one' and schema_name in ('facts', 'marts') order by all
            """
        ).fetchall()
        found = {}
        for (table,) in tables:
            rows = {
                name: f"select {columns(connection, name, table)} from {name}.{table}"
                for name in ("one", "other")
            }
            only = connection.execute(
                f"""
                select 'one' as warehouse, * from ({rows["one"]} except all {rows["other"]})
                union all
                select 'other' as warehouse, * from ({rows["other"]} except all {rows["one"]})
                order by all
                """
            ).fetchall()
            if only:
                found[table] = only
        assert len(tables) >= 15
        return found


def columns(connection: duckdb.DuckDBPyConnection, database: str, table: str) -> str:
    """The columns that are no lineage. Sums in another order differ in the last bits of a double."""
    described = connection.execute(f"describe {database}.{table}").fetchall()
    return ", ".join(
        f"format('{{:.11e}}', {name}) as {name}" if kind == "DOUBLE" else name
        for name, kind, *_ in described
        if name not in LINEAGE
    )


@st.composite
def universes(draw: st.DrawFn) -> list[World]:
    many = draw(st.integers(1, WORLDS))
    return [draw(worlds(f"world {number}", LOADS)) for number in range(many)]


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    # An example takes half a minute. What differs names its world, which is all that shrinking would tell.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(universe=universes())
def test_any_order_batching_and_duplication(universe: list[World], new_nights: NewNights) -> None:
    everything = [landed for world in universe for landed in world]
    night_by_night = new_nights()
    for load in range(LOADS):
        night_by_night.land(landed.record for landed in everything if load in landed.loads)
        night_by_night.build(select=EVERYTHING if load == LOADS - 1 else ("+request_trace",))
    at_once = new_nights()
    at_once.land(landed.record for landed in everything)
    at_once.build("--full-refresh", select=EVERYTHING)
    assert differences(night_by_night.warehouse, at_once.warehouse) == {}
