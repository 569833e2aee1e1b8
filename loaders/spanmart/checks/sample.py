"""Reads a random sample of what landed with the eyes of the detectors again: what they still find
is a leak. Only the number of rows is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spanmart.checks.tables import Counts, Tables
from spanmart.redaction import masking

# Every column through which text from outside comes in.
TEXT_COLUMNS = {
    "spans": (
        *("name", "status_message", "trace_state", "attributes", "resource_attributes"),
        *("events", "links"),
    ),
    "log_records": ("event_name", "attributes", "resource_attributes"),
    "feedback": ("label", "evaluator_name", "evaluator_version", "attributes"),
    "vendor_usage": ("model", "line_item", "service_tier", "api_source", "attributes"),
    "artifacts": ("content",),
    "rejects": ("reason", "record_redacted"),
}
# Places from which the sample is taken, evenly spaced: a stretch (a load, a service) of more than
# one in as many of what landed is looked at for certain. Each costs up to a row group (65,536 rows)
# to get to.
_PLACES = 64
_BATCH_ROWS = 1024


def count_unmasked(tables: Tables, rows: int, random: np.random.Generator | None = None) -> Counts:
    """Rows of the sample in which a detector finds something."""
    random = random or np.random.default_rng()
    counts: Counts = {}
    for table, columns in TEXT_COLUMNS.items():
        found = looked_at = 0
        for part in _sampled(tables.new_files[table], columns, rows, random):
            looked_at += part.num_rows
            found += _unmasked(part)
        counts[f"{table}.nothing_left_to_mask"] = (found, looked_at)
    return counts


def _sampled(
    paths: list[Path], columns: tuple[str, ...], rows: int, random: np.random.Generator
) -> Iterator[pa.RecordBatch]:
    """All rows where there are no more than wanted; else about as many, from places evenly spaced
    behind a random first one."""
    files = [pq.ParquetFile(path) for path in paths]
    groups = [
        (file, group, file.metadata.row_group(group).num_rows)
        for file in files
        for group in range(file.metadata.num_row_groups)
    ]
    total = sum(size for _, _, size in groups)
    if total <= rows:
        for file, group, _ in groups:
            yield from _batches(file, group, columns)
        return
    starts = ((np.arange(_PLACES) + random.random()) * total / _PLACES).astype(np.int64)
    wanted = -(-rows // _PLACES)
    first = 0
    for file, group, size in groups:
        here = [int(start) - first for start in starts if first <= start < first + size]
        first += size
        if here:
            yield from _slices(_batches(file, group, columns), here, wanted)


def _slices(
    batches: Iterator[pa.RecordBatch], starts: list[int], wanted: int
) -> Iterator[pa.RecordBatch]:
    """That many rows from each start (which ascend); stops reading behind the last of them."""
    seen = 0
    for batch in batches:
        for start in starts:
            low, high = max(start - seen, 0), min(start + wanted - seen, batch.num_rows)
            if low < high:
                yield batch.slice(low, high - low)
        seen += batch.num_rows
        if seen >= starts[-1] + wanted:
            break


def _batches(
    file: pq.ParquetFile, group: int, columns: tuple[str, ...]
) -> Iterator[pa.RecordBatch]:
    there = [name for name in columns if name in file.schema_arrow.names]
    batches: Iterator[pa.RecordBatch] = file.iter_batches(
        batch_size=_BATCH_ROWS, row_groups=[group], columns=there
    )
    return batches


def _unmasked(part: pa.RecordBatch) -> int:
    owners: list[np.ndarray[Any, np.dtype[np.int64]]] = []
    texts: list[pa.Array] = []
    every_row = np.arange(part.num_rows, dtype=np.int64)
    for column in part.columns:
        for owner, text in _texts(column, every_row):
            owners.append(owner)
            texts.append(text.cast(pa.string()))
    if not texts:
        return 0
    masked = masking.mask(pa.concat_arrays(texts))
    if masked.counts is None:
        return 0
    return len(np.unique(np.concatenate(owners)[masked.counts > 0]))


def _texts(
    values: pa.Array, owner: np.ndarray[Any, np.dtype[np.int64]]
) -> Iterator[tuple[np.ndarray[Any, np.dtype[np.int64]], pa.Array]]:
    """Every text in a column, however deep, with the row that it belongs to."""
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        yield owner, values
    elif pa.types.is_map(kind) or pa.types.is_list(kind):
        lengths = np.diff(values.offsets.to_numpy())
        if values.null_count:
            lengths = np.where(values.is_valid().to_numpy(zero_copy_only=False), lengths, 0)
        below = np.repeat(owner, lengths)
        if pa.types.is_map(kind):
            # As a list of pairs: `keys` and `items` of a slice would be those of the whole.
            pairs = values.cast(pa.list_(pa.struct([("k", pa.string()), ("v", pa.string())])))
            yield from _texts(pairs, owner)
        else:
            yield from _texts(values.flatten(), below)
    elif pa.types.is_struct(kind):
        for child in values.flatten():
            yield from _texts(child, owner)
