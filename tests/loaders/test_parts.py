"""A big file lands in parts, and nobody can tell it from one that landed at once."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from landed import Landing
from otlp_samples import json_lines, length_prefixed, span, traces, varint_delimited

from spanmart.settings import Settings

Write = Callable[[str, bytes], Path]
# Some 4 MB: what a reader has looked at already, to tell the format, is a megabyte.
MESSAGES = [
    traces(*(span(first + number, {"gen_ai.input.messages": "why? " * 400}) for number in range(5)))
    for first in range(1, 2000, 5)
]
LAYOUTS = {
    "lines": json_lines(MESSAGES),
    "4-byte lengths": length_prefixed(MESSAGES),
    "varint lengths": varint_delimited(MESSAGES),
}
PART = 1_500_000


def rows(landing: Landing) -> list[tuple[Any, ...]]:
    names = ("span_id", "record_hash", "record_number", "artifact_refs")
    return [
        tuple(str(row[name]) for name in names) for row in landing.rows("spans", keep_lineage=True)
    ]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_parts_hold_what_the_whole_holds(
    new_landing: Callable[[], Landing], write: Write, layout: str
) -> None:
    content = LAYOUTS[layout]
    path = write("big", content)
    whole, parts = new_landing(), new_landing()
    whole.land(path)
    result = parts.land(path, settings=Settings(part_bytes=PART))
    assert result.exit_code == 0
    assert result.total("records_read") == result.total("records_landed") == 2000
    assert rows(parts) == rows(whole)
    # Each part is in the ledger as the file up to there: as if the file had grown.
    loads = sorted(parts.rows("loads", keep_lineage=True), key=lambda load: load["bytes"])
    assert len(loads) == -(-len(content) // PART)
    for load in loads:
        assert load["content_sha256"] == hashlib.sha256(content[: load["bytes"]]).hexdigest()
        assert load["records_read"] == load["records_landed"]
    assert loads[-1]["bytes"] == len(content)
    again = parts.land(path, settings=Settings(part_bytes=PART))
    assert [each.status for each in again.files] == ["skipped"]


def test_a_run_that_stopped_after_a_part_goes_on_there(landing: Landing, write: Write) -> None:
    content = LAYOUTS["lines"]
    end = content.index(b"\n", PART) + 1
    landing.land(write("begun", content[:end]))
    result = landing.land(write("whole", content), settings=Settings(part_bytes=PART))
    assert result.total("records_duplicate") == 0
    assert len({row[0] for row in rows(landing)}) == len(rows(landing)) == 2000


def test_what_has_no_place_to_go_on_from_lands_at_once(landing: Landing, write: Write) -> None:
    path = write("big.gz", gzip.compress(LAYOUTS["lines"], 1))
    result = landing.land(path, settings=Settings(part_bytes=PART // 100))
    assert len(result.files) == 1
    assert result.total("records_landed") == 2000
