"""What is known of the past: read once, and enough of it to find what is new."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from landed import Landing
from otlp_samples import json_lines, span, traces

from spanmart.landing import ledger, newness
from spanmart.landing.local_store import LocalStore
from spanmart.landing.schemas import RECORD_TABLES

Write = Callable[[str, bytes], Path]
HOUR_NANOS = 3_600_000_000_000


def content(first: int, last: int, hour: int = 0) -> bytes:
    start = 1_790_000_000_000_000_000 + hour * HOUR_NANOS
    return json_lines(
        [
            traces(
                span(
                    number,
                    {"gen_ai.input.messages": f"question {number}"},
                    start_time_unix_nano=start + number,
                    end_time_unix_nano=start + number + 1,
                )
            )
            for number in range(first, last + 1)
        ]
    )


@pytest.fixture
def cached(landing: Landing, write: Write, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache of a ledger of five commits, the last of which is not in it."""
    monkeypatch.setattr(ledger, "_CACHE_EVERY", 4)
    for number in range(1, 6):
        landing.land(write(f"{number}", content(number, number)))
    return landing.root / ledger.CACHE_FILE


def test_the_cache_changes_nothing_but_the_time(landing: Landing, cached: Path) -> None:
    with_cache = LocalStore(landing.root).ledger()
    cached.unlink()
    without = LocalStore(landing.root).ledger()
    assert with_cache.commits == without.commits
    assert with_cache.loads.equals(without.loads)
    assert len(without.commits) == without.loads.num_rows == 5


def test_only_what_is_not_in_the_cache_is_opened(
    landing: Landing, cached: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    entry = ledger._entry
    monkeypatch.setattr(
        ledger, "_entry", lambda name, file: opened.append(name) or entry(name, file)
    )
    store = LocalStore(landing.root)
    commits = store.ledger().commits
    assert opened == [commits[-1].id]
    store.ledger()
    assert len(opened) == 1


@pytest.mark.parametrize("damage", [b"", b"PAR1 is how it begins", None])
def test_a_cache_that_cannot_be_read_is_passed_over(
    landing: Landing, cached: Path, write: Write, damage: bytes | None
) -> None:
    if damage is None:
        [loads] = list((landing.root / "spans").glob("*/empty.parquet"))
        damage = loads.read_bytes()
    cached.write_bytes(damage)
    assert landing.land(write("again", content(3, 3))).files[0].status == "skipped"


def test_a_commit_whose_file_is_gone_does_not_count(landing: Landing, cached: Path) -> None:
    [first] = [each for each in LocalStore(landing.root).ledger().commits][:1]
    [file] = list((landing.root / "loads").glob(f"*/{first.id}.parquet"))
    file.unlink()
    assert first.id not in {each.id for each in LocalStore(landing.root).ledger().commits}


def test_only_commits_that_reach_into_the_time_of_the_records_are_opened(
    landing: Landing, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hour in range(5):
        landing.land(write(f"{hour}", content(1, 3, hour)))
    opened: list[int] = []
    columns = LocalStore.columns

    def counted(self: LocalStore, table: str, commits: list[object], names: list[str]) -> object:
        if table in RECORD_TABLES:
            opened.append(len(commits))
        return columns(self, table, commits, names)  # type: ignore[arg-type]

    monkeypatch.setattr(LocalStore, "columns", counted)
    result = landing.land(write("more", content(2, 6, 3)))
    assert (result.total("records_landed"), result.total("records_duplicate")) == (3, 2)
    assert opened == [1]


def test_a_commit_that_says_nothing_of_its_reach_is_looked_into(
    landing: Landing, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(ledger.Commit, "metadata", lambda self: {})
        landing.land(write("a", content(1, 3)))
    assert not LocalStore(landing.root).ledger().commits[0].has_reach
    assert landing.land(write("b", content(2, 6))).total("records_duplicate") == 2


def test_old_content_lands_again_only_with_a_record_that_is_new(
    landing: Landing, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing.land(write("a", content(1, 3)))
    monkeypatch.setattr(newness, "_LOOK_BACK_COMMITS", 1)
    landing.land(write("b", content(9, 9)))
    # Three records of a, whose content is out of sight now, and a new one with content of a's.
    landing.land(write("c", content(1, 3) + content(2, 2, hour=1)))
    landed = [row["content"] for row in landing.rows("artifacts")]
    assert sorted(landed) == ["question 1", "question 2", "question 2", "question 3", "question 9"]
