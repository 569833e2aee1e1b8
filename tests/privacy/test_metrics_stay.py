"""Deleting content changes no fact and no mart, and the warehouse never had any."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from landed import Landing
from otlp_samples import json_lines, span, traces

from spanmart.commands.retention import command
from spanmart.privacy.side_tables import publish_classes
from spanmart.settings import Settings, privacy_policy

sys.path.insert(0, str(Path(__file__).parents[1] / "end_to_end"))

from built_project import BuiltProject, Warehouse, reading

pytestmark = pytest.mark.heavy

FACTS = ("request_trace", "model_span", "tool_span", "feedback_event", "artifact_reference")
TRACE = b"\x07" * 16
SAID = "a sentence that only content holds"


def export(trace: bytes, user: str) -> bytes:
    call = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 70,
        "gen_ai.usage.output_tokens": 7,
        "gen_ai.input.messages": f"{SAID} {user}",
        "gen_ai.output.messages": f"{SAID} answered",
    }
    tool = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "search",
        "gen_ai.tool.call.arguments": json.dumps({"q": SAID}),
    }
    root, parent = {"trace_id": trace}, {"trace_id": trace, "parent_span_id": (1).to_bytes(8)}
    return json_lines(
        [
            traces(
                span(1, {"user.id": user, "gen_ai.conversation.id": user}, **root),
                span(2, call, **parent),
                span(3, tool, **parent),
            )
        ]
    )


def tables(opened: Warehouse, schemas: tuple[str, ...]) -> list[str]:
    found = opened.rows(
        "select table_schema || '.' || table_name as name from information_schema.tables"
        " where table_type = 'BASE TABLE' and list_contains(?, table_schema) order by name",
        list(schemas),
    )
    return [row["name"] for row in found]


def test_facts_and_marts_are_the_same_without_the_content(landing: Landing, tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "jane.jsonl").write_bytes(export(TRACE, "jane"))
    (exports / "joe.jsonl").write_bytes(export(b"\x08" * 16, "joe"))
    comment = {"kind": "thumbs", "source": "user", "occurred_at": 1790000000, "score": 1}
    (exports / "feedback.jsonl").write_text(
        json.dumps({**comment, "trace_id": TRACE.hex(), "author": "jane", "comment": SAID})
    )
    landing.land(exports)
    # The policy that landed last is in force.
    (tmp_path / "privacy.yml").write_text("retention: {classes: {standard: 30, gone: 5}}")
    for policy in (privacy_policy(tmp_path), Settings().policy):
        assert publish_classes(landing.root, policy)
    project = BuiltProject(tmp_path / "project", {})
    project.folder.mkdir()
    selected = [f"+{fact}" for fact in FACTS] + ["+truncation_rate", "stg_audits"]

    seeded = tmp_path / "seeded" / "spanmart.duckdb"
    seeded.parent.mkdir()
    project.run("seed", warehouse=seeded, landing=landing.root)

    def build(name: str) -> Path:
        # A parsed project knows its warehouse by the name of the file.
        warehouse = tmp_path / name / "spanmart.duckdb"
        warehouse.parent.mkdir()
        shutil.copy(seeded, warehouse)
        project.run("run", "-s", *selected, warehouse=warehouse, landing=landing.root)
        return warehouse

    before = build("before")
    done = CliRunner().invoke(
        command, ["--landing", str(landing.root), "--user", "jane"], catch_exceptions=False
    )
    assert done.exit_code == 0 and "content of 2 artifacts" in done.output, done.output
    after = build("after")
    with reading(before) as old, reading(after) as new:
        names = tables(old, ("facts", "marts"))
        assert {f"facts.{fact}" for fact in FACTS} < set(names)
        assert names == tables(new, ("facts", "marts"))
        for name in names:
            rows = old.rows(f"select * from {name} order by all")
            assert rows == new.rows(f"select * from {name} order by all"), name
            assert rows or name.split(".")[1] not in FACTS, name
        expiries = old.rows(
            "select distinct expires_at - landed_at as kept, retention_class"
            " from facts.artifact_reference"
        )
        assert [(row["kept"].days, row["retention_class"]) for row in expiries] == [
            (90, "standard")
        ]
        classes = old.rows("select retention_class, days from staging.stg_retention_classes")
        assert {row["retention_class"]: row["days"] for row in classes} == dict(
            Settings().policy.retention.classes
        )
        assert new.row("select count(distinct audit_id) as acts from staging.stg_audits") == {
            "acts": 1
        }
        # What the warehouse itself holds; views of staging read the landing directory.
        for name in tables(old, ("facts", "marts", "intermediate", "staging", "seeds")):
            held = old.row(
                f"select count(*) as count from {name} as row where cast(row as varchar) like ?",
                f"%{SAID}%",
            )
            assert held["count"] == 0, name
