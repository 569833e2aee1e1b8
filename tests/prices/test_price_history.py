"""A refresh closes prices and appends prices; it never rewrites what was true."""

import csv
import shutil
from collections.abc import Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from genai_prices import types as genai
from hypothesis import given
from hypothesis import strategies as st

from spanmart.commands.prices import command
from spanmart.prices.history import merge_timelines
from spanmart.prices.matching import UnsupportedPattern
from spanmart.prices.price_rows import (
    PriceList,
    PriceTable,
    Rate,
    Series,
    SeriesKey,
    Timeline,
    compact,
    price_list_at,
    read_price_table,
    write_price_table,
)
from spanmart.prices.refresh import PRICES, refresh

SEEDS = Path(__file__).resolve().parents[2] / "seeds/prices"
TODAY = date(2026, 7, 10)
LATER = date(2026, 8, 20)
DAY = timedelta(days=1)

Prices = genai.ModelPrice | list[genai.ConditionalPrice]


def usd(amount: str) -> genai.ModelPrice:
    return genai.ModelPrice(input_mtok=Decimal(amount))


def since(start: date, amount: str) -> genai.ConditionalPrice:
    return genai.ConditionalPrice(genai.StartDateConstraint(start), prices=usd(amount))


def vendor(models: dict[str, Prices], match: genai.MatchLogic | None = None) -> genai.Provider:
    return genai.Provider(
        id="vendor",
        name="Vendor",
        api_pattern="https://vendor",
        models=[
            genai.ModelInfo(id=name, match=match or genai.ClauseEquals(name), prices=prices)
            for name, prices in models.items()
        ],
    )


def refreshed(folder: Path, today: date, **models: Prices) -> list[tuple[str, str, str]]:
    """The intervals of model `m` after one more refresh."""
    refresh(folder, today, [vendor(models)], "9.9")
    return intervals(folder, "m")


def intervals(folder: Path, model: str) -> list[tuple[str, str, str]]:
    with (folder / PRICES).open(encoding="utf-8", newline="") as file:
        return [
            (row["valid_from"], row["valid_to"], row["usd"])
            for row in csv.DictReader(file)
            if row["model_id"] == model
        ]


def test_a_price_edited_in_place_ends_today_and_a_new_row_follows(tmp_path: Path) -> None:
    assert refreshed(tmp_path, TODAY, m=usd("3")) == [("", "", "3")]
    assert refreshed(tmp_path, LATER, m=usd("2")) == [
        ("", "2026-08-20", "3"),
        ("2026-08-20", "", "2"),
    ]


def test_a_dated_change_counts_from_its_own_day_past_or_to_come(tmp_path: Path) -> None:
    refreshed(tmp_path, TODAY, m=usd("3"))
    in_between = [genai.ConditionalPrice(prices=usd("3")), since(date(2026, 8, 1), "2")]
    changed = [("", "2026-08-01", "3"), ("2026-08-01", "", "2")]
    assert refreshed(tmp_path, LATER, m=in_between) == changed
    to_come = [*in_between, since(date(2027, 1, 1), "1")]
    assert refreshed(tmp_path, LATER, m=to_come) == [
        ("", "2026-08-01", "3"),
        ("2026-08-01", "2027-01-01", "2"),
        ("2027-01-01", "", "1"),
    ]
    assert refreshed(tmp_path, LATER, m=in_between) == changed, "an announcement was withdrawn"


def test_a_closed_price_stays_though_upstream_corrects_it(tmp_path: Path) -> None:
    dated = [genai.ConditionalPrice(prices=usd("3")), since(date(2026, 7, 1), "2")]
    before = refreshed(tmp_path, TODAY, m=dated)
    corrected = [genai.ConditionalPrice(prices=usd("99")), since(date(2026, 5, 1), "2")]
    assert refreshed(tmp_path, LATER, m=corrected) == before
    assert refreshed(tmp_path, LATER, m=usd("2")) == before


def test_a_model_that_is_gone_keeps_its_price_and_its_names(tmp_path: Path) -> None:
    refreshed(tmp_path, TODAY, m=usd("3"), n=usd("4"))
    done = refresh(tmp_path, LATER, [vendor({"n": usd("4"), "o": usd("5")})], "10.0")
    assert done.changes.kept_though_gone == [SeriesKey("vendor", "m", "")]
    assert intervals(tmp_path, "m") == [("", "", "3")]
    names = (tmp_path / "price_model_matches.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [line.split(",")[1:3] for line in names] == [["n", "0"], ["o", "1"], ["m", "2"]]


def test_a_price_that_upstream_no_longer_states_ends_today(tmp_path: Path) -> None:
    refreshed(tmp_path, TODAY, m=usd("3"))
    assert refreshed(tmp_path, LATER, m=genai.ModelPrice()) == [("", "2026-08-20", "3")]


def test_each_row_names_the_release_that_first_stated_it(tmp_path: Path) -> None:
    refresh(tmp_path, TODAY, [vendor({"m": usd("3")})], "1.0")
    refresh(tmp_path, LATER, [vendor({"m": usd("2")})], "2.0")
    with (tmp_path / PRICES).open(encoding="utf-8", newline="") as file:
        assert [row["source_version"] for row in csv.DictReader(file)] == ["1.0", "2.0"]


def test_windows_of_the_day_are_cut_at_midnight(tmp_path: Path) -> None:
    night = genai.TimeOfDateConstraint(time(16, 30), time(0, 30))
    prices = [
        genai.ConditionalPrice(prices=usd("2")),
        genai.ConditionalPrice(night, prices=usd("1")),
    ]
    refresh(tmp_path, TODAY, [vendor({"m": prices})], "1.0")
    with (tmp_path / PRICES).open(encoding="utf-8", newline="") as file:
        windows = [(row["time_from"], row["time_to"], row["usd"]) for row in csv.DictReader(file)]
    assert windows == [
        ("", "00:30:00", "1"),
        ("00:30:00", "16:30:00", "2"),
        ("16:30:00", "", "1"),
    ]


def test_an_error_leaves_all_seeds_as_they_were(tmp_path: Path) -> None:
    refreshed(tmp_path, TODAY, m=usd("3"))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    unsupported = vendor({"m": usd("2")}, genai.ClauseRegex("gpt(?!-4)"))
    with pytest.raises(UnsupportedPattern, match="gpt"):
        refresh(tmp_path, LATER, [unsupported], "2.0")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_shipped_seeds_are_those_of_the_installed_package(tmp_path: Path) -> None:
    """Fails after an upgrade of genai-prices until `spanmart prices refresh` has run."""
    shutil.copytree(SEEDS, tmp_path, dirs_exist_ok=True)
    assert refresh(tmp_path, date(2100, 1, 1)).changed_files == []


def test_the_command_says_what_changed_and_changes_nothing_twice(tmp_path: Path) -> None:
    arguments = ["refresh", "--seeds", str(tmp_path), "--on", "2026-07-10"]
    first = CliRunner().invoke(command, arguments)
    assert first.exit_code == 0 and "rewrote model_prices.csv" in first.output
    second = CliRunner().invoke(command, arguments)
    assert second.exit_code == 0 and "nothing changed" in second.output


def price_list(amount: int) -> PriceList:
    """0 stands for a model without any price."""
    rate = Rate(None, None, None, "input_tokens", Decimal(amount), 1_000_000)
    return frozenset([rate] if amount else [])


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    days = sorted(draw(st.sets(st.integers(-40, 40), max_size=5)))
    amounts: Sequence[int] = draw(
        st.lists(st.integers(0, 3), min_size=len(days) + 1, max_size=len(days) + 1)
    )
    starts = [date.min, *(TODAY + day * DAY for day in days)]
    return compact(zip(starts, map(price_list, amounts), strict=True))


@given(timelines(), timelines())
def test_history_stays_and_today_is_as_published(old: Timeline, new: Timeline) -> None:
    merged = merge_timelines(old, new, TODAY)
    in_force_since = max(start for start, _ in old if start <= TODAY)
    for day in (TODAY + offset * DAY for offset in range(-45, 46)):
        if day < in_force_since:
            assert price_list_at(merged, day) == price_list_at(old, day)
        if day >= TODAY:
            assert price_list_at(merged, day) == price_list_at(new, day)
        assert price_list_at(merged, day) in (price_list_at(old, day), price_list_at(new, day))
    assert merge_timelines(merged, new, TODAY) == merged


@given(timelines())
def test_a_table_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, timeline: Timeline
) -> None:
    key = SeriesKey("vendor", "m", "service_tier=flex")
    path = tmp_path_factory.mktemp("seed") / PRICES
    write_price_table(path, PriceTable({key: Series(timeline, 1)}, {}), "1.0")
    read = read_price_table(path).series
    assert price_list_at(timeline, date.min) == frozenset() or read[key].timeline == timeline
    for day in (TODAY + offset * DAY for offset in range(-45, 46)):
        found = price_list_at(read[key].timeline, day) if key in read else frozenset()
        assert found == price_list_at(timeline, day)
