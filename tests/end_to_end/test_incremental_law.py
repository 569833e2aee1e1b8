"""The law: any order, any batching, any duplication of the same exports gives the same tables as
one full refresh."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest
from built_project import BuiltProject, Row, reading
from hazards import AGENT, CALL, DAY, hazards
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from nights import EVERYTHING, FACTS, NewNights, Nights, Rows, differences
from otlp_json import Feedback, Record, Span, span_id, trace_id
from worlds import World, worlds

pytestmark = pytest.mark.heavy

LOADS = 3
WORLDS = 16


@pytest.fixture(scope="module")
def new_nights(
    tmp_path_factory: pytest.TempPathFactory, spanmart_project: BuiltProject
) -> NewNights:
    folder, numbers = tmp_path_factory.mktemp("nights"), count()
    seeded = Nights(spanmart_project, folder / "seeded")
    seeded.landing.mkdir(parents=True)
    # Seeds read no landing, and are the same for all.
    spanmart_project.run("seed", warehouse=seeded.warehouse, landing=seeded.landing)
    return lambda: seeded.copy(folder / f"nights {next(numbers)}")


def diverging(new_nights: NewNights, universe: Sequence[World]) -> dict[str, Rows]:
    """What a warehouse built load by load and one built at once do not have in common."""
    everything = [landed for world in universe for landed in world]
    night_by_night = new_nights()
    for load in range(LOADS):
        night_by_night.land(landed.record for landed in everything if load in landed.loads)
        night_by_night.build(select=EVERYTHING if load == LOADS - 1 else FACTS)
    at_once = new_nights()
    at_once.land(landed.record for landed in everything)
    at_once.build("--full-refresh", select=EVERYTHING)
    return differences(night_by_night.warehouse, at_once.warehouse)


def test_what_a_later_load_changes(new_nights: NewNights) -> None:
    assert diverging(new_nights, hazards()) == {}


@settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    database=None,
    # An example takes half a minute. What differs names its world, as shrinking would.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(universe=st.tuples(*(worlds(f"world {number}", LOADS) for number in range(WORLDS))))
def test_any_order_batching_and_duplication(
    new_nights: NewNights, universe: tuple[World, ...]
) -> None:
    # Hypothesis begins with the smallest worlds, which show nothing for half a minute's work.
    assume(sum(map(len, universe)) > 10 * WORLDS)
    assert diverging(new_nights, universe) == {}


FIRST_NIGHT: list[Record] = [
    Span("old", "root", end=900),
    Span("old", "call", "root", CALL, 100, 800),
    Span("new", "root", start=13 * DAY, end=13 * DAY + 900),
    Span("wrapped", "agent", None, AGENT, 0, 900),
    Feedback("thumb", "thumbs", DAY, trace="old", fields={"score": 1}),
]


@pytest.fixture(scope="module")
def first_night(new_nights: NewNights) -> Nights:
    nights = new_nights()
    assert nights.land(FIRST_NIGHT) == len(FIRST_NIGHT)
    nights.build()
    return nights


@pytest.fixture
def nights(first_night: Nights, tmp_path: Path) -> Nights:
    """The state after the first night, for each test anew."""
    return first_night.copy(tmp_path / "nights")


def rows(nights: Nights, fact: str, trace: str) -> list[Row]:
    with reading(nights.warehouse) as warehouse:
        return warehouse.rows(f"select * from facts.{fact} where trace_id = ?", trace_id(trace))


def test_a_span_that_comes_13_days_late_is_kept(nights: Nights) -> None:
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}
    assert nights.land([Span("old", "tool", "root", tool, 200, 300)]) == 1
    nights.build()
    (request,), (call,) = rows(nights, "request_trace", "old"), rows(nights, "tool_span", "old")
    assert call["tool_name"] == "search"
    assert (request["span_count"], request["tool_call_count"]) == (3, 1)
    assert request["input_tokens"] == CALL["gen_ai.usage.input_tokens"]
    assert request["feedback_latest"] == "positive"


def test_landing_the_same_files_twice_changes_nothing(nights: Nights, first_night: Nights) -> None:
    assert nights.land(FIRST_NIGHT) == 0
    # The same records in other files, another order and another batching.
    assert nights.land(FIRST_NIGHT[:0:-1]) == 0
    nights.build()
    assert differences(nights.warehouse, first_night.warehouse) == {}


def test_a_late_child_takes_the_wrappers_row_away(nights: Nights) -> None:
    (before,) = rows(nights, "model_span", "wrapped")
    assert before["span_id"] == span_id("wrapped/agent")
    assert before["is_usage_counted"]
    nights.land([Span("wrapped", "call", "agent", CALL, 100, 800)])
    nights.build()
    (after,) = rows(nights, "model_span", "wrapped")
    assert after["span_id"] == span_id("wrapped/call")
    (request,) = rows(nights, "request_trace", "wrapped")
    assert request["input_tokens"] == CALL["gen_ai.usage.input_tokens"]
    assert request["rollup_gap_tokens"] == 150 - 110
