"""When the first token came, where a dialect says the moment instead of the time that passed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.records import Index, KeyValues, Records

TIME_TO_FIRST_TOKEN = "spanmart.derived.time_to_first_token_ms"

# ISO 8601 in UTC: Langfuse (in quotes at times), LiteLLM.
_MOMENTS = (
    "langfuse.observation.completion_start_time",
    "completion_start_time",
    "llm.completion_start_time",
)
_FORMAT = "%Y-%m-%dT%H:%M:%S%.f"
# LangSmith: one event a token.
_EVENT = "new_token"
# Strands calls it as OpenLIT does, and means milliseconds where OpenLIT means seconds.
_STRANDS_KEY = "gen_ai.server.time_to_first_token"
_STRANDS = "strands"
_NANOS_A_MS = 1e6

Milliseconds = npt.NDArray[np.float64]


def times(spans: Records) -> KeyValues | None:
    """The milliseconds from the start of spans to their first token."""
    pairs = spans.attributes
    owners: list[Index] = []
    milliseconds: list[Milliseconds] = []
    for owner, moment in (*_moments(pairs), *_events(spans)):
        start = pc.fill_null(spans.columns.column("start_time_unix_nano"), 0).to_numpy()[owner]
        after = (moment - start) / _NANOS_A_MS
        is_known = (start > 0) & (after >= 0)
        owners.append(owner[is_known])
        milliseconds.append(after[is_known])
    for owner, said in _of_strands(spans):
        owners.append(owner)
        milliseconds.append(said)
    if not owners:
        return None
    owner, first = np.unique(np.concatenate(owners), return_index=True)
    texts = [f"{value:.6f}" for value in np.concatenate(milliseconds)[first].tolist()]
    return KeyValues(
        owner.astype(np.int64),
        pa.array([TIME_TO_FIRST_TOKEN] * len(texts), pa.string()),
        pa.array(texts, pa.string()),
    )


def _moments(pairs: KeyValues) -> list[tuple[Index, Index]]:
    rows = np.flatnonzero(pairs.names.where(_MOMENTS.__contains__))
    if len(rows) == 0:
        return []
    texts = pl.Series(values=pairs.value.take(pa.array(rows)), dtype=pl.String)
    plain = texts.str.strip_chars('" ').str.replace(r"(?:Z|[+-]00:?00)$", "").str.replace(" ", "T")
    moments = plain.str.to_datetime(_FORMAT, strict=False, time_unit="ns")
    has = moments.is_not_null().to_numpy()
    nanos = moments.drop_nulls().cast(pl.Int64).to_numpy()
    return [(pairs.owner[rows[has]], nanos)]


def _events(spans: Records) -> list[tuple[Index, Index]]:
    events = spans.events
    if events is None or len(events) == 0:
        return []
    is_token = pc.fill_null(pc.equal(events.columns.column("name"), _EVENT), False).to_numpy()
    rows = np.flatnonzero(is_token)
    if len(rows) == 0:
        return []
    times = pc.fill_null(events.columns.column("time_unix_nano"), 0).to_numpy()[rows]
    order = np.lexsort((times, events.owner[rows]))
    return [(events.owner[rows][order], times[order])]


def _of_strands(spans: Records) -> list[tuple[Index, Milliseconds]]:
    pairs = spans.attributes
    rows = np.flatnonzero(pairs.names.where(_STRANDS_KEY.__eq__))
    if len(rows) == 0:
        return []
    scopes = pc.fill_null(pc.starts_with(spans.columns.column("scope_name"), _STRANDS), False)
    rows = rows[scopes.to_numpy()[pairs.owner[rows]].astype(bool)]
    said = pl.Series(values=pairs.value.take(pa.array(rows)), dtype=pl.String)
    numbers = said.cast(pl.Float64, strict=False)
    has = ((numbers >= 0) & numbers.is_finite()).fill_null(False).to_numpy()
    return [(pairs.owner[rows[has]], numbers.to_numpy()[has])]
