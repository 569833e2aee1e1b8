"""Each format has a sample and the rows it lands as, small enough to be checked by eye.

After a change that is meant: SPANMART_UPDATE_GOLDEN=1 pytest tests/loaders/test_landing_golden.py,
and review the difference.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from landed import Landing

SAMPLES = Path(__file__).parent / "samples" / "golden"
NAMES = sorted(path.name for path in SAMPLES.iterdir() if path.suffix != ".golden")
TABLES = ("spans", "log_records", "feedback", "artifacts", "rejects")


def golden_rows(landing: Landing) -> str:
    """What a reader of a row would look at: without what is unset, and without hashes of the
    whole."""
    rows = {
        table: [
            {name: value for name, value in row.items() if value not in (None, [], {}, 0)}
            for row in landing.rows(table)
        ]
        for table in TABLES
    }
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("sample", NAMES)
def test_a_sample_lands_as_its_golden_rows(landing: Landing, sample: str) -> None:
    result = landing.land(SAMPLES / sample)
    assert result.exit_code == 0
    golden = SAMPLES / f"{sample}.golden"
    if os.environ.get("SPANMART_UPDATE_GOLDEN"):
        golden.write_text(golden_rows(landing), encoding="utf-8")
    assert golden_rows(landing) == golden.read_text(encoding="utf-8")


def test_every_golden_file_has_its_sample() -> None:
    assert all(path.with_suffix("").exists() for path in SAMPLES.glob("*.golden"))
