"""One policy from landing to facts: a fact says of expiry what `spanmart retention` does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from built_project import BuiltProject, reading
from click.testing import CliRunner
from otlp_json import Record, Span, trace_id, write

from spanmart.commands.land import command as land
from spanmart.commands.retention import command as retention

pytestmark = pytest.mark.heavy

POLICY = """
retention:
  classes: {short: 7, eternal: forever}
  rules:
    - {class: short, when: {tenant_id: acme}}
    - {class: eternal, when: {tenant_id: archive}}
"""
# The days of each tenant's class.
TENANTS = {"acme": 7, "archive": None, "other": 90}


def request(tenant: str) -> list[Record]:
    call = {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": f"What {tenant} asked",
        "tenant.id": tenant,
    }
    return [Span(tenant, "root"), Span(tenant, "call", "root", call, 10, 500)]


def test_facts_say_when_content_goes_and_then_it_goes(
    tmp_path: Path, spanmart_project: BuiltProject
) -> None:
    landing, warehouse = tmp_path / "landing", tmp_path / "spanmart.duckdb"
    policy = tmp_path / "privacy.yml"
    policy.write_text(POLICY)
    files = write(tmp_path / "exports", [each for name in TENANTS for each in request(name)])
    by_policy = ["--landing", str(landing), "--policy", str(policy)]
    landed = CliRunner().invoke(land, [*by_policy, *map(str, files)])
    assert landed.exit_code == 0, landed.output

    spanmart_project.run("seed", warehouse=warehouse, landing=landing)
    spanmart_project.run("run", "-s", "+artifact_reference", warehouse=warehouse, landing=landing)
    with reading(warehouse) as opened:
        rows = opened.rows("select trace_id, landed_at, expires_at from facts.artifact_reference")
    lasting = {
        row["trace_id"]: row["expires_at"] and row["expires_at"] - row["landed_at"] for row in rows
    }
    assert lasting == {
        trace_id(name): days and timedelta(days=days) for name, days in TENANTS.items()
    }

    expires_at = min(row["expires_at"] for row in rows if row["expires_at"])
    for days, count in ((0, 0), (1, 1)):
        # The beginning of that day lies before the time, and that of the next day after it.
        as_of = f"{expires_at + timedelta(days=days):%Y-%m-%d}"
        said = CliRunner().invoke(retention, [*by_policy, "--dry-run", "--as-of", as_of])
        assert f"content of {count} artifact" in said.output, said.output
