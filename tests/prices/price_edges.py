"""The two calls on either side of every place where a price changes.

A place is a day, a minute of the day, a number of tokens or a context. Their usage fills every
bucket, so that a price on the wrong side shows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from genai_prices import types as genai
from genai_prices.data_snapshot import get_snapshot
from price_project import Call

INSTANT = timedelta(microseconds=1)
SOME_DAY = date(2026, 7, 1)
TOTAL = 50_000

Constraint = genai.StartDateConstraint | genai.TimeOfDateConstraint | None


@dataclass(frozen=True)
class Edge:
    """`kind` is day, minute, tier or context; `at` is where it lies."""

    kind: str
    provider: str
    model: str
    context: str
    at: str
    before: Call
    after: Call


def price_edges() -> list[Edge]:
    return [
        edge
        for provider in get_snapshot().providers
        for model in provider.models
        for edge in _edges_of(provider.id, model, _name(provider, model))
    ]


def context_of(when: dict[str, str]) -> str:
    return "&".join(f"{key}={when[key]}" for key in sorted(when))


def in_context(call: Call, context: str) -> Call | None:
    """The call as its span says so; None where no span can."""
    key, _, value = context.partition("=")
    if context == "processing=batch":
        return replace(call, api_mode="batch")
    if key == "service_tier" and "&" not in value:
        return replace(call, service_tier=value)
    return None if context else call


def _name(provider: genai.Provider, model: genai.ModelInfo) -> str:
    """A name by which the provider knows the model; its own id need not be one."""
    names = [model.id, *aliases(model.match)]
    return next((name for name in names if provider.find_model(name) is model), model.id)


def _edges_of(provider: str, model: genai.ModelInfo, name: str) -> Iterator[Edge]:
    prices = [] if isinstance(model.prices, genai.ModelPrice) else model.prices
    standard = [conditional.constraint for conditional in prices]
    yield from _edges(provider, model.id, name, "", standard, _thresholds(_lists(model)))
    variants: dict[str, list[genai.PriceVariant]] = {}
    for variant in model.price_variants or ():
        variants.setdefault(context_of(dict(variant.when)), []).append(variant)
    for context, of_context in variants.items():
        thresholds = _thresholds([variant.prices for variant in of_context])
        constraints = [variant.constraint for variant in of_context]
        yield from _edges(provider, model.id, name, context, constraints, thresholds)


def _edges(
    provider: str,
    model: str,
    name: str,
    context: str,
    constraints: list[Constraint],
    thresholds: set[int],
) -> Iterator[Edge]:
    moments = [datetime.combine(SOME_DAY, time(12))]

    def edge(kind: str, at: str, before: Call, after: Call) -> Iterator[Edge]:
        sides = in_context(before, context), in_context(after, context)
        if sides[0] and sides[1]:
            yield Edge(kind, provider, model, context, at, sides[0], sides[1])

    for constraint in constraints:
        if isinstance(constraint, genai.StartDateConstraint):
            start = datetime.combine(constraint.start_date, time.min)
            moments += [start - INSTANT, start]
            sides = [_call(provider, name, moment) for moment in moments[-2:]]
            yield from edge("day", constraint.start_date.isoformat(), *sides)
        elif isinstance(constraint, genai.TimeOfDateConstraint):
            for clock in (constraint.start_time, constraint.end_time):
                minute = datetime.combine(SOME_DAY, clock.replace(tzinfo=None))
                moments += [minute - INSTANT, minute]
                sides = [_call(provider, name, moment) for moment in moments[-2:]]
                yield from edge("minute", minute.time().isoformat(), *sides)
    for moment in moments:
        for threshold in sorted(thresholds):
            sides = [_call(provider, name, moment, t) for t in (threshold, threshold + 1)]
            yield from edge("tier", f"{threshold} {moment}", *sides)
        standard = _call(provider, name, moment)
        changed = in_context(standard, context)
        if context and changed:
            yield Edge("context", provider, model, context, str(moment), standard, changed)


def _call(provider: str, model: str, moment: datetime, total: int = TOTAL) -> Call:
    return Call(
        model_provider=provider,
        model_used=model,
        started_at=moment,
        input_tokens=total,
        output_tokens=4_000,
        cache_read_tokens=total // 4,
        cache_write_tokens=total // 5,
        cache_write_1h_tokens=total // 10,
    )


def _lists(model: genai.ModelInfo) -> list[genai.ModelPrice]:
    if isinstance(model.prices, genai.ModelPrice):
        return [model.prices]
    return [conditional.prices for conditional in model.prices]


def _thresholds(lists: list[genai.ModelPrice]) -> set[int]:
    return {
        tier.start
        for prices in lists
        for price in vars(prices).values()
        if isinstance(price, genai.TieredPrices)
        for tier in price.tiers
    }


def aliases(logic: genai.MatchLogic) -> list[str]:
    match logic:
        case genai.ClauseOr():
            return [alias for clause in logic.or_ for alias in aliases(clause)]
        case genai.ClauseEquals():
            return [logic.equals]
        case genai.ClauseStartsWith():
            return [logic.starts_with, f"{logic.starts_with}-next"]
        case genai.ClauseContains():
            return [f"some-{logic.contains}-name"]
        case genai.ClauseEndsWith():
            return [f"region.{logic.ends_with}"]
        case _:
            return []
