"""Which class content gets, by what its span and resource say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from spanmart.privacy.classes import raw_classes, retention_classes
from spanmart.privacy.lookup import Attributed
from spanmart.privacy.policy import Policy
from spanmart.records import key_values
from spanmart.settings import privacy_policy

RULES = """
retention:
  classes: {short: 7, long: 400}
  rules:
    - {class: short, when: {tenant_id: ["acme-*", globex], artifact_kind: [prompt, response]}}
    - {class: long, when: {service_name: archive}}
    - {class: short, when: {"params#region.name": eu}}
"""


def policy(tmp_path: Path, text: str) -> Policy:
    (tmp_path / "privacy.yml").write_text(text, encoding="utf-8")
    return privacy_policy(tmp_path)


RECORDS = Attributed(
    rows=5,
    attributes=key_values(
        [
            {"tenant.id": "acme-1"},
            {"tenant.id": "other", "metadata": '{"tenant_id": "globex"}'},
            {"metadata": '{"tenant_id": "globex"}', "tenant.id": "None"},
            {},
            {"params": '{"region": {"name": "eu"}}', "metadata": "not json"},
        ]
    ),
    resources=key_values([{"service.name": "copilot"}, {"service.name": "archive"}]),
    resource_count=2,
    resource_index=np.array([0, 0, 0, 1, 0]),
)


def test_rules_read_spans_resources_and_json_and_the_first_that_holds_counts(
    tmp_path: Path,
) -> None:
    owner = np.array([0, 0, 1, 2, 3, 4])
    kinds = pa.array(["prompt", "document", "prompt", "response", "prompt", "document"])
    found = retention_classes(policy(tmp_path, RULES), kinds, owner, RECORDS)
    assert found.to_pylist() == ["short", "standard", "standard", "short", "long", "short"]


def test_without_rules_everything_has_the_default_class(tmp_path: Path) -> None:
    owner = np.array([0, 4])
    shipped = policy(tmp_path, "")
    found = retention_classes(shipped, pa.array(["prompt", "other"]), owner, RECORDS)
    assert found.to_pylist() == ["standard", "standard"] and found.type == pa.string()


def test_records_without_resources_meet_no_condition_on_one(tmp_path: Path) -> None:
    alone = Attributed(1, key_values([{"service.name": "archive"}]))
    rules = policy(tmp_path, RULES)
    found = retention_classes(rules, pa.array(["prompt"]), np.array([0]), alone)
    assert found.to_pylist() == ["standard"]


def test_raw_classes_follow_the_redacted_ones(tmp_path: Path) -> None:
    rules = policy(tmp_path, RULES)
    found = raw_classes(rules, pa.array(["short", "long", "standard", "short"]))
    assert found.to_pylist() == ["short", "sensitive", "sensitive", "short"]
