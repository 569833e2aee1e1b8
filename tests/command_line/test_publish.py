"""A reader of the warehouse sees the old one whole, then the new one whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from spanmart.warehouse.publish import StillOpen, next_warehouse, publish


def build(warehouse: Path, number: int) -> None:
    """As dbt does: a view that names its catalogue, over a table."""
    with duckdb.connect(str(warehouse)) as connection:
        catalogue = warehouse.stem
        connection.execute(
            f"create or replace table {catalogue}.main.facts as select {number} as n"
        )
        connection.execute(
            f"create or replace view {catalogue}.main.shown as select n from {catalogue}.main.facts"
        )


def read_in_a_new_process(warehouse: Path) -> int:
    """DuckDB shares an open file within a process, so only a new one sees what others would."""
    code = (
        "import duckdb, sys;"
        "print(duckdb.connect(sys.argv[1], read_only=True).execute('from shown').fetchall()[0][0])"
    )
    return int(subprocess.check_output([sys.executable, "-c", code, str(warehouse)]))


def test_the_first_build_is_published(tmp_path: Path) -> None:
    warehouse = tmp_path / "spanmart.duckdb"
    building = next_warehouse(warehouse)
    build(building, 1)
    publish(building, warehouse)
    assert read_in_a_new_process(warehouse) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["spanmart.duckdb"]


def test_an_open_reader_keeps_the_old_warehouse_and_a_new_one_sees_the_new(tmp_path: Path) -> None:
    warehouse = tmp_path / "spanmart.duckdb"
    build(warehouse, 1)
    building = next_warehouse(warehouse)
    with duckdb.connect(str(warehouse), read_only=True) as reader:
        build(building, 2)
        publish(building, warehouse)
        assert reader.execute("from shown").fetchall() == [(1,)]
        assert read_in_a_new_process(warehouse) == 2


def test_a_build_starts_from_what_is_published(tmp_path: Path) -> None:
    warehouse = tmp_path / "spanmart.duckdb"
    build(warehouse, 7)
    assert read_in_a_new_process(next_warehouse(warehouse)) == 7


def test_commits_of_a_killed_writer_are_carried_along(tmp_path: Path) -> None:
    warehouse = tmp_path / "spanmart.duckdb"
    build(warehouse, 1)
    code = (
        "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]);"
        "c.execute('update facts set n = 2'); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(warehouse)], check=False)
    assert warehouse.with_name("spanmart.duckdb.wal").exists(), "the case needs a log"
    assert read_in_a_new_process(next_warehouse(warehouse)) == 2


def test_what_was_not_closed_is_not_published(tmp_path: Path) -> None:
    warehouse = tmp_path / "spanmart.duckdb"
    build(warehouse, 1)
    building = next_warehouse(warehouse)
    build(building, 2)
    building.with_name(building.name + ".wal").write_bytes(b"more")
    with pytest.raises(StillOpen):
        publish(building, warehouse)
    assert read_in_a_new_process(warehouse) == 1
