"""Settings that could only end in wrong tables stop a run before it begins, in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from built_project import BuiltProject, Failed

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ({"coverage_drop": 10}, "coverage_drop is 10: give a number from 0 to 1, a share"),
        (
            {"regression_min_tasks": 2, "regression_min_tasks_per_stratum": 5},
            "no stratum of the smallest comparison could count",
        ),
    ],
)
def test_a_setting_that_cannot_mean_anything_is_refused(
    tmp_path: Path,
    setting: dict[str, Any],
    complaint: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "empty").mkdir()
    project = BuiltProject(tmp_path, setting)
    # What an operation says of itself is only that it failed; why, it prints.
    with pytest.raises(Failed):
        project.run(
            *("run-operation", "refuse_contradictory_settings"),
            warehouse=tmp_path / "warehouse.duckdb",
            landing=tmp_path / "empty",
        )
    assert complaint in capfd.readouterr().out
