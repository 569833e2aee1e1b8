"""docs/rejects.md says what the code does."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from spanmart.bounds import Bounds
from spanmart.landing import limits
from spanmart.rejects import Reason

DOCUMENT = (Path(__file__).parents[2] / "docs" / "rejects.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in DOCUMENT.splitlines()
    if line.startswith("| `")
]


def test_every_reason_code_is_documented_in_its_own_words() -> None:
    documented = [row[:2] for row in ROWS if not row[0].startswith("`SPANMART_")]
    assert documented == [[f"`{reason.code}`", reason.value] for reason in Reason]
    assert all(row[2] for row in ROWS)


def test_every_bound_is_documented_with_its_default() -> None:
    documented = [row[:2] for row in ROWS if row[0].startswith("`SPANMART_")]
    assert documented == [
        [f"`SPANMART_MAX_{each.name.upper()}`", f"{each.default:,}"] for each in fields(Bounds)
    ]


def test_every_count_on_a_record_is_documented() -> None:
    named = set(re.findall(r"`(spanmart\.limits\.\w+)`", DOCUMENT))
    assert named == {
        limits.CUT_VALUES,
        limits.DROPPED_ATTRIBUTES,
        limits.DROPPED_EVENTS,
        limits.DROPPED_LINKS,
    }
