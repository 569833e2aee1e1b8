"""Hashes as numbers: what millions of records are compared by.

A hash as text takes some 50 bytes and a string comparison; its first 128 bits take 16 bytes and two
of integers. Record hashes have no more; of artifact ids, which are SHA-256, 128 bits still leave
the chance of one wrong match among 10^10 contents below 10^-18.
"""

from __future__ import annotations

import binascii

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from spanmart.records import Mask

Halves = npt.NDArray[np.uint64]
_HALVES = 2
_HALF_BYTES = 8


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


def _frame(found: Halves) -> pl.DataFrame:
    return pl.DataFrame({"first": found[:, 0], "second": found[:, 1]})
