"""Hashes as numbers: what millions of records are compared by.

A hash as text takes some 50 bytes and a string comparison; its first 128 bits take 16 bytes and two
of integers. Record hashes have no more; of artifact ids, which are SHA-256, 128 bits still leave
the chance of one wrong match among 10^10 contents below 10^-18.
"""

from __future__ import annotations

import binascii
import secrets

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from spanmart.records import Mask

Halves = npt.NDArray[np.uint64]
_HALVES = 2
_HALF_BYTES = 8
_FEWEST_SLOTS = 1 << 16
# How full a set of keys may be: at four fifths a new key takes some twelve steps, nearly all of
# them in the same few lines of the cache.
_MOST_FULL = (4, 5)


def keys(hashes: pa.Array | pa.ChunkedArray) -> Halves:
    """The first 128 bits of each hash (hex, all of one length), as rows of two numbers."""
    texts = hashes.combine_chunks() if isinstance(hashes, pa.ChunkedArray) else hashes
    if isinstance(texts, pa.ChunkedArray):
        texts = pa.concat_arrays(texts.chunks) if texts.num_chunks else pa.array([], pa.string())
    if not len(texts):
        return np.empty((0, _HALVES), dtype=np.uint64)
    texts = texts.cast(pa.large_string())
    first, last = (texts.offset, texts.offset + len(texts))
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int64)
    digits, odd = divmod(int(offsets[last] - offsets[first]), len(texts))
    if odd or digits % (2 * _HALF_BYTES) or texts.null_count:
        raise ValueError("the hashes of a column differ in length")
    data = memoryview(texts.buffers()[2])[offsets[first] : offsets[last]]
    numbers = np.frombuffer(binascii.unhexlify(data), dtype=np.uint64)
    return np.ascontiguousarray(numbers.reshape(len(texts), -1)[:, :_HALVES])


def record_hashes(found: Halves) -> pa.Array:
    """The hashes that keys are of, as text; only record hashes are no longer than a key."""
    digits = _HALVES * 2 * _HALF_BYTES
    offsets = np.arange(len(found) + 1, dtype=np.int64) * digits
    text = binascii.hexlify(np.ascontiguousarray(found).tobytes())
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(text)]
    return pa.Array.from_buffers(pa.large_string(), len(found), buffers).cast(pa.string())


def first_of_each(found: Halves) -> Mask:
    """Marks each key where it occurs first."""
    frame = _frame(found)
    # One half decides nearly always; the costlier comparison of both is for what it leaves open.
    open_question = frame["first"].is_duplicated().to_numpy()
    marks = ~open_question
    if open_question.any():
        both = frame.filter(open_question).select(pl.struct("first", "second"))
        marks[open_question] = both.to_series().is_first_distinct().to_numpy()
    return np.asarray(marks)


def is_among(found: Halves, others: Halves) -> Mask:
    """Marks the keys that occur among the others."""
    if not len(found) or not len(others):
        return np.zeros(len(found), dtype=bool)
    met = (
        _frame(found).with_row_index("row").join(_frame(others), on=["first", "second"], how="semi")
    )
    marks = np.zeros(len(found), dtype=bool)
    marks[met["row"].to_numpy()] = True
    return marks


class KeySet:
    """Keys that were met: a hash table of two columns, which numpy looks up in a few steps for all
    keys of a batch. A set of Python objects takes seven times the memory."""

    def __init__(self) -> None:
        self._count = 0
        self._slots = np.zeros((_HALVES, _FEWEST_SLOTS), dtype=np.uint64)
        # So that nobody can make content whose keys all look for the same place.
        self._spread = np.uint64(secrets.randbits(64) | 1)

    def add(self, found: Halves) -> Mask:
        """Marks the keys that were not met before, each where it occurs first, and keeps them."""
        is_new = first_of_each(found)
        self._make_room(len(found))
        is_new[is_new] = self._added(found[is_new])
        self._count += int(is_new.sum())
        return is_new

    def _added(self, found: Halves) -> Mask:
        """Of keys that are all different: which were not there."""
        is_new = np.zeros(len(found), dtype=bool)
        first, second = self._slots
        last = np.uint64(len(first) - 1)
        rows = np.arange(len(found))
        place = (found[:, 0] * self._spread >> np.uint64(32)) & last
        while len(rows):
            wanted = found[rows]
            # Free is a slot of zeros: the chance of such a key is 2^-128.
            is_free = (first[place] == 0) & (second[place] == 0)
            first[place[is_free]], second[place[is_free]] = wanted[is_free].T
            is_there = (first[place] == wanted[:, 0]) & (second[place] == wanted[:, 1])
            is_new[rows[is_there & is_free]] = True
            # Somebody else's, or taken by another of this batch just now: the next one.
            rows, place = rows[~is_there], (place[~is_there] + np.uint64(1)) & last
        return is_new

    def _make_room(self, more: int) -> None:
        slots = self._slots.shape[1]
        if (self._count + more) * _MOST_FULL[1] <= slots * _MOST_FULL[0]:
            return
        while (self._count + more) * _MOST_FULL[1] > slots * _MOST_FULL[0]:
            slots *= 2
        old = self._slots[:, self._slots.any(axis=0)].T
        self._slots = np.zeros((_HALVES, slots), dtype=np.uint64)
        for start in range(0, len(old), _FEWEST_SLOTS):
            self._added(old[start : start + _FEWEST_SLOTS])


def _frame(found: Halves) -> pl.DataFrame:
    return pl.DataFrame({"first": found[:, 0], "second": found[:, 1]})
