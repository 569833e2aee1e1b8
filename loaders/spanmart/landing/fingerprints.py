"""Hashes of whole rows and of content, over columns.

Hash functions of the standard library: a loop over row slices costs a microsecond a row beside the
hashing itself, and the result never changes with a library's version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.records import Children, Index, KeyValues, Records

_RECORD_HASH_BYTES = 16
# Between fields and between attributes; neither is found in text that producers write.
_FIELD, _GROUP = "\x1f", "\x1e"
_NULL = "\x00"
# Where a record came from, and how its ids were spelled there, do not make it another record.
_NOT_HASHED = ("record_number", "source_trace_id", "source_span_id")


def sha256_hex(texts: pa.Array) -> pa.Array:
    """The SHA-256 of each text (none may be null), in hex."""
    return pa.array([hashlib.sha256(row).hexdigest() for row in _slices(texts)], pa.string())


def record_hashes(records: Records, key: bytes) -> pa.Array:
    """A keyed hash of each record's own data, as it came: the same whatever file and encoding
    brought it.

    Keyed, because a plain hash of a record whose every field but one is known gives that one field
    away.
    """
    rows = len(records)
    told_apart_by = [name for name in records.columns.column_names if name not in _NOT_HASHED]
    parts = [_row_texts(records.columns.select(told_apart_by))]
    parts.append(_grouped(records.attributes, rows))
    if records.resource_index is not None:
        resources = _grouped(records.resources, records.resource_count)
        digests = pa.array(_keyed(resources, key), pa.string())
        parts.append(digests.take(pa.array(records.resource_index)))
    for children in (records.events, records.links):
        # Also where no record of the batch has any: a hash must not depend on a record's
        # neighbours.
        if children is not None:
            parts.append(_child_texts(children, rows))
    if records.body is not None:
        parts.append(pc.fill_null(records.body, _NULL))
    whole = pc.binary_join_element_wise(*parts, _GROUP) if len(parts) > 1 else parts[0]
    return pa.array(_keyed(whole, key), pa.string())


def _keyed(texts: pa.Array, key: bytes) -> list[str]:
    size = _RECORD_HASH_BYTES
    blake = hashlib.blake2b
    return [blake(row, digest_size=size, key=key).hexdigest() for row in _slices(texts)]


def _slices(texts: pa.Array) -> Sequence[memoryview]:
    """The bytes of each text, without a copy."""
    texts = texts.cast(pa.large_string())
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int64)
    offsets = offsets[texts.offset : texts.offset + len(texts) + 1].tolist()
    data = memoryview(texts.buffers()[2] or b"")
    return [data[start:end] for start, end in pairwise(offsets)]


def _row_texts(table: pa.Table) -> pa.Array:
    columns = [
        pc.fill_null(table.column(name).combine_chunks().cast(pa.string()), _NULL)
        for name in sorted(table.column_names)
    ]
    return pc.binary_join_element_wise(*columns, _FIELD)


def _grouped(pairs: KeyValues, owners: int) -> pa.Array:
    """The attributes of each owner as one text."""
    texts = pc.binary_join_element_wise(pairs.key, pc.fill_null(pairs.value, _NULL), "=")
    return _joined(texts, pairs.owner, owners)


def _child_texts(children: Children, owners: int) -> pa.Array:
    own = _row_texts(children.columns)
    attributes = _grouped(children.attributes, len(children))
    return _joined(pc.binary_join_element_wise(own, attributes, _GROUP), children.owner, owners)


def _joined(texts: pa.Array, owner: Index, owners: int) -> pa.Array:
    offsets = np.zeros(owners + 1, dtype=np.int32)
    np.cumsum(np.bincount(owner, minlength=owners), out=offsets[1:])
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), texts), _FIELD)
