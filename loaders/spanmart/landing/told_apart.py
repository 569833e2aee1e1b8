"""Columns of landed spans that tell kinds of spans and their resources apart by one short text.

A warehouse that reads maps span by span asks the same of thousands of spans that have the same
keys, or the same resource. With these it asks once for each of the few dozen texts that there are.

They stay dictionary-coded until they are written: as texts they would be a quarter of what a span
takes in memory, and a row group (parquet.ROW_GROUP_BYTES) would have a quarter fewer rows.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.landing.fingerprints import attribute_hashes
from spanmart.landing.schemas import KEY_SEPARATOR, KEY_SEPARATOR_INSIDE
from spanmart.records import Index, KeyValues, offsets_of

COLUMNS = ("resource_hash", "attribute_keys")
CODED = pa.dictionary(pa.int32(), pa.string())
# For a record without a resource, and for a resource without attributes.
_NO_MAP = ""


def key_lists(pairs: KeyValues, owners: int) -> pa.Array:
    """The keys of each owner in the order of its map, as one text (schemas.KEY_SEPARATOR).

    Lists are told apart by the codes of their keys, as bytes: 36 to hash for nine keys, where their
    text has 200. Only the lists that differ become text.
    """
    names = pairs.names
    codes = np.ascontiguousarray(names.codes, dtype=np.int32)
    # Bytes, four a key: 32 bits would not do for as many keys as offsets of 32 bits can count.
    bounds = offsets_of(pairs.owner, owners).astype(np.int64) * codes.itemsize
    buffers = [None, pa.py_buffer(bounds), pa.py_buffer(codes)]
    lists = pa.Array.from_buffers(pa.large_binary(), owners, buffers).dictionary_encode()
    texts = _texts(lists.dictionary, names.different)
    return pa.DictionaryArray.from_arrays(lists.indices, texts)


def resource_hashes(resources: KeyValues, count: int, index: Index, key: bytes) -> pa.Array:
    """A keyed hash of the resource that each record has, as it lands: redacted, so that two which
    redaction made one are one, and one that is redacted otherwise from today on is another.

    `index` says which of the `count` resources a record has. Keys in another order give another
    hash.
    """
    is_empty = np.bincount(resources.owner, minlength=count) == 0
    hashes = attribute_hashes(resources, count, key)
    texts = pc.if_else(pa.array(is_empty), _NO_MAP, hashes)
    return pa.DictionaryArray.from_arrays(pa.array(index.astype(np.int32)), texts)


def no_resources(rows: int) -> pa.Array:
    """The hashes of records whose format knows no resources."""
    return pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(rows, dtype=np.int32)), pa.array([_NO_MAP])
    )


def _texts(lists: pa.Array, names: list[str]) -> pa.Array:
    """Lists of codes, each as the names that they stand for."""
    plain = [name.replace(KEY_SEPARATOR, KEY_SEPARATOR_INSIDE) for name in names]
    lengths = pc.binary_length(lists).to_numpy() // np.dtype(np.int32).itemsize
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    # A dictionary is no slice of another array: its bytes are its own, from the first on.
    codes = np.frombuffer(lists.buffers()[2] or b"", dtype=np.int32)[: offsets[-1]]
    keys = pa.array(plain, pa.string()).take(pa.array(codes))
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), keys), KEY_SEPARATOR)
