"""Every record once, whole or not at all: twice, interrupted, together, and in pieces."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest
from landed import Landing
from otlp_samples import json_lines, length_prefixed, span, traces

from spanmart.records import Batch

Write = Callable[[str, bytes], Path]
SOURCES = Path(__file__).resolve().parents[2] / "loaders"

# Dies without a word while a commit is renamed into place; which rename is the last argument.
KILLED_LANDER = """
import os, sys
from pathlib import Path
from spanmart.landing import land
from spanmart.settings import Settings
replace = Path.replace
def dies(self, target):
    if f"/{sys.argv[3]}/" in str(target) and "1970" not in str(target):
        os._exit(9)
    return replace(self, target)
Path.replace = dies
land([sys.argv[1]], landing=Path(sys.argv[2]), settings=Settings())
"""

LANDER = """
import sys
from pathlib import Path
from spanmart.landing import land
from spanmart.settings import Settings
land(sys.argv[2:], landing=Path(sys.argv[1]), settings=Settings())
"""


def run(script: str, *arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(SOURCES)},
    )


def content(first: int, last: int) -> bytes:
    return json_lines(
        [
            traces(span(number, {"gen_ai.input.messages": f"question {number}"}))
            for number in range(first, last + 1)
        ]
    )


def counts(landing: Landing) -> list[tuple[int, int, int, int]]:
    names = ("records_read", "records_landed", "records_duplicate", "records_rejected")
    return sorted(tuple(row[name] for name in names) for row in landing.rows("loads"))


def test_a_file_that_is_landed_is_skipped(landing: Landing, write: Write) -> None:
    path = write("a", content(1, 5))
    landing.land(path)
    before = landing.files()
    result = landing.land(path)
    assert [each.status for each in result.files] == ["skipped"]
    assert "landed already" in result.files[0].note
    assert landing.files() == before
    assert result.exit_code == 0


def test_the_same_content_under_two_names_lands_once(landing: Landing, write: Write) -> None:
    result = landing.land(write("data.json", content(1, 5)), write("data-2026.json", content(1, 5)))
    assert [each.status for each in result.files] == ["landed", "skipped"]
    assert len(landing.rows("spans")) == 5


def test_records_that_are_landed_are_counted_as_duplicates(landing: Landing, write: Write) -> None:
    landing.land(write("a", content(1, 5)))
    result = landing.land(write("b", content(3, 8)))
    assert result.total("records_duplicate") == 3
    assert counts(landing) == [(5, 5, 0, 0), (6, 3, 3, 0)]
    assert len(landing.rows("spans")) == 8
    assert len(landing.rows("artifacts")) == 8


def test_records_twice_in_one_file_land_once(landing: Landing, write: Write) -> None:
    landing.land(write("a", content(1, 5) + content(3, 6)))
    assert counts(landing) == [(9, 6, 3, 0)]
    assert len(landing.rows("spans")) == 6


def test_another_encoding_of_the_same_records_is_a_duplicate(
    landing: Landing, write: Write
) -> None:
    spans = [traces(span(number, {"n": number})) for number in range(1, 4)]
    landing.land(write("a", json_lines(spans)))
    result = landing.land(write("b", length_prefixed(spans)))
    assert (result.total("records_landed"), result.total("records_duplicate")) == (0, 3)


def test_another_version_of_a_span_is_another_row(landing: Landing, write: Write) -> None:
    landing.land(write("a", json_lines([traces(span(1, {"n": 1}, end_time_unix_nano=0))])))
    landing.land(write("b", json_lines([traces(span(1, {"n": 1}))])))
    rows = landing.rows("spans", keep_lineage=True)
    assert {row["span_id"] for row in rows} == {"0000000000000001"}
    assert len({row["record_hash"] for row in rows}) == len(rows) == 2


def test_a_record_hash_does_not_depend_on_its_neighbours(
    new_landing: Callable[[], Landing], write: Write
) -> None:
    from opentelemetry.proto.trace.v1.trace_pb2 import Span

    alone, beside = new_landing(), new_landing()
    alone.land(write("a", json_lines([traces(span(1))])))
    with_event = span(2, events=[Span.Event(name="e", time_unix_nano=1)])
    beside.land(write("b", json_lines([traces(span(1), with_event)])))
    hashes = {row["span_id"]: row["record_hash"] for row in beside.rows("spans")}
    assert hashes["0000000000000001"] == alone.rows("spans")[0]["record_hash"]


def test_landed_at_increases_from_commit_to_commit(landing: Landing, write: Write) -> None:
    for number in range(1, 4):
        landing.land(write(f"{number}", content(number, number)))
    landed = [row["landed_at"] for row in landing.rows("loads", keep_lineage=True)]
    assert len(set(landed)) == 3
    for table in ("spans", "artifacts"):
        found = {row["landed_at"] for row in landing.rows(table, keep_lineage=True)}
        assert found == set(landed)


def test_every_table_can_be_read_before_anything_landed(landing: Landing, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    assert landing.land(tmp_path / "nothing").exit_code == 0
    for table in ("spans", "log_records", "feedback", "artifacts", "rejects", "loads"):
        assert landing.rows(table) == []


@pytest.mark.parametrize("table", ["artifacts", "spans", "loads"])
def test_a_killed_run_leaves_nothing_that_counts_and_a_rerun_everything(
    landing: Landing, write: Write, table: str
) -> None:
    path = write("a", content(1, 5))
    killed = run(KILLED_LANDER, path, landing.root, table)
    assert killed.wait(timeout=60) == 9
    assert landing.rows("spans") == landing.rows("loads") == []
    landing.land(path)
    assert len(landing.rows("spans")) == len(landing.rows("artifacts")) == 5
    commits = {
        Path(name).stem for name in landing.files() if re.search(r"/\d{8}T\d+-\w+\.parquet$", name)
    }
    assert len(commits) == 1
    assert not [name for name in landing.files() if name.startswith(".staging/")]


def test_two_landers_at_once_land_every_record_once(landing: Landing, write: Write) -> None:
    first, second = write("a", content(1, 300)), write("b", content(200, 500))
    landers = [run(LANDER, landing.root, *order) for order in ((first, second), (second, first))]
    assert [lander.wait(timeout=120) for lander in landers] == [0, 0]
    rows = landing.rows("spans")
    assert len(rows) == len({row["span_id"] for row in rows}) == 500
    assert sum(landed for _, landed, _, _ in counts(landing)) == 500
    assert len(landing.rows("loads")) == 2


def test_what_does_not_fit_in_memory_lands_all_the_same(
    new_landing: Callable[[], Landing], write: Write
) -> None:
    from spanmart.settings import Settings

    spooled, in_memory = new_landing(), new_landing()
    path = write("a", content(1, 20))
    spooled.land(path, settings=Settings(draft_bytes=0))
    in_memory.land(path)
    for table in ("spans", "artifacts"):
        assert spooled.rows(table) == in_memory.rows(table)


@pytest.mark.parametrize("error", [OSError("gone"), ValueError("a fault of ours")])
def test_a_file_that_fails_halfway_lands_nothing_and_harms_no_other(
    landing: Landing, write: Write, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    from spanmart.formats import otlp_json

    read = otlp_json.read

    def fails_after_a_batch(stream: BinaryIO) -> Iterator[Batch]:
        is_first = b"question 1" in stream.peek()  # type: ignore[attr-defined]
        yield from read(stream)
        if is_first:
            raise error

    monkeypatch.setattr(otlp_json, "read", fails_after_a_batch)
    result = landing.land(write("a", content(1, 5)), write("b", content(2, 6)))
    assert [each.status for each in result.files] == ["unreadable", "landed"]
    assert result.exit_code == 3
    assert counts(landing) == [(5, 5, 0, 0)]
    assert len(landing.rows("spans")) == len(landing.rows("artifacts")) == 5


def test_the_ledger_balances_for_every_file(landing: Landing, write: Write) -> None:
    landing.land(
        write("a", content(1, 5) + b"broken\n" + content(5, 7) + b'{"resourceSpans":[{"re')
    )
    assert counts(landing) == [(10, 7, 1, 2)]
    for read, landed, duplicate, rejected in counts(landing):
        assert read == landed + duplicate + rejected
    [load] = landing.rows("loads", keep_lineage=True)
    assert load["bytes"] > 0
    assert re.fullmatch("[0-9a-f]{64}", load["content_sha256"])
    assert load["source_format"] == "otlp_json"
