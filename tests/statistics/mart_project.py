"""The regression mart alone in a scratch dbt project, over tasks of a test's own making."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml
from dbt.cli.main import dbtRunner

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDERS = (
    "macros/statistics",
    "models/intermediate/regression",
    "models/marts/regression",
    "seeds/metrics",
)
GENERIC_TEST = "tests/generic/unique_combination.sql"
TASK_TYPES = {
    "task_key": pa.string(),
    "day": pa.date32(),
    "started_at": pa.timestamp("us"),
    "last_feedback_at": pa.timestamp("us"),
    "cluster_key": pa.string(),
    "prompt_name": pa.string(),
    "prompt_version": pa.string(),
    "task_type": pa.string(),
    "model_requested": pa.string(),
    "locale": pa.string(),
    "customer_tier": pa.string(),
    "tenant_id": pa.string(),
    "route_name": pa.string(),
    "sample_weight": pa.float64(),
    "is_success": pa.bool_(),
    "is_thumbs_up": pa.bool_(),
    "is_output_truncated": pa.bool_(),
    "has_tool_failure": pa.bool_(),
    "is_escalated": pa.bool_(),
    "is_blocked": pa.bool_(),
    "has_citation_mismatch": pa.bool_(),
    "cost_usd": pa.decimal128(38, 12),
    "output_tokens": pa.int64(),
    "duration_ms": pa.float64(),
}

# What the mart takes from the rest of the project: the tasks, the clock, and a hash.
NEIGHBOURS = {
    "models/int_tasks__measured.sql": "select * from landed_tasks",
    "macros/as_of.sql": (
        "{% macro as_of() %}(select max(started_at) from landed_tasks){% endmacro %}"
    ),
    "macros/stable_hash.sql": "{% macro stable_hash(text) %}md5({{ text }}){% endmacro %}",
}


@dataclass
class MartProject:
    """One scratch project; `build` may be called again and again with other tasks."""

    directory: Path

    @classmethod
    def create(cls, directory: Path) -> MartProject:
        for folder in FOLDERS:
            shutil.copytree(REPOSITORY / folder, directory / folder)
        (directory / "tests" / "generic").mkdir(parents=True)
        shutil.copy(REPOSITORY / GENERIC_TEST, directory / GENERIC_TEST)
        for name, text in NEIGHBOURS.items():
            (directory / name).write_text(text)
        settings = yaml.safe_load((REPOSITORY / "dbt_project.yml").read_text())
        project = {
            "name": "spanmart",
            "profile": "scratch",
            "flags": {"send_anonymous_usage_stats": False},
            "models": {
                "+materialized": "table",
                "spanmart": {"marts": {"+contract": {"enforced": True}}},
            },
            "vars": settings["vars"],
        }
        (directory / "dbt_project.yml").write_text(yaml.safe_dump(project))
        output = {"type": "duckdb", "path": str(directory / "scratch.duckdb"), "threads": 2}
        profile = {"scratch": {"target": "duckdb", "outputs": {"duckdb": output}}}
        (directory / "profiles.yml").write_text(yaml.safe_dump(profile))
        return cls(directory)

    def build(self, tasks: dict[str, Any], *arguments: str) -> list[dict[str, Any]]:
        """Builds and tests everything over these tasks; gives the mart's rows."""
        self.land(tasks)
        self.run("build", *arguments)
        return self.query("select * from prompt_version_regression order by all")

    def land(self, tasks: dict[str, Any]) -> None:
        count = len(next(iter(tasks.values())))
        table = pa.table(
            {
                name: pa.array(tasks.get(name, [None] * count), from_pandas=True).cast(kind)
                for name, kind in TASK_TYPES.items()
            }
        )
        with duckdb.connect(str(self.directory / "scratch.duckdb")) as connection:
            connection.register("given_tasks", table)
            connection.execute("create or replace table landed_tasks as from given_tasks")

    def run(self, command: str, *arguments: str) -> None:
        where = ["--project-dir", str(self.directory), "--profiles-dir", str(self.directory)]
        result = dbtRunner().invoke([command, "--quiet", *arguments, *where])
        nodes: Any = result.result
        assert result.success, result.exception or [
            (node.node.name, node.message)
            for node in nodes
            if node.status not in ("success", "pass")
        ]

    def query(self, sql: str) -> list[dict[str, Any]]:
        with duckdb.connect(str(self.directory / "scratch.duckdb")) as connection:
            rows: list[dict[str, Any]] = connection.sql(sql).to_arrow_table().to_pylist()
        return rows
