"""Hashes of whole rows and of content, over columns.

Hash functions of the standard library: a loop over slices of a column costs a microsecond a row,
and the result never changes with a library's version.
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.records import Children, Index, KeyValues, Records, offsets_of

# Bytes of a SHA-256, and of what is kept of one for a record.
_DIGEST, _RECORD_HASH = 32, 16
# Between fields and between attributes; neither is found in text that producers write.
_FIELD, _GROUP = "\x1f", "\x1e"
_NULL = "\x00"
# Where a record came from, and how its ids were spelled there, do not make it another record.
_NOT_HASHED = ("record_number", "source_trace_id", "source_span_id")


def sha256_hex(texts: pa.Array) -> pa.Array:
    """The SHA-256 of each text (none may be null), in hex."""
    sha256 = hashlib.sha256
    return _hex([sha256(row).digest() for row in _rows(texts)], _DIGEST)


def with_distinct_resources(records: Records, key: bytes) -> tuple[Records, list[str]]:
    """The records with each resource once, however often the export repeats it, and a keyed hash of
    each."""
    if records.resource_index is None:
        return records, []
    hashed = attribute_hashes(records.resources, records.resource_count, key)
    hashes: list[str] = hashed.to_pylist()
    _, first, place = np.unique(np.array(hashes), return_index=True, return_inverse=True)
    if len(first) == records.resource_count:
        return records, hashes
    kept = np.zeros(records.resource_count, dtype=bool)
    kept[first] = True
    new_number = np.cumsum(kept) - 1
    distinct = replace(
        records,
        resources=records.resources.of_owners(kept),
        resource_count=len(first),
        resource_index=new_number[first[place]][records.resource_index],
    )
    return distinct, [hashes[number] for number in np.flatnonzero(kept).tolist()]


def attribute_hashes(pairs: KeyValues, owners: int, key: bytes) -> pa.Array:
    """A keyed hash of what each owner has: equal for equal attributes in the same order."""
    return _keyed(_attributes(pairs, owners, key), key)


def record_hashes(records: Records, resources: list[str], key: bytes) -> pa.Array:
    """A keyed hash of each record's own data, as it came: the same whatever file and encoding
    brought it. `resources` are the hashes of the resources.

    Keyed, because a plain hash of a record whose every field but one is known gives that one field
    away. SHA-256 with the key before the data and half of the result: what is cut off is what the
    known weakness of that order (length extension) needs.
    """
    rows = len(records)
    told_apart_by = [name for name in records.columns.column_names if name not in _NOT_HASHED]
    parts = [_row_texts(records.columns.select(told_apart_by))]
    if records.resource_index is not None:
        parts.append(pa.array(resources, pa.string()).take(pa.array(records.resource_index)))
    for children in (records.events, records.links):
        if children is not None and len(children):
            parts.append(_child_texts(children, rows))
        else:
            # A hash must not depend on what a record's neighbours have.
            parts.append(pa.repeat("", rows))
    # Says where the attributes' own bytes end.
    count = np.diff(offsets_of(records.attributes.owner, rows))
    own = pc.binary_join_element_wise(*parts, pa.array(count).cast(pa.string()), "", _GROUP)
    parts_of = [_rows(own), *_attributes(records.attributes, rows, key)]
    if records.body is not None:
        parts_of.append(_rows(pc.fill_null(records.body, _NULL)))
    return _keyed(parts_of, key)


def _keyed(parts: Sequence[Iterator[memoryview]], key: bytes) -> pa.Array:
    """Of what each row has in all parts, one behind the other."""
    # As long as a block of the hash, so that the key is all of its first one.
    start = hashlib.sha256(key).digest() * 2
    sha256 = hashlib.sha256
    return _hex(
        [sha256(b"".join((start, *row))).digest() for row in zip(*parts, strict=True)],
        _RECORD_HASH,
    )


def _hex(digests: list[bytes], size: int) -> pa.Array:
    """The first bytes of each digest, in hex."""
    every = np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, _DIGEST)
    text = binascii.hexlify(every[:, :size].tobytes())
    offsets = np.arange(len(digests) + 1, dtype=np.int32) * (2 * size)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(text)]
    return pa.Array.from_buffers(pa.string(), len(digests), buffers)


def _attributes(pairs: KeyValues, owners: int, key: bytes) -> list[Iterator[memoryview]]:
    """Two slices an owner: what its keys are and how long its values, and its values.

    A slice of values that lie behind each other already, instead of a text made of every
    attribute; and of keys, which repeat, a keyed hash of 8 bytes, made once a key.
    """
    names = pairs.names
    digests = b"".join(
        hashlib.blake2b(name.encode(), key=key[:64], digest_size=8).digest()
        for name in names.different
    )
    about = np.zeros(len(pairs), dtype=[("key", "<u8"), ("length", "<i4")])
    about["key"] = np.frombuffer(digests, dtype="<u8")[names.codes]
    about["length"] = pc.fill_null(pc.binary_length(pairs.value), -1).to_numpy()
    bounds = offsets_of(pairs.owner, owners)
    return [
        _slices(memoryview(about.tobytes()), (bounds * about.itemsize).tolist()),
        _rows(pc.fill_null(pairs.value, "") if pairs.value.null_count else pairs.value, bounds),
    ]


def _rows(texts: pa.Array, bounds: npt.NDArray[np.int32] | None = None) -> Iterator[memoryview]:
    """The bytes of each text, or of all texts between two bounds."""
    texts = texts.cast(pa.large_string())
    offsets = np.frombuffer(texts.buffers()[1] or b"", dtype=np.int64)
    offsets = offsets[texts.offset : texts.offset + len(texts) + 1]
    if bounds is not None:
        offsets = offsets[bounds] if len(offsets) else np.zeros(len(bounds), dtype=np.int64)
    return _slices(memoryview(texts.buffers()[2] or b""), offsets.tolist())


def _slices(data: memoryview, bounds: list[int]) -> Iterator[memoryview]:
    """Views, one after the other: copies of them, or a list, take a fifth more time."""
    return (data[start:end] for start, end in pairwise(bounds))


def _row_texts(table: pa.Table) -> pa.Array:
    columns = [
        pc.fill_null(table.column(name).combine_chunks().cast(pa.string()), _NULL)
        for name in sorted(table.column_names)
    ]
    return pc.binary_join_element_wise(*columns, _FIELD)


def _child_texts(children: Children, owners: int) -> pa.Array:
    """Events or links of each owner as one text: there are few, and most records have none."""
    pairs = children.attributes
    texts = pc.binary_join_element_wise(pairs.key, pc.fill_null(pairs.value, _NULL), "=")
    attributes = _joined(texts, pairs.owner, len(children))
    own = pc.binary_join_element_wise(_row_texts(children.columns), attributes, _GROUP)
    return _joined(own, children.owner, owners)


def _joined(texts: pa.Array, owner: Index, owners: int) -> pa.Array:
    offsets = pa.array(offsets_of(owner, owners))
    return pc.binary_join(pa.ListArray.from_arrays(offsets, texts), _FIELD)
