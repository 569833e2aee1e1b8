"""A night whose check fails, with the real steps."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.heavy
def test_a_critical_failure_stops_the_night_before_dbt(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    # A project without a model: were dbt asked to build it, it would say so.
    (project / "dbt_project.yml").write_text("name: of_a_test\n")
    # Every span of the example is older than this, and so from no time that is believed.
    (project / "checks.yml").write_text("settings: {oldest_year: 2100}\n")
    landing, warehouse = tmp_path / "landing", tmp_path / "warehouse" / "night.duckdb"
    warehouse.parent.mkdir()
    warehouse.write_bytes(b"the night before")
    example = ROOT / "examples" / "exports" / "otel_genai_openai"
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "spanmart.cli", "nightly", str(example)),
            *("--landing", str(landing), "--warehouse", str(warehouse)),
        ],
        env={**os.environ, "DBT_PROJECT_DIR": str(project), "SPANMART_HASH_KEY": "of a test"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "FAILED   spans.not_older_than_telemetry: 255 of 255" in ran.stdout
    assert "Find the exporter that writes seconds or milliseconds" in ran.stdout
    report = landing / "checks" / "index.html"
    assert f"nothing was built; what to do: {report}" in ran.stdout
    assert report.is_file()
    assert "-- build" not in ran.stdout and "is as it was before" in ran.stdout
    assert warehouse.read_bytes() == b"the night before"
    assert not (project / "target").exists()
