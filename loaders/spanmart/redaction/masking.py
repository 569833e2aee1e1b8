"""Detectors over columns of text: most columns hold nothing, and are told so without a look at each
row."""

from __future__ import annotations

import re
from collections.abc import Sequence
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

# On short text, starting a search is what costs: there one search for all hints comes first where
# more than these are to be looked for.
_SHORT_BYTES = 256
_FEW_HINTS = 2
# Nothing that is masked is shorter: the shortest e-mail address has six characters.
_SHORTEST_BYTES = 6
# Below this, a call of the engine costs more than looking in Python.
_FEW_BYTES = 4 << 10
_HINTS = tuple(detector.hint for detector in DETECTORS)


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
    changes = masks([texts])
    if len(changes.rows) == 0:
        return Masked(texts, None)
    counts: Counts = np.zeros(len(texts), dtype=np.int64)
    counts[changes.rows] = changes.counts
    return Masked(replaced(texts, changes), counts)


def masks(texts: Sequence[pa.Array]) -> Changes:
    """What every detector changes in columns of text, whose rows are numbered through."""
    found = found_in(texts, _HINTS)
    places = np.flatnonzero(found.any(axis=1)).tolist()
    if not places:
        return NO_CHANGES
    columns = [_Column(pl.Series(values=texts[place]), found[place]) for place in places]
    column = pl.concat([each.texts for each in columns], rechunk=False)
    starts = _starts([each.texts for each in columns])
    hits = [
        (detector, rows)
        for number, detector in enumerate(DETECTORS)
        if len(rows := _hits(columns, starts, number))
    ]
    if not hits:
        return NO_CHANGES
    rows = np.unique(np.concatenate([found for _, found in hits]))
    # From here on only the rows that hold something: few, and each small against the column.
    some = column.gather(rows)
    counts = np.zeros(len(rows), dtype=np.int64)
    for detector, _ in hits:
        some = _apply(detector, some, counts)
    changed = np.flatnonzero(counts)
    rows = rows[changed]
    # Numbered through all columns, those without a hint among them.
    shift = _starts(texts)[places] - starts[:-1]
    rows += shift[np.searchsorted(starts, rows, side="right") - 1]
    return Changes(rows, some.gather(changed), counts[changed])


def found_in(texts: Sequence[pa.Array], patterns: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """For each column and pattern, whether the pattern (without edges) is anywhere in the column.

    One search through the bytes of all rows as they lie behind each other: a call for each row
    costs more than the search, and may come when there is something to find. What begins in one row
    and ends in the next is found as well, so that a row has to be asked still.
    """
    found = np.zeros((len(texts), len(patterns)), dtype=bool)
    wholes = [_whole(each) for each in texts]
    places = [place for place, whole in enumerate(wholes) if whole.size >= _SHORTEST_BYTES]
    if patterns is _HINTS and sum(whole.size for whole in wholes) < _FEW_BYTES:
        for place in places:
            text = wholes[place].to_pybytes().decode()
            found[place] = [each.search(text) is not None for each in _python_hints()]
    elif places:
        frame = pl.concat([_as_text(wholes[place]) for place in places]).to_frame("text")
        # One after the other: sharing them out among threads takes as long as the search.
        found[places] = frame.select_seq(_searches(patterns)).to_numpy()
    return found


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


class _Column:
    """A column that some hints are in, and the rows that are worth a search for each of them."""

    def __init__(self, texts: pl.Series, found: npt.NDArray[np.bool_]) -> None:
        self.texts = texts
        self.found = found
        self._rows: Rows | None = None
        self._some = texts
        hints = [hint for hint, is_there in zip(_HINTS, found, strict=True) if is_there]
        if len(hints) > _FEW_HINTS:
            self._rows = _rows_with_a_hint(texts, "|".join(f"(?:{hint})" for hint in hints))
            self._some = texts.gather(self._rows)

    def candidates(self, detector: Detector) -> Rows:
        """The rows with the detector's hint."""
        rows = np.flatnonzero(matches(self._some, detector.hint))
        return rows if self._rows is None else self._rows[rows]


def _hits(columns: Sequence[_Column], starts: Rows, number: int) -> Rows:
    """The rows that the detector's pattern matches, where its hint is."""
    detector = DETECTORS[number]
    rows, texts = [np.zeros(0, dtype=np.int64)], []
    for start, column in zip(starts.tolist(), columns, strict=False):
        if not column.found[number]:
            continue
        candidates = column.candidates(detector)
        if len(candidates):
            rows.append(candidates + start)
            texts.append(column.texts.gather(candidates))
    found = np.concatenate(rows)
    return found[matches(pl.concat(texts), detector.pattern)] if texts else found


def _rows_with_a_hint(column: pl.Series, any_hint: str) -> Rows:
    """The short rows that match any hint, and all long ones, where looking for each hint on its
    own is as fast as looking for any."""
    size = column.str.len_bytes().fill_null(0).to_numpy()
    is_short = size < _SHORT_BYTES
    short = np.flatnonzero(is_short & (size >= _SHORTEST_BYTES))
    found = short[matches(column.gather(short), any_hint)]
    return np.sort(np.concatenate([np.flatnonzero(~is_short), found]))


def matches(column: pl.Series, pattern: str) -> npt.NDArray[np.bool_]:
    """The rows that match a pattern (in Rust's syntax); nulls do not."""
    found: npt.NDArray[np.bool_] = column.str.contains(pattern).fill_null(False).to_numpy()
    return found


def _starts(columns: Sequence[pa.Array] | Sequence[pl.Series]) -> Rows:
    return np.cumsum([0, *map(len, columns)])


def _whole(texts: pa.Array) -> pa.Buffer:
    """The bytes of all texts behind each other."""
    # What stands where a row is null is no text.
    texts = (texts.drop_null() if texts.null_count else texts).cast(pa.large_string())
    data = texts.buffers()[2] if len(texts) else None
    if data is None:
        return pa.py_buffer(b"")
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int64)
    first, last = offsets[texts.offset], offsets[texts.offset + len(texts)]
    return data.slice(int(first), int(last - first))


def _as_text(whole: pa.Buffer) -> pl.Series:
    offsets = pa.py_buffer(np.array([0, whole.size], dtype=np.int64))
    return pl.Series(values=pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, whole]))


@cache
def _searches(patterns: tuple[str, ...]) -> list[pl.Expr]:
    text = pl.col("text")
    return [text.str.contains(each).alias(str(n)) for n, each in enumerate(patterns)]


@cache
def _python_hints() -> list[re.Pattern[str]]:
    return [re.compile(hint) for hint in _HINTS]


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
