"""Calls that reach every corner of the price list: each model, change, window, tier and bucket."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

from genai_prices import types as genai
from genai_prices.data_snapshot import get_snapshot
from price_edges import aliases, context_of, in_context
from price_project import Call

SEED = 20260701
INSTANT = timedelta(microseconds=1)
SHAPES = (
    "plain",
    "cached",
    "written",
    "audio",
    "cached audio",
    "reasoning",
    "impossible",
)
SHAPE_WEIGHTS = (8, 4, 4, 4, 2, 4, 1)
SOME_DAY = datetime(2026, 7, 1)


def sampled_calls() -> list[Call]:
    chance = random.Random(SEED)
    return [
        *_calls_of_each_model(chance),
        *_calls_by_other_names(chance),
        *_calls_without_a_provider(chance),
        *_calls_that_nobody_can_price(chance),
    ]


def price_lists(model: genai.ModelInfo) -> list[genai.ModelPrice]:
    if isinstance(model.prices, genai.ModelPrice):
        return [model.prices]
    return [conditional.prices for conditional in model.prices]


def _calls_of_each_model(chance: random.Random) -> Iterator[Call]:
    for provider in get_snapshot().providers:
        for model in provider.models:
            for moment in _moments(model, chance):
                yield _call(provider.id, model.id, moment, chance, None)
            for variant in model.price_variants or ():
                for moment in _moments_around([variant.constraint], chance):
                    standard = _call(provider.id, model.id, moment, chance, None)
                    in_its_context = in_context(standard, context_of(dict(variant.when)))
                    yield in_its_context or replace(standard, service_tier="default")
            for threshold in sorted(_thresholds(model)):
                for total in (threshold, threshold + 1):
                    yield _call(provider.id, model.id, _moments(model, chance)[-1], chance, total)


def _calls_by_other_names(chance: random.Random) -> Iterator[Call]:
    """Aliases, capitals, compact dates, a cloud's fallbacks, a gateway's prefix."""
    for provider in get_snapshot().providers:
        for model in _some(provider, chance):
            alias = chance.choice(aliases(model.match) or [model.id])
            for name in (alias, alias.upper(), f"{alias}-20251211", f"{alias}-2025-12-11"):
                yield _call(provider.id.upper(), name, _moment(chance), chance, None)
            azure = _call("azure", model.id, _moment(chance), chance, None)
            yield replace(azure, service_tier=chance.choice(("flex", "priority", None)))
            yield _call("google", model.id, _moment(chance), chance, None)
            yield _call("litellm", f"{provider.id}/{model.id}", _moment(chance), chance, None)
            yield _call("litellm", model.id, _moment(chance), chance, None)


def _calls_without_a_provider(chance: random.Random) -> Iterator[Call]:
    for provider in get_snapshot().providers:
        for model in _some(provider, chance):
            yield _call(None, model.id, _moment(chance), chance, None)


def _calls_that_nobody_can_price(chance: random.Random) -> Iterator[Call]:
    for provider in get_snapshot().providers:
        yield _call(provider.id, "no-such-model", _moment(chance), chance, None)
        yield _call(f"no-such-{chance.random()}", "no-such-model", _moment(chance), chance, None)
        yield _call(None, "no-such-model", _moment(chance), chance, None)


def _call(
    provider: str | None, model: str, moment: datetime, chance: random.Random, total: int | None
) -> Call:
    """Usage of a random shape: some calls report no details, some report each."""
    total = chance.choice((0, 1, 17, 1_200, 90_000)) if total is None else total
    cut = sorted(chance.randint(0, total) for _ in range(3))
    read, written, audio = cut[0], cut[1] - cut[0], cut[2] - cut[1]
    output = chance.choice((0, 1, 400, 8_192))
    reasoning = chance.randint(0, output)
    shape = chance.choices(SHAPES, weights=SHAPE_WEIGHTS)[0]
    if shape == "impossible":
        read = total + 1
    return Call(
        model_provider=provider,
        model_used=model,
        started_at=moment,
        input_tokens=total,
        output_tokens=output,
        cache_read_tokens=None if shape in ("plain", "audio", "reasoning") else read,
        cache_write_tokens=written if shape == "written" else None,
        cache_write_1h_tokens=chance.randint(0, written) if shape == "written" else None,
        input_audio_tokens=audio if "audio" in shape else None,
        output_audio_tokens=output - reasoning if "audio" in shape else None,
        reasoning_tokens=reasoning if shape == "reasoning" else None,
    )


def _some(provider: genai.Provider, chance: random.Random) -> list[genai.ModelInfo]:
    return chance.sample(provider.models, min(len(provider.models), 10))


def _moments(model: genai.ModelInfo, chance: random.Random) -> list[datetime]:
    if isinstance(model.prices, genai.ModelPrice):
        return [_moment(chance)]
    return _moments_around([conditional.constraint for conditional in model.prices], chance)


def _moments_around(
    constraints: Sequence[genai.StartDateConstraint | genai.TimeOfDateConstraint | None],
    chance: random.Random,
) -> list[datetime]:
    """Both sides of each change and of each end of a window, and one moment besides."""
    moments = [_moment(chance)]
    for constraint in constraints:
        if isinstance(constraint, genai.StartDateConstraint):
            start = datetime.combine(constraint.start_date, time.min)
            moments += [start - INSTANT, start]
        elif isinstance(constraint, genai.TimeOfDateConstraint):
            for edge in (constraint.start_time, constraint.end_time):
                at = SOME_DAY + timedelta(hours=edge.hour, minutes=edge.minute)
                moments += [at - INSTANT, at]
    return moments


def _moment(chance: random.Random) -> datetime:
    return datetime(2024, 1, 1) + timedelta(seconds=chance.randrange(4 * 365 * 86_400))


def _thresholds(model: genai.ModelInfo) -> set[int]:
    return {
        tier.start
        for price_list in price_lists(model)
        for price in vars(price_list).values()
        if isinstance(price, genai.TieredPrices)
        for tier in price.tiers
    }
