"""A project that installs this one as a dbt package: its own tags, switches and definitions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).resolve().parents[2]
ADDED_LATER = """
      - spanmart.failure_tag:
          name: failure_tag__added_later
          arguments: {tag: added_later, when: "model_call_count > 1", max_rate: 1}
          config: {meta: {failure_family: cost, severity: low, owner: acme-platform}}
"""


@dataclass(frozen=True)
class Project:
    folder: Path
    environment: dict[str, str]

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [Path(sys.executable).with_name("dbt"), "--no-use-colors", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def build(self) -> None:
        result = self.dbt("build", "--exclude-resource-type", "unit_test")
        assert result.returncode == 0, result.stdout[-4000:]

    def statuses(self) -> dict[str, tuple[str, int | None]]:
        """Status and failures of each test of the last build, by package and name."""
        results = json.loads((self.folder / "target" / "run_results.json").read_text())["results"]
        return {
            ".".join(result["unique_id"].split(".")[1:3]): (result["status"], result["failures"])
            for result in results
            if result["unique_id"].startswith("test.")
        }

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.environment["SPANMART_WAREHOUSE"], read_only=True) as warehouse:
            return warehouse.sql(query).fetchall()

    def traces(self, query: str) -> set[str]:
        return {row[0] for row in self.rows(query)}

    def tagged(self, tag: str, source: str = "rule") -> set[str]:
        return self.traces(
            "select distinct trace_id from facts.failure_tag "
            f"where failure_tag = '{tag}' and source = '{source}'"
        )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The project, landed and built once; a copy, so that a run leaves nothing behind."""
    place = tmp_path_factory.mktemp("installed")
    environment = os.environ | {
        "PYTHONPATH": str(ROOT / "loaders"),
        "DBT_PROFILES_DIR": str(ROOT),
        "SPANMART_LANDING": str(place / "landing"),
        "SPANMART_WAREHOUSE": str(place / "warehouse.duckdb"),
    }
    folder = place / "project"
    shutil.copytree(
        ROOT / "integration_tests",
        folder,
        ignore=shutil.ignore_patterns("target", "logs", "dbt_packages", "*.duckdb"),
    )
    (folder / "packages.yml").write_text(f"packages:\n  - local: {ROOT}\n")

    def spanmart(*arguments: str) -> None:
        command = [sys.executable, "-m", "spanmart.cli", *arguments]
        subprocess.run(command, env=environment, capture_output=True, check=True)

    traffic = place / "traffic"
    spanmart("demo-traffic", "--out", str(traffic), "--days", "3", "--requests-per-day", "40")
    _label_one_trace_rude(traffic)
    spanmart("land", str(traffic / "traces"), str(traffic / "feedback"))

    installed = Project(folder, environment)
    assert installed.dbt("deps").returncode == 0
    installed.build()
    yield installed


def _label_one_trace_rude(traffic: Path) -> None:
    """A reviewer calls one trace rude, in words that only a tag of Acme claims."""
    file = min((traffic / "feedback").glob("*.jsonl"))
    event = next(
        event for line in file.read_text().splitlines() if "trace_id" in (event := json.loads(line))
    )
    label = {
        "feedback_id": "fb-acme-rude",
        "kind": "reviewer_label",
        "source": "reviewer",
        "trace_id": event["trace_id"],
        "author": "reviewer@example.com",
        "label": "Bad tone",
        "occurred_at": event["occurred_at"],
    }
    with file.open("a") as lines:
        lines.write(json.dumps(label) + "\n")


def test_a_tag_of_its_own_reaches_the_mart_in_the_first_build(project: Project) -> None:
    slow = project.traces("select trace_id from facts.request_trace where duration_ms > 4000")
    assert slow and project.tagged("slow_answer") == slow
    in_mart = project.rows(
        "select sum(tagged_trace_count) from marts.failure_taxonomy "
        "where failure_tag = 'slow_answer' and source = 'rule'"
    )
    in_production = project.rows(
        "select count(*) from facts.request_trace where duration_ms > 4000 "
        "and workload_class = 'production' and not is_copy"
    )
    assert in_mart == in_production


def test_a_tag_over_its_budget_warns_with_its_rows(project: Project) -> None:
    (over,) = project.rows(
        "select count(*) from facts.request_trace where duration_ms > 4000 "
        "and workload_class = 'production' and not is_copy"
    )
    statuses = project.statuses()
    assert statuses["acme_observability.failure_tag__slow_answer"] == ("warn", over[0])
    assert statuses["acme_observability.failure_tag__repeated_tool_calls"] == ("pass", 0)


def test_a_tag_of_grain_span_keeps_its_spans(project: Project) -> None:
    slow = set(
        project.rows("select trace_id, span_id from facts.tool_span where duration_ms > 1000")
    )
    found = project.rows(
        "select trace_id, span_id from facts.failure_tag where failure_tag = 'slow_tool_call'"
    )
    assert slow and len(found) == len(slow) and set(found) == slow


def test_a_whole_model_can_be_a_tag(project: Project) -> None:
    repeated = project.traces("select trace_id from acme.repeated_tool_calls")
    assert repeated and project.tagged("repeated_tool_calls") == repeated


def test_a_label_reaches_the_tag_that_claims_it(project: Project) -> None:
    rows = project.rows(
        "select source, label_name, failure_family from facts.failure_tag "
        "where failure_tag = 'tone_issue'"
    )
    assert rows == [("reviewer", "Bad tone", "style")]


def test_a_shipped_tag_can_be_switched_off(project: Project) -> None:
    declared = project.traces("select failure_tag from intermediate.int_failure_tags__declared")
    assert "citation_mismatch" in declared and "route_model_mismatch" not in declared
    assert not project.tagged("route_model_mismatch")
    assert not any("route_model_mismatch" in name for name in project.statuses())


def test_a_definition_of_its_own_wins_over_the_shipped_one(project: Project) -> None:
    few = project.traces(
        "select trace_id from facts.retrieval_span group by 1 having sum(top_k_returned) < 4"
    )
    none = project.traces(
        "select trace_id from facts.retrieval_span group by 1 having sum(top_k_returned) = 0"
    )
    assert none < few, "the two definitions must differ on this data"
    assert project.tagged("retrieval_miss") == few
    owners = project.rows(
        "select owner, severity from intermediate.int_failure_tags__declared "
        "where failure_tag = 'retrieval_miss'"
    )
    assert owners == [("acme-search", "critical")]
    # The shipped block stays in the project and has nothing to say about rows that are not its own.
    assert project.statuses()["spanmart.failure_tag__retrieval_miss"] == ("pass", 0)


def test_a_seed_of_its_own_takes_the_place_of_the_shipped_one(project: Project) -> None:
    missing = project.traces(
        "select trace_id from facts.request_trace as request_trace "
        "where task_type = 'qa' and final_status in ('success', 'degraded') and not exists ("
        "select 1 from facts.tool_span where tool_span.trace_id = request_trace.trace_id "
        "and tool_name = 'search_tickets')"
    )
    assert missing and project.tagged("wrong_tool_choice") == missing


def test_a_dispatched_definition_can_be_overridden(project: Project) -> None:
    signals = "select trace_id from intermediate.int_traces__signals where "
    dated = project.traces(signals + "model_used like selected_model || '-20%'")
    assert dated, "the two definitions must differ on this data"
    assert dated <= project.traces(signals + "is_route_model_mismatch")


def test_a_block_added_later_applies_to_all_history(project: Project) -> None:
    blocks = project.folder / "models" / "failure_tags.yml"
    before = blocks.read_text()
    anchor = "\n  - name: repeated_tool_calls\n"
    assert anchor in before
    blocks.write_text(before.replace(anchor, ADDED_LATER + anchor))
    try:
        project.build()
    finally:
        blocks.write_text(before)
    calls = project.traces("select trace_id from facts.request_trace where model_call_count > 1")
    assert calls and project.tagged("added_later") == calls


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        (
            "{tag: slow_answer, when: 'true'}",
            "The failure tag slow_answer is declared by both",
        ),
        (
            "{tag: broken, relation: costly_answers}",
            "Add it to the var failure_tag_models",
        ),
        ("{tag: broken, when: 'true', labels: [Rude]}", "The label rude is claimed by both"),
        ("{tag: Not A Tag, when: 'true'}", "write it in lower case with underscores: not_a_tag"),
        ("{tag: broken, grain: span}", "needs a relation with one row per span"),
    ],
)
def test_a_block_that_cannot_work_is_refused_in_words(
    project: Project, block: str, complaint: str
) -> None:
    blocks = project.folder / "models" / "failure_tags.yml"
    before = blocks.read_text()
    anchor = "\n  - name: repeated_tool_calls\n"
    broken = (
        "\n      - spanmart.failure_tag:\n"
        f"          name: failure_tag__broken\n          arguments: {block}\n"
    )
    blocks.write_text(before.replace(anchor, broken + anchor))
    try:
        result = project.dbt("compile", "--select", "int_traces__tag_verdicts")
    finally:
        blocks.write_text(before)
    assert result.returncode != 0
    assert complaint in " ".join(result.stdout.split())
    assert "failure_tags.yml" in result.stdout
