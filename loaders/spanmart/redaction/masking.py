"""Detectors over columns of text: most rows hold nothing, and are told so without a copy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.redaction.detectors import DETECTORS, Detector, checked_text

Counts = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]

# One search for all hints is slower than one each on long text, where each skips ahead on its own,
# and faster on short text, where starting a search is what costs.
_SHORT_BYTES = 256
# Nothing that is masked is shorter: the shortest e-mail address has six characters.
_SHORTEST_BYTES = 6
# Below this, compiling the patterns anew for the engine costs more than looking in Python.
_FEW_BYTES = 16 << 10
_ANY_HINT = "|".join(f"(?:{detector.hint})" for detector in DETECTORS)


@dataclass(frozen=True)
class Masked:
    """The text with masks, and how many each row got; `counts` is None when there was nothing to
    mask."""

    texts: pa.Array
    counts: Counts | None


@dataclass(frozen=True)
class Changes:
    """The rows of a column that change, what they become, and how many masks or hashes each
    got."""

    rows: Rows
    texts: pl.Series
    counts: Counts


NO_CHANGES = Changes(np.zeros(0, np.int64), pl.Series(dtype=pl.String), np.zeros(0, np.int64))


def mask(texts: pa.Array) -> Masked:
    """Every detector over every text. Nulls stay null."""
    changes = masks(pl.Series(values=texts))
    if len(changes.rows) == 0:
        return Masked(texts, None)
    counts: Counts = np.zeros(len(texts), dtype=np.int64)
    counts[changes.rows] = changes.counts
    return Masked(replaced(texts, changes), counts)


def masks(column: pl.Series) -> Changes:
    """What every detector changes in a column of text."""
    detectors = _detectors_for(column)
    if not detectors:
        return NO_CHANGES
    everywhere = _rows_with_a_hint(column)
    if len(everywhere) == 0:
        return NO_CHANGES
    column = column.gather(everywhere)
    hits = [(detector, _hits(column, detector)) for detector in _detectors_for(column)]
    if not hits:
        return NO_CHANGES
    rows = np.unique(np.concatenate([found for _, found in hits]))
    # From here on only the rows that hold something: few, and each small against the column.
    some = column.gather(rows)
    counts = np.zeros(len(rows), dtype=np.int64)
    for detector, found in hits:
        if len(found):
            some = _apply(detector, some, counts)
    changed = np.flatnonzero(counts)
    return Changes(everywhere[rows[changed]], some.gather(changed), counts[changed])


def replaced(texts: pa.Array, changes: Changes) -> pa.Array:
    """The texts with the changes in their places."""
    is_changed = np.zeros(len(texts), dtype=bool)
    is_changed[changes.rows] = True
    new = changes.texts.to_arrow().cast(texts.type)
    return pc.replace_with_mask(texts, pa.array(is_changed), new)


def mask_text(text: str) -> str:
    """One text, for what is written one at a time."""
    masked: str = mask(pa.array([text], pa.string())).texts[0].as_py()
    return masked


def _detectors_for(column: pl.Series) -> list[Detector]:
    """All of them; for little text those whose hint is in it."""
    if column.str.len_bytes().sum() >= _FEW_BYTES:
        return list(DETECTORS)
    text = "\n".join(text for text in column if text)
    return [detector for detector in DETECTORS if _hint(detector.name).search(text)]


def _rows_with_a_hint(column: pl.Series) -> Rows:
    """The short rows that match any hint, and all long ones, where looking for each hint on its
    own is as fast as looking for any."""
    size = column.str.len_bytes().fill_null(0).to_numpy()
    is_short = size < _SHORT_BYTES
    short = np.flatnonzero(is_short & (size >= _SHORTEST_BYTES))
    found = short[_matches(column.gather(short), _ANY_HINT)]
    return np.sort(np.concatenate([np.flatnonzero(~is_short), found]))


def _hits(column: pl.Series, detector: Detector) -> Rows:
    """The rows that the pattern matches; it is tried only where its hint is."""
    candidates: Rows = np.flatnonzero(_matches(column, detector.hint))
    if len(candidates) == 0:
        return candidates
    return candidates[_matches(column.gather(candidates), detector.pattern)]


def _matches(column: pl.Series, pattern: str) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = column.str.contains(pattern).fill_null(False).to_numpy()
    return found


def _apply(detector: Detector, column: pl.Series, counts: Counts) -> pl.Series:
    matches = column.str.count_matches(detector.pattern).fill_null(0).to_numpy()
    rows = np.flatnonzero(matches)
    if len(rows) == 0:
        return column
    some = column.gather(rows)
    if detector.check is None:
        counts[rows] += matches[rows]
        new = some.str.replace_all(detector.pattern, detector.replacement)
    else:
        checked = [checked_text(detector, text) for text in some.to_list()]
        counts[rows] += [count for _, count in checked]
        new = pl.Series([text for text, _ in checked], dtype=pl.String)
    return column.scatter(rows, new)


@cache
def _hint(name: str) -> re.Pattern[str]:
    return re.compile(next(each.hint for each in DETECTORS if each.name == name))
