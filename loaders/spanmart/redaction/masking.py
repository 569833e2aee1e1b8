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

from spanmart.redaction.detectors import DETECTORS, Detector, python_pattern

Counts = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]

# One search for all hints is slower than one each on long text, where each skips ahead on its own,
# and faster on short text, where starting a search is what costs.
_SHORT_BYTES = 128
# Below this, compiling the patterns anew for the engine costs more than looking in Python.
_FEW_BYTES = 16 << 10
_ANY_HINT = "|".join(f"(?:{detector.hint})" for detector in DETECTORS)


@dataclass(frozen=True)
class Masked:
    """The text with masks, and how many each row got; `counts` is None when there was nothing to
    mask."""

    texts: pa.Array
    counts: Counts | None


def mask(texts: pa.Array) -> Masked:
    """Every detector over every text. Nulls stay null."""
    column = pl.Series(values=texts)
    detectors = _detectors_for(column)
    if not detectors:
        return Masked(texts, None)
    everywhere = _rows_with_a_hint(column)
    if len(everywhere) == 0:
        return Masked(texts, None)
    if len(everywhere) < len(column):
        column = column.gather(everywhere)
    hits = [(detector, _hits(column, detector)) for detector in detectors]
    rows = np.unique(np.concatenate([found for _, found in hits]))
    if len(rows) == 0:
        return Masked(texts, None)
    # From here on only the rows that hold something: few, and each small against the column.
    some = column.gather(rows)
    some_counts = np.zeros(len(rows), dtype=np.int64)
    for detector, found in hits:
        if len(found):
            some = _apply(detector, some, some_counts)
    if not some_counts.any():
        return Masked(texts, None)
    rows = everywhere[rows]
    counts: Counts = np.zeros(len(texts), dtype=np.int64)
    counts[rows] = some_counts
    replaced = np.zeros(len(texts), dtype=bool)
    replaced[rows] = True
    new = pc.replace_with_mask(texts, pa.array(replaced), some.to_arrow().cast(texts.type))
    return Masked(new, counts)


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
    """All rows, where looking for each hint on its own is as fast as looking for any."""
    if column.str.len_bytes().sum() < _SHORT_BYTES * len(column):
        return np.flatnonzero(_matches(column, _ANY_HINT))
    return np.arange(len(column))


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
        checked = [_checked(detector, text) for text in some.to_list()]
        counts[rows] += [count for _, count in checked]
        new = pl.Series([text for text, _ in checked], dtype=pl.String)
    return column.scatter(rows, new)


def _checked(detector: Detector, text: str) -> tuple[str, int]:
    count = 0

    def decide(match: re.Match[str]) -> str:
        nonlocal count
        assert detector.check is not None
        length = detector.check(match[2])
        if length is None:
            return match[0]
        count += 1
        return match[1] + detector.mask + match[2][length:]

    return _compiled(detector.name).sub(decide, text), count


@cache
def _hint(name: str) -> re.Pattern[str]:
    return re.compile(next(each.hint for each in DETECTORS if each.name == name))


@cache
def _compiled(name: str) -> re.Pattern[str]:
    return python_pattern(next(each for each in DETECTORS if each.name == name))
