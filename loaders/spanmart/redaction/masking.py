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


@dataclass(frozen=True)
class Masked:
    """The text with masks, and how many each row got; `counts` is None when there was nothing to mask."""

    texts: pa.Array
    counts: Counts | None


def mask(texts: pa.Array) -> Masked:
    """Every detector over every text. Nulls stay null."""
    column = pl.Series(values=texts)
    counts: Counts | None = None
    hits = [(detector, _hits(column, detector)) for detector in DETECTORS]
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
    counts = np.zeros(len(texts), dtype=np.int64)
    counts[rows] = some_counts
    replaced = np.zeros(len(texts), dtype=bool)
    replaced[rows] = True
    new = pc.replace_with_mask(texts, pa.array(replaced), some.to_arrow().cast(texts.type))
    return Masked(new, counts)


def mask_text(text: str) -> str:
    """One text, for what is written one at a time."""
    masked: str = mask(pa.array([text], pa.string())).texts[0].as_py()
    return masked


def _hits(column: pl.Series, detector: Detector) -> npt.NDArray[np.int64]:
    """The rows that the pattern matches."""
    if detector.contains:
        candidates = np.flatnonzero(_contains_any(column, detector.contains))
        if len(candidates) == 0:
            return candidates
        found = column.gather(candidates).str.contains(detector.pattern).fill_null(False)
        return candidates[found.to_numpy()]
    return np.flatnonzero(column.str.contains(detector.pattern).fill_null(False).to_numpy())


def _contains_any(column: pl.Series, literals: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    if len(literals) == 1:
        found = column.str.contains(literals[0], literal=True)
    else:
        found = column.str.contains_any(list(literals))
    mask: npt.NDArray[np.bool_] = found.fill_null(False).to_numpy()
    return mask


def _apply(detector: Detector, column: pl.Series, counts: Counts) -> pl.Series:
    matches = column.str.count_matches(detector.pattern).fill_null(0).to_numpy()
    rows = np.flatnonzero(matches)
    if len(rows) == 0:
        return column
    some = column.gather(rows)
    if detector.check is None:
        counts[rows] += matches[rows]
        new = some.str.replace_all(detector.pattern, detector.masked)
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
def _compiled(name: str) -> re.Pattern[str]:
    return python_pattern(next(each for each in DETECTORS if each.name == name))
