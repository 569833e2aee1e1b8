"""Costs by hour, day and scope of a service on Lord Howe Island, whose clocks differ from UTC by
half an hour and go forward by half an hour, against sums taken in Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from built_project import BuiltProject, Warehouse, reading
from otlp_json import MILLISECOND, START, Record, Span, trace_id, write

from spanmart.landing import land

pytestmark = pytest.mark.heavy

ZONE = ZoneInfo("Australia/Lord_Howe")
# From half past ten hours to eleven at two o'clock of this day.
CLOCKS_CHANGE = datetime(2026, 10, 4, tzinfo=ZONE)
STEP, STEPS = timedelta(minutes=25), 230
MARTS = (
    "cost_daily",
    "cost_hourly",
    "cost_what_if",
    "cost_reconciliation",
    "instrumentation_coverage",
    "price_coverage",
    "usage_reconciliation",
)


@dataclass(frozen=True)
class Request:
    """An agent that repeats the usage of its one call, which begins 40 minutes later."""

    name: str
    started_at: datetime
    input_tokens: int
    output_tokens: int
    rate: float

    @property
    def cost(self) -> Decimal:
        return (self.input_tokens * Decimal("2.5") + self.output_tokens * 10) / 1_000_000

    @property
    def local_day(self) -> date:
        return self.started_at.astimezone(ZONE).date()

    def spans(self) -> list[Record]:
        at = (self.started_at - datetime.fromtimestamp(START / 1e9, UTC)) / timedelta(
            milliseconds=1
        )
        start = round(at)
        assert START + start * MILLISECOND == round(self.started_at.timestamp() * 1_000_000) * 1000
        usage = {
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.response.model": "gpt-4o-2024-08-06",
            "gen_ai.usage.input_tokens": self.input_tokens,
            "gen_ai.usage.output_tokens": self.output_tokens,
        }
        agent = {"gen_ai.operation.name": "invoke_agent", "spanmart.sample.rate": self.rate}
        call, hour = {"gen_ai.operation.name": "chat"}, 3_600_000
        later = start + hour * 2 // 3
        return [
            Span(self.name, "agent", None, agent | usage, start, start + hour, scope="agents"),
            Span(self.name, "call", "agent", call | usage, later, later + 1000, scope="sdk"),
        ]


def requests() -> list[Request]:
    first = CLOCKS_CHANGE.astimezone(UTC) - STEP * (STEPS // 2) + timedelta(minutes=7)
    return [
        Request(
            f"request {number}",
            first + number * STEP,
            100 + 13 * number,
            7 + number % 5,
            (1.0, 0.25, 0.5)[number % 3],
        )
        for number in range(STEPS)
    ]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp("lord howe")
    project = BuiltProject(folder, {"reporting_timezone": ZONE.key})
    records = [span for request in requests() for span in request.spans()]
    files = write(folder / "exports", records)
    assert land(files, landing=folder / "landing_of_tests", source="tests").exit_code == 0
    places = {"warehouse": folder / "spanmart.duckdb", "landing": folder / "landing_of_tests"}
    project.run("seed", **places)
    project.run("run", "-s", *(f"+{mart}" for mart in MARTS), **places)
    project.run(
        "test", "-s", "assert_hours_and_days_add_up_to_the_facts", "assert_marts_of_cost_agree",
        *MARTS, "--exclude", "test_type:unit", **places,
    )  # fmt: skip
    with reading(places["warehouse"]) as opened:
        yield opened


def test_a_day_is_the_islands_and_the_call_stays_with_its_trace(warehouse: Warehouse) -> None:
    costs: Counter[date] = Counter()
    calls: Counter[date] = Counter()
    for request in requests():
        costs[request.local_day] += request.cost / Decimal(request.rate)  # type: ignore[assignment]
        calls[request.local_day] += 1
    rows = warehouse.rows("select day, cost_usd, call_count from marts.cost_daily order by day")
    assert {row["day"]: row["cost_usd"] for row in rows} == costs
    assert {row["day"]: row["call_count"] for row in rows} == calls
    # The day on which the clocks change has 47 half hours.
    change = CLOCKS_CHANGE.date()
    assert calls[change] in (56, 57) and calls[change - timedelta(days=1)] in (57, 58)


def test_an_hour_is_of_utc_and_may_lie_in_two_days(warehouse: Warehouse) -> None:
    expected: Counter[tuple[datetime, date]] = Counter()
    for request in requests():
        hour = request.started_at.replace(minute=0, second=0, tzinfo=None)
        expected[hour, request.local_day] += 1
    rows = warehouse.rows("select hour, day, call_count from marts.cost_hourly")
    assert {(row["hour"], row["day"]): row["call_count"] for row in rows} == expected
    assert len({hour for hour, _ in expected}) < len(expected)


def test_sampled_traces_count_for_many(warehouse: Warehouse) -> None:
    row = warehouse.row(
        "select sum(weighted_call_count) as calls, sum(weighted_call_count_variance) as variance,"
        " sum(seen_cost_usd) as seen, sum(cost_usd_variance) as cost_variance from marts.cost_daily"
    )
    weights = [1 / request.rate for request in requests()]
    assert row["calls"] == sum(weights)
    assert row["variance"] == sum(weight * (weight - 1) for weight in weights)
    assert row["seen"] == sum(request.cost for request in requests())
    assert row["cost_variance"] == pytest.approx(
        sum(
            weight * (weight - 1) * float(request.cost) ** 2
            for weight, request in zip(weights, requests(), strict=True)
        )
    )


def test_the_flat_sum_is_twice_what_was_used(warehouse: Warehouse) -> None:
    used = sum(request.input_tokens + request.output_tokens for request in requests())
    cost = sum(request.cost for request in requests())
    rows = warehouse.rows(
        "select instrumentation_scope as scope, sum(flat_tokens) as flat,"
        " sum(attributed_tokens) as attributed, sum(wrapper_tokens) as wrapper,"
        " sum(gap_tokens) as gap, sum(flat_cost_usd) as flat_cost,"
        " sum(attributed_cost_usd) as cost from marts.usage_reconciliation group by all"
    )
    assert sorted(tuple(row.values()) for row in rows) == [
        ("agents", used, 0, used, used, cost, None),
        ("sdk", used, used, 0, 0, cost, cost),
    ]


def test_what_another_model_would_have_cost(warehouse: Warehouse) -> None:
    rows = {
        row["what_if"]: row
        for row in warehouse.rows(
            "select what_if, any_value(alternative_model) as model, sum(call_count) as calls,"
            " sum(comparable_count) as comparable, sum(comparable_cost_usd) as cost,"
            " sum(what_if_cost_usd) as what_if_cost from marts.cost_what_if group by what_if"
        )
    }
    weighted = sum(request.cost / Decimal(request.rate) for request in requests())
    latest, other = rows["latest_price"], rows["other_model"]
    assert latest["calls"] == latest["comparable"] == other["comparable"] == STEPS
    assert latest["cost"] == other["cost"] == weighted
    # The list has not changed the price of this model.
    assert latest["what_if_cost"] == weighted
    assert other["model"] == "gpt-4o-mini"
    # 0.15 and 0.60 a million against 2.50 and 10.
    assert other["what_if_cost"] == weighted * Decimal("0.06")


def test_the_price_that_was_used_stands_on_the_row(warehouse: Warehouse) -> None:
    row = warehouse.row(
        "select * from facts.usage_record where trace_id = ? and is_usage_counted",
        trace_id("request 7"),
    )
    assert (row["price_source"], row["price_provider_id"], row["price_model_id"]) == (
        "shipped",
        "openai",
        "gpt-4o",
    )
    rates = row["input_usd_per_token"], row["output_usd_per_token"]
    assert rates == (Decimal("2.5e-6"), Decimal("1e-5"))
    assert row["cost_usd"] == requests()[7].cost == row["input_cost_usd"] + row["output_cost_usd"]
