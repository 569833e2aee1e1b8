"""`spanmart check` as a user runs it: what it looks at, what it leaves, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from planted_landing import FIRST_NIGHT, PlantedLanding

from spanmart.checks.expectations import Catalogue
from spanmart.checks.suite import FAILED, NOT_APPLICABLE, PASSED, judge
from spanmart.commands.check import command, report_of
from spanmart.landing.schemas import CHECKS

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command in a project folder of the test's own."""
    (tmp_path / "dbt_project.yml").write_text("name: of_a_test\n")
    monkeypatch.setenv("DBT_PROJECT_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run_command(landing: Path | str, *options: str) -> Result:
        return CliRunner().invoke(command, ["--landing", str(landing), *options])

    return run_command


def rows(landing: Path) -> list[list[dict[str, Any]]]:
    """The landed rows of each run of checks."""
    files = sorted((landing / "checks").glob("landed_on=*/*.parquet"), key=lambda path: path.name)
    return [pq.read_table(path, schema=CHECKS, partitioning=None).to_pylist() for path in files]


def test_great_expectations_judges_as_arithmetic_does() -> None:
    expectations = Catalogue.load().expectations
    counts: dict[str, tuple[int, int]] = {}
    wanted = {}
    for place, each in enumerate(expectations):
        at_limit = int(each.at_most) if each.measure == "count" else round(each.at_most * 10_000)
        kind = (PASSED, FAILED, NOT_APPLICABLE)[place % 3]
        wanted[each.name] = kind
        counts[each.name] = {
            PASSED: (at_limit, 10_000),
            FAILED: (at_limit + 1, 10_000),
            NOT_APPLICABLE: (0, 0),
        }[kind]
    assert judge(expectations, counts) == wanted


def test_a_sound_landing_passes_and_is_not_looked_at_twice(
    planted: PlantedLanding, run: Run
) -> None:
    landing = planted.write()
    first = run(landing)
    assert first.exit_code == 0, first.output
    assert "from the beginning: 1 loads with 400 spans" in first.output
    (found,) = rows(landing)
    assert len(found) == len(Catalogue.load().expectations)
    assert {row["status"] for row in found} == {PASSED}
    assert {row["landed_until"] for row in found} == {FIRST_NIGHT}
    assert report_of(landing).read_text().startswith("<!doctype html>")

    again = run(landing)
    assert again.exit_code == 0 and "Nothing has landed since" in again.output
    assert len(rows(landing)) == 1

    later = PlantedLanding(planted.root, FIRST_NIGHT + timedelta(days=1), "b")
    later.write()
    third = run(landing, "--json")
    assert third.exit_code == 0, third.output
    said = json.loads(third.output)
    assert said["spans"] == 400 and said["landed_after"] == FIRST_NIGHT.isoformat()


def test_a_critical_failure_is_looked_at_again_until_it_is_accepted(
    planted: PlantedLanding, run: Run, tmp_path: Path
) -> None:
    planted.tables["loads"][0]["records_read"] += 1
    landing = planted.write()
    for _ in range(2):
        failed = run(landing)
        assert failed.exit_code == 1, failed.output
        assert "FAILED   loads.balance: 1 of 1 (at most none)." in failed.output
        assert "fresh folder" in failed.output
    assert len(rows(landing)) == 2

    (tmp_path / "checks.yml").write_text(
        "expectations:\n"
        "  loads.balance: {at_most: 1, reason: The night of the second lost a line; it is known.}\n"
    )
    assert run(landing).exit_code == 0
    assert "Nothing has landed since" in run(landing).output


def test_a_warning_does_not_stop_anything(planted: PlantedLanding, run: Run) -> None:
    for call in planted.calls:
        call["attributes"] = {"gen_ai.operation.name": "chat"}
    landing = planted.write()
    result = run(landing, "--json")
    said = json.loads(result.output)
    assert result.exit_code == 0
    assert {each["expectation"] for each in said["warnings"]} == {
        "spans.models_priced",
        "spans.usage_reported",
    }
    assert said["failed"] == []


def test_all_checks_everything_again(planted: PlantedLanding, run: Run) -> None:
    landing = planted.write()
    assert run(landing).exit_code == 0
    result = run(landing, "--all", "--json")
    assert json.loads(result.output)["spans"] == 400


def test_a_report_holds_names_as_text_and_nothing_from_elsewhere(tmp_path: Path, run: Run) -> None:
    hostile = "<img src=x onerror=alert(1)>&'\"\x1b[31m"
    planted = PlantedLanding(tmp_path / hostile)
    planted.spans.pop(1)
    (tmp_path / "checks.yml").write_text(
        "expectations:\n  loads.rows_are_there: {reason: '</td><script>alert(2)</script>'}\n"
    )
    report = tmp_path / "out" / "report.html"
    result = run(planted.write(), "--html", str(report))
    assert result.exit_code == 1, result.output
    page = report.read_text()
    assert "<img" not in page and "<script" not in page and "\x1b" not in page + result.output
    assert "&lt;img src=x" in page and "&lt;script&gt;" in page
    assert "http" not in page.replace("http-equiv", "") and "url(" not in page
    assert [path.name for path in report.parent.iterdir()] == [report.name]


def test_no_value_of_a_record_reaches_what_a_check_writes(
    planted: PlantedLanding, run: Run
) -> None:
    canary = "canary-jane.roe@example.org"
    for table, planted_rows in planted.tables.items():
        for column in planted.schemas[table]:
            if str(column.type) == "string" and column.name not in ("load_id",):
                planted_rows[0][column.name] = canary
    planted.spans[0]["attributes"] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": canary,
    }
    landing = planted.write()
    result = run(landing)
    assert result.exit_code == 1
    written = [path for path in (landing / "checks").rglob("*") if path.is_file()]
    assert len(written) == 2
    assert "canary" not in result.output
    assert "canary" not in report_of(landing).read_text()
    assert not any("canary" in repr(row) for run_rows in rows(landing) for row in run_rows)


def test_a_damaged_ledger_is_a_sentence(planted: PlantedLanding, run: Run) -> None:
    landing = planted.write()
    planted.file("loads").write_bytes(b"no Parquet")
    result = run(landing)
    assert result.exit_code == 1
    assert "cannot be read" in str(result.exception) and "restore it" in str(result.exception)


@pytest.mark.parametrize("landing", ["nowhere", "s3://bucket/landing"])
def test_where_nothing_has_landed_it_says_what_to_do(landing: str, run: Run) -> None:
    result = run(landing)
    assert result.exit_code == 2
    assert "spanmart land" in result.output or "object storage" in result.output
    assert not Path(landing).exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("expectations: {spans.nope: {at_most: 1, reason: x}}", "is no expectation"),
        ("expectations: {spans.times_known: {at_most: 0.5}}", "give the reason"),
        ("expectations: {spans.times_known: {at_most: 2, reason: x}}", "a share from 0 to 1"),
        ("expectations: {loads.balance: {at_most: -1, reason: x}}", "a count from 0"),
        ("expectations: {loads.balance: {at_most: true, reason: x}}", "a count from 0"),
        ("expectations: {loads.balance: {at_most: .nan, reason: x}}", "a count from 0"),
        ("expectations: {loads.balance: {severity: mild, reason: x}}", "critical or warning"),
        ("expectations: {loads.balance: {max: 1, reason: x}}", "at_most or severity"),
        ("expectations: [loads.balance]", "list of names"),
        ("settings: {late_days: 3}", "is no setting"),
        ("settings: {late_hours: soon}", "number above 0"),
        ("thresholds: {}", "only `expectations:` and `settings:`"),
        ("a: [", "is not YAML"),
    ],
)
def test_a_checks_yml_that_means_nothing_is_refused(
    text: str, said: str, planted: PlantedLanding, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "checks.yml").write_text(text)
    result = run(planted.write())
    assert result.exit_code == 2
    assert said in result.output and "checks.yml" in result.output


def test_a_setting_of_the_project_is_used(
    planted: PlantedLanding, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "checks.yml").write_text("settings: {late_hours: 1}\n")
    result = run(planted.write(), "--json")
    late = {each["expectation"] for each in json.loads(result.output)["warnings"]}
    assert late == {"spans.arrive_in_time"}


def test_an_override_that_prices_a_model_makes_it_known(tmp_path: Path) -> None:
    from spanmart.checks.prices import known_models

    seeds = tmp_path / "seeds" / "prices"
    seeds.mkdir(parents=True)
    (seeds / "price_overrides.csv").write_text(
        "provider_name,model_match,model_pattern\n,starts_with,house-\n,,Exactly\n,regex,^fine.*v2$\n"
    )
    is_known = known_models(tmp_path)
    known = ("house-7b", "EXACTLY", "fine-tuned-v2", "gpt-4o", "openai/gpt-4o")
    assert [name for name in known if not is_known(name)] == []
    assert not is_known("exactly-not") and not is_known("a-house-7b")
    assert not known_models(None)("house-7b")
