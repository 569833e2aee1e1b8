"""The demo's warehouse, built once for all tests that read it, by the command that a user types."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Demo:
    connection: duckdb.DuckDBPyConnection
    manifest: dict[str, Any]

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        result = self.connection.execute(query, list(values))
        columns = [column[0] for column in result.description or []]
        return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    subprocess.run(
        [sys.executable, "-m", "spanmart.cli", "demo", "--dir", str(folder), "--no-headlines"],
        cwd=ROOT,
        env=os.environ | {"SPANMART_HASH_KEY": "for tests", "PYTHONPATH": str(ROOT / "loaders")},
        check=True,
    )
    warehouse = folder / "warehouse" / "spanmart.duckdb"
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        yield Demo(connection, json.loads((folder / "traffic" / "manifest.json").read_bytes()))
