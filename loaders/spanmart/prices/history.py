"""Bring newly published prices into the prices already written down, never overwriting history."""

from datetime import date
from typing import NamedTuple

from spanmart.prices.price_rows import (
    PriceTable,
    Series,
    SeriesKey,
    Timeline,
    compact,
    price_list_at,
)

UNPRICED: Timeline = ((date.min, frozenset()),)


class Changes(NamedTuple):
    added: list[SeriesKey]
    changed: list[SeriesKey]
    kept_though_gone: list[SeriesKey]


def merge_tables(old: PriceTable, new: PriceTable, today: date) -> tuple[PriceTable, Changes]:
    """Every series of both; a series that upstream dropped keeps its last price.

    A context (a service tier, say) that its model no longer offers ends today instead: the model
    is still sold, so the absence is a statement.
    """
    changes = Changes([], [], [])
    models_still_sold = {(key.provider_id, key.model_id) for key in new.series}
    merged: dict[SeriesKey, Series] = {}
    for key in sorted(old.series.keys() | new.series.keys()):
        before, after = old.series.get(key), new.series.get(key)
        if before is None:
            assert after is not None
            # A model without any rate is known by its match rows alone.
            if after.timeline != UNPRICED:
                merged[key] = after
                changes.added.append(key)
        elif after is None and (key.provider_id, key.model_id) not in models_still_sold:
            merged[key] = before
            changes.kept_though_gone.append(key)
        else:
            target = after.timeline if after else UNPRICED
            order = after.context_order if after else before.context_order
            merged[key] = Series(merge_timelines(before.timeline, target, today), order)
            if merged[key].timeline != before.timeline:
                changes.changed.append(key)
    return PriceTable(merged, old.source_versions), changes


def merge_timelines(old: Timeline, new: Timeline, today: date) -> Timeline:
    """What was written down up to the cutover, what is published from it on.

    The price in force today began on day `since`; everything before it is history and stays. If
    the two first differ later than `since`, upstream dated its change and that date holds, be it
    past or to come. If they differ on `since` itself, the price was edited in place without a
    date: then all we know is that it holds today. Where the two agree on today, only the future can
    change: another account of the past is not news, and after one merge there would be no telling
    it from a dated change.
    """
    agree = price_list_at(old, today) == price_list_at(new, today)
    since = today if agree else max(start for start, _ in old if start <= today)
    days = sorted({since} | {start for start, _ in (*old, *new) if start > since})
    differing = (day for day in days if price_list_at(old, day) != price_list_at(new, day))
    first = next(differing, None)
    if first is None:
        return old
    cutover = today if first == since else first
    return compact(
        [
            *((start, price_list) for start, price_list in old if start < cutover),
            (cutover, price_list_at(new, cutover)),
            *((start, price_list) for start, price_list in new if start > cutover),
        ]
    )
