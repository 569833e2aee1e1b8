"""A pull as a whole, against a Langfuse on loopback: what lands, what is remembered, and what
happens when something breaks in the middle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from landed import Landing
from loopback import Answer, Asked, Loopback
from vendors import START, FakeLangfuse, observation, score, span_id

from spanmart.pull import engine, groups
from spanmart.pull.engine import PullResult
from spanmart.pull.errors import PullFailed

Pulled = Callable[..., PullResult]
SINCE = START - timedelta(hours=5)


def versions(landing: Landing) -> list[str]:
    return [row["span_id"] for row in landing.rows("spans")]


def remembered(landing: Landing, stream: str = "observations") -> list[dict[str, Any]]:
    """In the order in which they were written."""
    rows = landing_pulls(landing)
    return sorted(
        (row for row in rows if row["stream"] == stream), key=lambda row: row["landed_at"]
    )


def landing_pulls(landing: Landing) -> list[dict[str, Any]]:
    import duckdb

    found = duckdb.execute(f"from read_parquet('{landing.root}/pulls/*/*.pulls.parquet')")
    names = [each[0] for each in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_all_that_is_there_lands_once(
    pulled: Pulled, landing: Landing, langfuse: FakeLangfuse
) -> None:
    langfuse.observations = [observation(number) for number in range(250)]
    langfuse.scores = [score(number) for number in range(120)]
    result = pulled("langfuse", langfuse.environment, since=SINCE)
    assert (result.exit_code, result.failure) == (0, "")
    spans = landing.rows("spans")
    assert sorted(row["span_id"] for row in spans) == [span_id(number) for number in range(250)]
    assert len(landing.rows("feedback")) == 120
    again = pulled("langfuse", langfuse.environment, since=SINCE)
    assert again.exit_code == 0
    assert landing.rows("spans") == spans
    assert len(landing.rows("feedback")) == 120


def test_the_next_pull_reads_on_from_the_last_one_less_the_look_back(
    pulled: Pulled, landing: Landing, langfuse: FakeLangfuse
) -> None:
    langfuse.observations = [observation(number) for number in range(3)]
    pulled("langfuse", langfuse.environment, since=SINCE)
    [first] = remembered(landing)
    assert first["read_from"] == SINCE.replace(tzinfo=None)
    assert first["row_count"] == 3
    result = pulled("langfuse", langfuse.environment, since=SINCE, lookback=timedelta(hours=1))
    second = remembered(landing)[1]
    # The server's clock is told to the second: it may seem to have gone back by as much.
    seam = first["read_until"] - timedelta(hours=1)
    assert seam - timedelta(seconds=1) <= second["read_from"] <= seam
    assert [each.is_first for each in result.streams] == [False, False]
    assert result.streams[0].rows == 0


def test_what_changed_within_the_look_back_is_a_new_version(
    pulled: Pulled, landing: Landing, langfuse: FakeLangfuse
) -> None:
    """And a row that arrives late, with an old start, comes with it: neither is in an export."""
    langfuse.observations = [observation(number, endTime=None) for number in range(3)]
    pulled("langfuse", langfuse.environment, since=SINCE)
    assert len(landing.rows("spans")) == 3
    langfuse.observations[1] = observation(1, updatedAt="2027-01-01T00:00:00.000Z")
    langfuse.observations.append(observation(9))
    result = pulled("langfuse", langfuse.environment, since=SINCE)
    assert result.landed.total("records_landed") == 2
    of_it = [row for row in landing.rows("spans") if row["span_id"] == span_id(1)]
    newest = max(of_it, key=lambda row: row["source_version_at"])
    assert len(of_it) == 2
    assert newest["end_time_unix_nano"] is not None
    assert span_id(9) in versions(landing)


def test_a_server_that_dies_midway_costs_what_was_not_read(
    pulled: Pulled, landing: Landing, langfuse: FakeLangfuse, loopback: Loopback
) -> None:
    """What came before is landed, what is remembered ends where all was read, and the same command
    goes on from there."""
    langfuse.observations = [observation(number * 60) for number in range(40)]
    answer = loopback.handler

    def dies(asked: Asked) -> Answer:
        seen = [each for each in loopback.asked if each.one("limit") == "10"]
        if len(seen) > 3 and asked.one("limit") == "10":
            return Answer({"data": []}, dies_after=3)
        return answer(asked)

    loopback.handler = dies
    result = pulled("langfuse", langfuse.environment, since=SINCE, page_rows=10)
    assert result.exit_code == 1
    assert "8 times; run the same command again later" in result.failure
    # The first day has 19 rows on two pages, the second broke after one page of ten.
    assert len(versions(landing)) == 29
    [row] = remembered(landing)
    assert row["read_until"] == (SINCE + timedelta(days=1)).replace(tzinfo=None)
    loopback.handler = answer
    assert pulled("langfuse", langfuse.environment, since=SINCE).exit_code == 0
    assert sorted(versions(landing)) == sorted(each["id"] for each in langfuse.observations)


def test_rows_that_come_twice_on_two_pages_land_once(
    pulled: Pulled, landing: Landing, langfuse: FakeLangfuse, loopback: Loopback
) -> None:
    """Pages by number shift when something new is put in front of them."""
    langfuse.is_old = True
    langfuse.observations = [observation(number) for number in range(30)]
    answer = loopback.handler

    def shifts(asked: Asked) -> Answer:
        said = answer(asked)
        if asked.path.endswith("/observations") and asked.one("page") == "1":
            langfuse.observations.append(observation(100 + len(loopback.asked)))
        return said

    loopback.handler = shifts
    result = pulled("langfuse", langfuse.environment, since=SINCE, page_rows=10)
    assert result.exit_code == 0, result.failure
    assert set(versions(landing)) >= {span_id(number) for number in range(30)}
    assert len(versions(landing)) == len(set(versions(landing)))
    assert result.landed.total("records_duplicate") > 0


def test_a_server_that_goes_round_in_circles_is_left(
    pulled: Pulled, landing: Landing, langfuse: FakeLangfuse, loopback: Loopback
) -> None:
    langfuse.observations = [observation(number) for number in range(30)]
    answer = loopback.handler

    def circles(asked: Asked) -> Answer:
        said = answer(asked)
        if asked.one("cursor"):
            said.body["meta"]["cursor"] = "10"
        return said

    loopback.handler = circles
    result = pulled("langfuse", langfuse.environment, since=SINCE, page_rows=10)
    assert result.exit_code == 1
    assert "goes round in circles" in result.failure
    assert len(versions(landing)) >= 20


def test_rate_limits_are_waited_out(
    pulled: Pulled, landing: Landing, langfuse: FakeLangfuse, loopback: Loopback, clock: Any
) -> None:
    langfuse.observations = [observation(number) for number in range(40)]
    answer, refused = loopback.handler, []

    def limited(asked: Asked) -> Answer:
        if len(loopback.asked) % 3 == 0:
            refused.append(asked)
            return Answer({"message": "rate limit exceeded"}, 429, {"Retry-After": "30"})
        return answer(asked)

    loopback.handler = limited
    result = pulled("langfuse", langfuse.environment, since=SINCE, page_rows=10)
    assert result.exit_code == 0, result.failure
    assert len(versions(landing)) == 40
    assert result.retries == len(refused) > 2
    assert clock.waits.count(30.0) == len(refused)


def test_much_is_landed_group_by_group(
    pulled: Pulled,
    landing: Landing,
    langfuse: FakeLangfuse,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that memory does not grow with the project, and a crash costs one group."""
    monkeypatch.setattr(groups, "GROUP_BYTES", 5_000)
    langfuse.observations = [observation(number) for number in range(60)]
    result = pulled("langfuse", langfuse.environment, since=SINCE, page_rows=10)
    assert result.exit_code == 0
    assert len(result.landed.files) > 3
    assert len(versions(landing)) == 60
    assert sum(row["row_count"] for row in remembered(landing)) == 60


def test_a_pull_that_is_killed_after_its_commit_lands_nothing_twice(
    pulled: Pulled, landing: Landing, langfuse: FakeLangfuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    langfuse.observations = [observation(number) for number in range(5)]
    with monkeypatch.context() as patch:

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(engine.remembered, "remember", killed)
        with pytest.raises(KeyboardInterrupt):
            pulled("langfuse", langfuse.environment, since=SINCE)
    assert len(versions(landing)) == 5
    assert not list((landing.root / "pulls").glob("*/*.pulls.parquet"))
    pulled("langfuse", langfuse.environment, since=SINCE)
    assert len(versions(landing)) == 5
    assert remembered(landing)[0]["read_from"] == SINCE.replace(tzinfo=None)


def test_pages_that_could_not_be_landed_are_read_again(
    pulled: Pulled, landing: Landing, langfuse: FakeLangfuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours in the middle of a stream must not move the time up to which it was read."""
    from spanmart.formats import langfuse_api

    monkeypatch.setattr(groups, "GROUP_BYTES", 5_000)
    langfuse.observations = [observation(number * 60) for number in range(40)]
    langfuse.scores = [score(0)]
    with monkeypatch.context() as patch:
        read, count = langfuse_api.read, 0

        def breaks(stream: Any) -> Any:
            nonlocal count
            count += 1
            if count == 2:
                raise ValueError("a fault of ours")
            return read(stream)

        patch.setattr(langfuse_api, "read", breaks)
        result = pulled("langfuse", langfuse.environment, since=SINCE, page_rows=10)
    assert result.exit_code == 1
    assert "a fault of ours" in result.failure
    assert [each.stream for each in result.streams] == ["observations", "scores"]
    assert len(landing.rows("feedback")) == 1, "another stream has nothing to do with it"
    landed = set(versions(landing))
    for row in remembered(landing):
        whole = row["read_until"].isoformat()
        before = {each["id"] for each in langfuse.observations if each["startTime"][:19] < whole}
        assert before <= landed
    assert pulled("langfuse", langfuse.environment, since=SINCE).exit_code == 0
    assert sorted(versions(landing)) == sorted(each["id"] for each in langfuse.observations)


def test_a_dry_run_lands_and_remembers_nothing(
    pulled: Pulled, landing: Landing, langfuse: FakeLangfuse
) -> None:
    langfuse.observations = [observation(number) for number in range(5)]
    result = pulled("langfuse", langfuse.environment, since=SINCE, is_dry_run=True)
    assert result.landed.total("records_landed") == 5
    assert not landing.root.exists()


@pytest.mark.parametrize("ahead", [timedelta(hours=-6), timedelta(hours=6)])
def test_clocks_that_differ_lose_nothing(
    pulled: Pulled,
    landing: Landing,
    langfuse: FakeLangfuse,
    loopback: Loopback,
    ahead: timedelta,
) -> None:
    """A server that is behind has rows of hours that it has not reached, by its own clock, later;
    and one that is ahead must not make us skip hours that are still to come."""
    from datetime import UTC, datetime

    loopback.ahead = ahead.total_seconds()
    langfuse.observations = [observation(0)]
    pulled("langfuse", langfuse.environment, since=SINCE)
    [row] = remembered(landing)
    slower = datetime.now(UTC).replace(tzinfo=None) + min(timedelta(), ahead)
    assert row["read_until"] <= slower + timedelta(seconds=2)
    late = int((slower - START.replace(tzinfo=None)).total_seconds() // 60) - 1
    langfuse.observations.append(observation(late))
    pulled("langfuse", langfuse.environment, since=SINCE, lookback=timedelta(minutes=5))
    assert span_id(late) in versions(landing)


def test_silence_of_a_year_is_a_dozen_requests(
    pulled: Pulled, landing: Landing, langfuse: FakeLangfuse, loopback: Loopback
) -> None:
    pulled("langfuse", langfuse.environment, since=START - timedelta(days=365))
    assert len([path for path in loopback.paths() if path.endswith("observations")]) < 20
    assert remembered(landing)[0]["row_count"] == 0


def test_a_row_that_cannot_be_read_is_a_reject_and_the_rest_lands(
    pulled: Pulled, landing: Landing, langfuse: FakeLangfuse
) -> None:
    broken = observation(1) | {"traceId": None, "id": None}
    langfuse.observations = [observation(0), broken, observation(2)]
    result = pulled("langfuse", langfuse.environment, since=SINCE)
    assert result.exit_code == 3
    assert len(versions(landing)) == 2
    [reject] = landing.rows("rejects", keep_lineage=True)
    assert reject["source_file"].startswith("pull://langfuse/127.0.0.1")


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY must be set"),
        ({"LANGFUSE_PUBLIC_KEY": "pk"}, "LANGFUSE_SECRET_KEY must be set"),
    ],
)
def test_a_missing_secret_is_named(pulled: Pulled, environment: dict[str, str], said: str) -> None:
    with pytest.raises(PullFailed, match=said):
        pulled("langfuse", environment)


def test_a_project_that_is_not_there_is_named_with_those_that_are(
    pulled: Pulled, langfuse: FakeLangfuse
) -> None:
    result = pulled("langfuse", langfuse.environment, projects=("suport",))
    assert result.exit_code == 1
    assert "suport; there are: support" in result.failure
