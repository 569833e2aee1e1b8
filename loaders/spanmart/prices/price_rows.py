"""The rows of seeds/prices/model_prices.csv, and the timelines that they spell out."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

COLUMNS = (
    "provider_id",
    "model_id",
    "price_context",
    "context_order",
    "valid_from",
    "valid_to",
    "time_from",
    "time_to",
    "above_input_tokens",
    "price_unit",
    "usd",
    "per_units",
    "source_version",
)


class SeriesKey(NamedTuple):
    """What has one price list at any one time. `price_context` is '' for the standard price."""

    provider_id: str
    model_id: str
    price_context: str


@dataclass(frozen=True)
class Rate:
    """One price of one unit, in one window of the day and one tier."""

    time_from: time | None
    time_to: time | None
    above_input_tokens: int | None
    price_unit: str
    usd: Decimal
    per_units: int

    def sort_key(self) -> tuple[time, int, str]:
        above = -1 if self.above_input_tokens is None else self.above_input_tokens
        return (self.time_from or time.min, above, self.price_unit)


PriceList = frozenset[Rate]

# Contiguous, in order, the first from date.min; no two neighbours are equal.
Timeline = tuple[tuple[date, PriceList], ...]


@dataclass
class Series:
    timeline: Timeline
    context_order: int | None


class PriceTable(NamedTuple):
    series: dict[SeriesKey, Series]
    # Which release of the source first stated a rate, so that a figure can be traced back.
    source_versions: dict[tuple[SeriesKey, date, Rate], str]


def compact(points: Iterable[tuple[date, PriceList]]) -> Timeline:
    """Drop the points at which nothing changes."""
    kept: list[tuple[date, PriceList]] = []
    for start, price_list in points:
        if not kept or kept[-1][1] != price_list:
            kept.append((start, price_list))
    return tuple(kept)


def price_list_at(timeline: Timeline, day: date) -> PriceList:
    current: PriceList = frozenset()
    for start, price_list in timeline:
        if start > day:
            break
        current = price_list
    return current


def read_price_table(path: Path) -> PriceTable:
    """Read the seed; an absent file is an empty table."""
    if not path.exists():
        return PriceTable({}, {})
    spans: dict[SeriesKey, list[tuple[date, date, Rate]]] = defaultdict(list)
    orders: dict[SeriesKey, int | None] = {}
    versions: dict[tuple[SeriesKey, date, Rate], str] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = SeriesKey(row["provider_id"], row["model_id"], row["price_context"])
            rate = _rate(row)
            start = date.fromisoformat(row["valid_from"]) if row["valid_from"] else date.min
            end = date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max
            spans[key].append((start, end, rate))
            orders[key] = int(row["context_order"]) if row["context_order"] else None
            versions[key, start, rate] = row["source_version"]
    series = {key: Series(_timeline(rows), orders[key]) for key, rows in spans.items()}
    return PriceTable(series, versions)


def write_price_table(path: Path, table: PriceTable, source_version: str) -> int:
    """Write every series in order; returns the number of rows."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in _rows(table, source_version):
            writer.writerow(row)
            count += 1
    return count


def _rate(row: Mapping[str, str]) -> Rate:
    return Rate(
        time_from=time.fromisoformat(row["time_from"]) if row["time_from"] else None,
        time_to=time.fromisoformat(row["time_to"]) if row["time_to"] else None,
        above_input_tokens=int(row["above_input_tokens"]) if row["above_input_tokens"] else None,
        price_unit=row["price_unit"],
        usd=Decimal(row["usd"]),
        per_units=int(row["per_units"]),
    )


def _timeline(rows: list[tuple[date, date, Rate]]) -> Timeline:
    edges = {date.min} | {start for start, _, _ in rows} | {end for _, end, _ in rows}
    return compact(
        (edge, frozenset(rate for start, end, rate in rows if start <= edge < end))
        for edge in sorted(edges - {date.max})
    )


def _rows(table: PriceTable, source_version: str) -> Iterator[tuple[str, ...]]:
    for key in sorted(table.series):
        series = table.series[key]
        ends = [start for start, _ in series.timeline[1:]] + [date.max]
        for (start, price_list), end in zip(series.timeline, ends, strict=True):
            for rate in sorted(price_list, key=Rate.sort_key):
                yield (
                    *key,
                    _text(series.context_order),
                    "" if start == date.min else start.isoformat(),
                    "" if end == date.max else end.isoformat(),
                    _text(rate.time_from),
                    _text(rate.time_to),
                    _text(rate.above_input_tokens),
                    rate.price_unit,
                    _plain(rate.usd),
                    str(rate.per_units),
                    table.source_versions.get((key, start, rate), source_version),
                )


def _text(value: time | int | None) -> str:
    return "" if value is None else str(value)


def _plain(amount: Decimal) -> str:
    """No exponent and no trailing zeros: the same price always has the same text."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
