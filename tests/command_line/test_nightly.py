"""A night: what follows what, and what a failure leaves. The steps are tested elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from filelock import FileLock

from spanmart.commands import nightly

NEW = "new warehouse"


class Night:
    """Stands in for the steps: answers with the codes given and writes down what was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.codes: dict[str, int] = {}
        self.asked: list[str] = []
        self.arguments: dict[str, list[str]] = {}
        self.places: dict[str, str] = {}
        self.warehouse = folder / "warehouse" / "spanmart.duckdb"
        self.landing = folder / "landing"
        monkeypatch.setattr(nightly, "run_command", self._command)
        monkeypatch.setattr(nightly, "run_dbt", self._dbt)

    def run(self, *arguments: str) -> Result:
        places = ["--landing", str(self.landing), "--warehouse", str(self.warehouse)]
        return CliRunner().invoke(nightly.command, [*places, *arguments])

    def _command(self, name: str, arguments: Sequence[str], settings: Mapping[str, str]) -> int:
        self.asked.append(name)
        self.arguments[name] = list(arguments)
        return self.codes.get(name, 0)

    def _dbt(self, arguments: Sequence[str], settings: Mapping[str, str]) -> int:
        self.asked.append("dbt")
        self.arguments["dbt"] = list(arguments)
        self.places = dict(settings)
        built = Path(settings["SPANMART_WAREHOUSE"])
        assert built != self.warehouse, "readers keep the old warehouse while dbt builds"
        built.write_text(NEW)
        return self.codes.get("dbt", 0)


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Night:
    return Night(monkeypatch, tmp_path)


def test_a_good_night_publishes(night: Night) -> None:
    result = night.run("--source", "web", "exports")
    assert result.exit_code == 0, result.output
    assert night.asked == ["land", "check", "dbt"]
    assert night.arguments["land"][-4:] == ["--source", "web", "--", "exports"]
    assert night.warehouse.read_text() == NEW
    assert "is up to date" in result.output


@pytest.mark.parametrize(
    ("failing", "code", "asked"),
    [
        ("land", 1, ["land"]),
        ("check", 1, ["land", "check"]),
        ("dbt", 1, ["land", "check", "dbt"]),
        ("dbt", 2, ["land", "check", "dbt"]),
    ],
)
def test_a_failure_stops_the_night_and_leaves_the_warehouse(
    night: Night, failing: str, code: int, asked: list[str]
) -> None:
    night.warehouse.parent.mkdir()
    night.warehouse.write_text("old warehouse")
    night.codes[failing] = code
    result = night.run("exports")
    assert result.exit_code == code
    assert night.asked == asked
    assert night.warehouse.read_text() == "old warehouse"
    assert "is as it was before" in result.output


def test_a_night_that_the_check_stops_says_where_to_read_what_to_do(night: Night) -> None:
    night.codes["check"] = 1
    result = night.run("exports")
    assert str(night.landing / "checks" / "index.html") in result.output
    assert "nothing was built" in result.output


def test_rejected_records_do_not_stop_the_night_but_are_its_exit_code(night: Night) -> None:
    night.codes["land"] = 3
    result = night.run("exports")
    assert result.exit_code == 3
    assert night.warehouse.read_text() == NEW


def test_the_first_failure_gives_the_exit_code(night: Night) -> None:
    night.codes.update(land=3, dbt=1)
    assert night.run("exports").exit_code == 3


def test_settings_reach_dbt(night: Night) -> None:
    night.run("--vars", "reporting_timezone: Europe/Berlin", "exports")
    assert night.arguments["dbt"][0] == "build"
    assert night.arguments["dbt"][-2:] == ["--vars", "reporting_timezone: Europe/Berlin"]


def test_what_lands_in_object_storage_is_built_from_and_the_report_says_it_was_not_checked(
    night: Night,
) -> None:
    result = night.run("--landing", "s3://bucket/landing", "exports")
    assert result.exit_code == 0, result.output
    assert night.asked == ["land", "dbt"]
    assert night.arguments["land"][:2] == ["--landing", "s3://bucket/landing"]
    assert night.places["SPANMART_LANDING"] == "s3://bucket/landing"
    assert "left out: it reads a landing folder" in result.output


def test_the_policy_that_was_named_is_the_one_that_the_night_lands_by(night: Night) -> None:
    night.run("--policy", "strict.yml", "exports")
    assert night.arguments["land"][-4:] == ["--policy", "strict.yml", "--", "exports"]


def test_two_nights_at_once_are_refused(night: Night) -> None:
    night.warehouse.parent.mkdir()
    with FileLock(str(night.warehouse) + ".nightly.lock"):
        result = night.run("exports")
    assert result.exit_code == 1 and "another nightly run" in result.output
    assert night.asked == []
