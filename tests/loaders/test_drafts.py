"""What is written before its commit is what the commit lands: no more, no less, stamped anew where
another lander came first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow.parquet as pq
import pytest
from landed import Landing
from otlp_samples import json_lines, span, traces

from spanmart.landing import table_draft
from spanmart.landing.keys import KeySet
from spanmart.landing.local_store import LocalStore
from spanmart.records import Batch
from spanmart.settings import Settings

Write = Callable[[str, bytes], Path]
# Every batch is on the disk before its commit; a file is a batch here.
ON_DISK = Settings(draft_bytes=0)


def content(first: int, last: int, hour: int = 0) -> bytes:
    start = 1_790_000_000_000_000_000 + hour * 3_600_000_000_000
    values = [{"gen_ai.input.messages": f"question {number}"} for number in range(first, last + 1)]
    spans = [
        span(first + place, value, start_time_unix_nano=start) for place, value in enumerate(values)
    ]
    return json_lines([traces(each) for each in spans])


def spans(landing: Landing) -> list[str]:
    return sorted(row["span_id"] for row in landing.rows("spans"))


def questions(landing: Landing) -> list[str]:
    return sorted(row["content"] for row in landing.rows("artifacts"))


def test_what_is_all_new_is_written_once(
    landing: Landing, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def again(*_: object) -> int:
        raise AssertionError("written a second time")

    monkeypatch.setattr(table_draft, "write_table", again)
    result = landing.land(write("a", content(1, 5)), write("b", content(6, 9)), settings=ON_DISK)
    assert result.total("records_landed") == len(spans(landing)) == len(questions(landing)) == 9
    [file] = [path for path in (landing.root / "spans").glob("*/2*.parquet")]
    assert pq.ParquetFile(file).num_row_groups == 2


def test_what_is_landed_already_is_taken_out_again(landing: Landing, write: Write) -> None:
    landing.land(write("a", content(1, 5)), settings=ON_DISK)
    result = landing.land(
        write("b", content(3, 8)), write("c", content(8, 9) + content(9, 9)), settings=ON_DISK
    )
    assert (result.total("records_landed"), result.total("records_duplicate")) == (4, 5)
    assert spans(landing) == [f"{number:016x}" for number in range(1, 10)]
    assert questions(landing) == [f"question {number}" for number in range(1, 10)]


def test_content_of_a_file_that_broke_lands_with_the_next_record_that_has_it(
    landing: Landing, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spanmart.formats import otlp_json

    read = otlp_json.read

    def breaks_after_a_batch(stream: BinaryIO) -> Iterator[Batch]:
        is_first = b"question 1" in stream.peek()  # type: ignore[attr-defined]
        yield from read(stream)
        if is_first:
            raise OSError("gone")

    monkeypatch.setattr(otlp_json, "read", breaks_after_a_batch)
    # Seen first in the broken file, which has no part in the commit.
    paths = write("a", content(1, 4)), write("b", content(3, 6))
    assert [each.status for each in landing.land(*paths, settings=ON_DISK).files] == [
        "unreadable",
        "landed",
    ]
    assert spans(landing) == [f"{number:016x}" for number in range(3, 7)]
    assert questions(landing) == [f"question {number}" for number in range(3, 7)]


@pytest.mark.parametrize("settings", [ON_DISK, Settings()], ids=["on disk", "in memory"])
def test_a_lander_that_comes_second_is_stamped_anew_and_lands_no_more_than_is_new(
    landing: Landing, write: Write, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    other = write("b", content(4, 8) + content(2, 2, hour=1))
    committing, is_first = LocalStore.committing, True

    def after_another(self: LocalStore) -> AbstractContextManager[None]:
        nonlocal is_first
        if is_first:
            is_first = False
            landing.land(other)
        return committing(self)

    monkeypatch.setattr(LocalStore, "committing", after_another)
    # Of its content, 2 and 4 to 6 have landed when it commits; so have its records 4 to 6.
    result = landing.land(write("a", content(1, 6)), settings=settings)
    assert (result.total("records_landed"), result.total("records_duplicate")) == (3, 3)
    assert questions(landing) == [f"question {number}" for number in range(1, 9)]
    loads = {load["load_id"]: load for load in landing.rows("loads", keep_lineage=True)}
    rows = landing.rows("spans", keep_lineage=True)
    assert len(rows) == 9
    assert all(row["landed_at"] == loads[row["load_id"]]["landed_at"] for row in rows)
    first, second = sorted(loads.values(), key=lambda load: str(load["landed_at"]))
    assert (first["source_file"], second["source_file"]) == (str(other), str(other.with_name("a")))
    assert first["landed_at"] != second["landed_at"]


def test_a_set_of_keys_knows_what_it_was_given() -> None:
    random = np.random.default_rng(7)
    keys, known = KeySet(), set[tuple[int, int]]()
    for size in (0, 20, 1000, 60_000, 90_000, 30):
        found = random.integers(1, 1 << 63, (size, 2), dtype=np.uint64)
        # Some that look for the same place, some that differ in one half only, some twice.
        found[:200, 0] = np.uint64(5)
        found[::7, 1] = np.uint64(1)
        found[-9:] = found[:9]
        expected = []
        for each in map(tuple, found.tolist()):
            expected.append(each not in known)
            known.add(each)
        assert keys.add(found).tolist() == expected
    assert not keys.add(np.array(sorted(known)[:500], dtype=np.uint64)).any()
