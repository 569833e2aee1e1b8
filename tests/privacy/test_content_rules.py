"""The policy as landing calls it: content in, what is stored of it in each tier out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from spanmart.privacy.content_rules import govern, raw_rows, stored_content
from spanmart.privacy.lookup import Attributed
from spanmart.privacy.raw_files import DRAFT_SCHEMA
from spanmart.privacy.raw_store import RawStore
from spanmart.records import key_values
from spanmart.settings import privacy_policy

POLICY = """
tiers: {raw: true}
tools: {crm: {arguments: [tier]}}
retention:
  classes: {short: 7}
  rules: [{class: short, when: {tenant_id: acme}}]
"""
RECORDS = Attributed(2, key_values([{"gen_ai.tool.name": "crm", "tenant.id": "acme"}, {}]))
COLUMNS = {
    "key": pa.array(["gen_ai.tool.call.arguments", "gen_ai.input.messages"]),
    "kind": pa.array(["tool_arguments", "prompt"]),
    "owner": np.array([0, 1]),
}
RAW = [json.dumps({"tier": "gold", "mail": "jane@example.com"}), "I am jane@example.com"]
REDACTED = [text.replace("jane@example.com", "[email]") for text in RAW]


def test_each_tier_gets_what_the_policy_leaves_it(tmp_path: Path, raw_key: str) -> None:
    (tmp_path / "privacy.yml").write_text(POLICY)
    policy = privacy_policy(tmp_path)
    governed = govern(
        policy, **COLUMNS, text=pa.array(REDACTED), raw=pa.array(RAW), records=RECORDS
    )
    pruned = {"tier": "gold", "mail": "[removed]"}
    assert json.loads(governed.text[0].as_py()) == pruned
    assert governed.text[1].as_py() == "I am [email]"
    assert governed.removed.tolist() == [1, 0]
    assert governed.retention_class.to_pylist() == ["short", "standard"]
    # What may not be stored is not stored in tier 3 either.
    assert governed.raw is not None
    assert json.loads(governed.raw[0].as_py()) == pruned
    assert governed.raw[1].as_py() == RAW[1]

    records = pa.table({"trace_id": ["t", "u"], "span_id": ["s", "v"], "record_hash": ["1", "2"]})
    ids = pa.array(["x", "y"])
    rows = raw_rows(policy, governed, **COLUMNS, artifact_id=ids, rows=records)
    assert rows.column("retention_class").to_pylist() == ["short", "sensitive"]
    rows = rows.append_column("load_id", pa.array(["l", "l"]))
    assert set(rows.column_names) == set(DRAFT_SCHEMA.names)
    with RawStore(tmp_path / "raw").staging() as staging:
        staging.add(rows)


@pytest.mark.parametrize("is_kept", [True, False])
def test_without_tier_2_there_is_no_text_but_all_of_its_rows(tmp_path: Path, is_kept: bool) -> None:
    (tmp_path / "privacy.yml").write_text(f"tiers: {{redacted: {str(is_kept).lower()}}}")
    found = stored_content(privacy_policy(tmp_path), pa.array(REDACTED))
    assert found.to_pylist() == (REDACTED if is_kept else [None, None])


def test_raw_text_is_dropped_where_the_policy_keeps_none(tmp_path: Path) -> None:
    governed = govern(
        privacy_policy(tmp_path),
        **COLUMNS,
        text=pa.array(REDACTED),
        raw=pa.array(RAW),
        records=RECORDS,
    )
    assert governed.raw is None
