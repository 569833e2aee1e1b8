"""A landing directory and the rows in it as a warehouse would read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from spanmart.landing import LandResult, land
from spanmart.settings import Settings

Row = dict[str, Any]
# One for all tests, so that hashes can be compared between landing directories.
SECRET = "the key of the tests"

# What differs from load to load for the same records.
LINEAGE = ("source_file", "source_format", "record_number", "load_id", "landed_at", "landed_on")


class Landing:
    """A landing directory with what tests ask of it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def land(self, *paths: Path | str, **options: Any) -> LandResult:
        return land(paths, landing=self.root, **({"settings": Settings()} | options))

    def rows(self, table: str, keep_lineage: bool = False) -> list[Row]:
        """The rows of loads that are in the ledger, maps as dicts, in an order of their own."""
        connection = duckdb.connect()
        loads = self.root / "loads" / "*" / "*.parquet"
        found = connection.execute(
            "select * from read_parquet(?, hive_partitioning = true) as landed"
            " where load_id in (select load_id from read_parquet(?))",
            [str(self.root / table / "*" / "*.parquet"), str(loads)],
        )
        names = [each[0] for each in found.description or []]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        if not keep_lineage:
            rows = [{k: v for k, v in row.items() if k not in LINEAGE} for row in rows]
        return sorted(rows, key=repr)

    def files(self) -> list[str]:
        return sorted(
            path.relative_to(self.root).as_posix()
            for path in self.root.rglob("*")
            if path.is_file()
        )


def untrue(landing: Landing) -> list[tuple[Any, ...]]:
    """Landed spans whose `attribute_keys` are not the keys of their map, and hashes that several
    resources share or one resource has several of: by the maps as DuckDB reads them."""
    connection = duckdb.connect()
    connection.execute(
        "create view spans as select * from"
        f" read_parquet('{landing.root}/spans/*/*.parquet', hive_partitioning = false)"
    )
    wrong_keys = connection.execute(r"""
        select 'keys', span_id, attribute_keys, map_keys(attributes)
        from spans
        where attribute_keys is distinct from array_to_string(
            [replace(key, chr(31), '?') for key in map_keys(attributes)], chr(31)
        )
    """)
    found = wrong_keys.fetchall()
    wrong_hashes = connection.execute("""
        with resources as (
            select distinct
                resource_hash,
                coalesce(cast(map_entries(resource_attributes) as varchar), '[]') as entries
            from spans
        )
        select 'resource', resource_hash, entries
        from resources
        qualify
            resource_hash is null
            or count(*) over (partition by resource_hash) > 1
            or count(*) over (partition by entries) > 1
    """)
    return found + wrong_hashes.fetchall()
