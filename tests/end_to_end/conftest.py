"""Two warehouses, each built once for all tests that read it: the demo's, by the command that a
user types, and that of the captures and the cases."""

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
import yaml

# pytest's importlib mode leaves a test's folder off the path, and these tests share modules.
sys.path.insert(0, str(Path(__file__).parent))

from agentevals import recordings
from built_project import ROOT, BuiltProject, Warehouse, reading
from capture_truth import CAPTURES, VENDOR_FORMS
from case_spans import case_spans
from context_spans import OWN_NAMES, context_spans
from dialect_spans import dialect_spans
from otlp_json import write

from spanmart.landing import land
from spanmart.settings import Settings

# The same spans three times; each folder is landed from one of them, in turn.
ENCODINGS = ("spans.otlphttp.jsonl", "spans.otlphttp.lenpb", "spans.otlp.jsonl")


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


@pytest.fixture(scope="session", autouse=True)
def _same_secret() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPANMART_HASH_KEY", "the key of the tests")
        yield


@pytest.fixture(scope="session")
def attribute_aliases() -> dict[str, list[str]]:
    """The shipped setting for the captures' application, and that of the one in context_spans."""
    shipped = yaml.safe_load((ROOT / "examples" / "vars.yml").read_text(encoding="utf-8"))
    aliases: dict[str, list[str]] = {**shipped["attribute_aliases"]}
    for name, keys in OWN_NAMES.items():
        aliases[name] = [*aliases.get(name, []), *keys]
    return aliases


@pytest.fixture(scope="session")
def spanmart_project(
    tmp_path_factory: pytest.TempPathFactory, attribute_aliases: dict[str, list[str]]
) -> BuiltProject:
    folder = tmp_path_factory.mktemp("project")
    return BuiltProject(folder, {"attribute_aliases": attribute_aliases})


@pytest.fixture(scope="session")
def landing(
    tmp_path_factory: pytest.TempPathFactory, attribute_aliases: dict[str, list[str]]
) -> Path:
    """The captures and the published recordings (each a source), the published cases, the dialects,
    and the application of context_spans."""
    folder = tmp_path_factory.mktemp("landed")
    landing = folder / "landing"
    for number, capture in enumerate(sorted(CAPTURES.iterdir()) if CAPTURES.is_dir() else ()):
        present = [capture / name for name in ENCODINGS if (capture / name).is_file()]
        if present:
            files = [present[number % len(present)], *capture.glob("logs.otlphttp.jsonl")]
            assert land(files, landing=landing, source=capture.name).exit_code == 0
    for source, path in VENDOR_FORMS.items() if CAPTURES.is_dir() else ():
        assert land([CAPTURES / path], landing=landing, source=source).exit_code == 0
    for recording in recordings():
        assert land([recording.path], landing=landing, source=recording.name).exit_code == 0
    land(write(folder / "cases", case_spans()), landing=landing, source="cases")
    land(write(folder / "dialects", dialect_spans()), landing=landing, source="dialects")
    # The loader hashes what the dbt project's setting calls a user.
    project = folder / "project_of_the_application"
    project.mkdir()
    variables = {"vars": {"spanmart": {"attribute_aliases": attribute_aliases}}}
    (project / "dbt_project.yml").write_text(yaml.safe_dump(variables))
    files = write(folder / "context", context_spans())
    land(files, landing=landing, source="context", settings=Settings.load(project))
    return landing


@pytest.fixture(scope="session")
def built(
    tmp_path_factory: pytest.TempPathFactory, spanmart_project: BuiltProject, landing: Path
) -> Iterator[Warehouse]:
    """One `dbt build` of that landing, with every data test."""
    warehouse = tmp_path_factory.mktemp("built") / "spanmart.duckdb"
    arguments = ("build", "--exclude-resource-type", "unit_test")
    spanmart_project.run(*arguments, warehouse=warehouse, landing=landing)
    with reading(warehouse) as opened:
        yield opened
