"""The prices of the installed genai-prices package, as disjoint dated price lists.

genai-prices says when a price holds by constraints that are tried last to first. Instead of
repeating that rule we ask the package for the price inside every cell that the constraints can cut
(a range of days times a window of the day), so that the outcome is its own by construction.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from importlib.metadata import version
from typing import Any, NamedTuple

from genai_prices import types as genai
from genai_prices.data_snapshot import get_snapshot
from genai_prices.data_units import unit_data

from spanmart.prices.price_rows import (
    PriceList,
    PriceTable,
    Rate,
    Series,
    SeriesKey,
    Timeline,
    compact,
)

Prices = Mapping[str, Decimal | genai.TieredPrices]
Constraint = genai.StartDateConstraint | genai.TimeOfDateConstraint | None

# Any day does for a price that has no start date; it only has to be a real one.
SOME_DAY = date(2000, 1, 1)


class Unit(NamedTuple):
    name: str
    per_units: int


UNITS = {str(unit["price_key"]): Unit(name, int(unit["per"])) for name, unit in unit_data.items()}


def source_version() -> str:
    return version("genai-prices")


def providers() -> list[genai.Provider]:
    return get_snapshot().providers


def published_prices(published: list[genai.Provider]) -> PriceTable:
    series: dict[SeriesKey, Series] = {}
    for provider in published:
        for model in provider.models:
            for context, order, timeline in _model_timelines(model):
                key = SeriesKey(provider.id, model.id, context)
                series[key] = Series(timeline, order)
    return PriceTable(series, {})


def context_text(when: Mapping[str, str]) -> str:
    return "&".join(f"{key}={when[key]}" for key in sorted(when))


def _model_timelines(model: genai.ModelInfo) -> Iterator[tuple[str, int | None, Timeline]]:
    conditional = [] if isinstance(model.prices, genai.ModelPrice) else model.prices
    standard = _timeline(
        [price.constraint for price in conditional],
        lambda moment: _stated(model.get_prices(moment)),
    )
    yield "", None, standard
    contexts: dict[str, list[genai.PriceVariant]] = {}
    for variant in model.price_variants or ():
        contexts.setdefault(context_text(variant.when), []).append(variant)
    for order, (context, variants) in enumerate(contexts.items()):
        yield context, order, _variant_timeline(variants)


def _variant_timeline(variants: list[genai.PriceVariant]) -> Timeline:
    """Only what the context overrides; the first active variant that names a unit prices it."""

    def prices(moment: datetime) -> Prices:
        found: dict[str, Decimal | genai.TieredPrices] = {}
        for variant in variants:
            if variant.constraint is None or variant.constraint.active(moment):
                found = {**_stated(variant.prices), **found}
        return found

    return _timeline([variant.constraint for variant in variants], prices)


def _stated(price: genai.ModelPrice) -> Prices:
    return {key: value for key, value in vars(price).items() if value is not None}


def _timeline(constraints: list[Constraint], prices: Callable[[datetime], Prices]) -> Timeline:
    starts = sorted({c.start_date for c in constraints if isinstance(c, genai.StartDateConstraint)})
    first = starts[0] - timedelta(days=1) if starts else SOME_DAY
    days = [(date.min, first), *((start, start) for start in starts)]
    edges = _day_edges(constraints)
    return compact((start, _price_list(day, edges, prices)) for start, day in days)


def _day_edges(constraints: list[Constraint]) -> list[time]:
    edges = {time.min}
    for constraint in constraints:
        if isinstance(constraint, genai.TimeOfDateConstraint):
            edges |= {_utc(constraint.start_time), _utc(constraint.end_time)}
    return sorted(edges)


def _utc(value: time) -> time:
    if value.tzinfo is None:
        return value
    return datetime.combine(SOME_DAY, value).astimezone(UTC).time()


def _price_list(day: date, edges: list[time], prices: Callable[[datetime], Prices]) -> PriceList:
    """Windows with the same prices are joined; a day of one price has no window at all."""
    windows: list[tuple[time, Prices]] = []
    for edge in edges:
        found = prices(datetime.combine(day, edge, tzinfo=UTC))
        if not windows or windows[-1][1] != found:
            windows.append((edge, found))
    ends: list[time | None] = [*(start for start, _ in windows[1:]), None]
    return frozenset(
        rate
        for (start, found), end in zip(windows, ends, strict=True)
        for rate in _rates(start if start != time.min else None, end, found)
    )


def _rates(time_from: time | None, time_to: time | None, prices: Prices) -> Iterator[Rate]:
    for price_key, value in prices.items():
        unit = UNITS[price_key]
        steps: list[tuple[int | None, Any]] = [(None, value)]
        if isinstance(value, genai.TieredPrices):
            steps = [(None, value.base), *((tier.start, tier.price) for tier in value.tiers)]
        for above, usd in steps:
            yield Rate(time_from, time_to, above, unit.name, usd, unit.per_units)
