"""AnyValue to text, a column at a time.

Strings as they are, integers in decimal, doubles in their shortest form, booleans `true`/`false`,
bytes in base64, arrays as compact JSON. What only recursion could read is reported, not dropped.
"""

from __future__ import annotations

import json

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]

# What JSON must escape inside a string.
_NEEDS_ESCAPE = r'["\\\x00-\x1f]'


def texts(values: pa.Array) -> tuple[pa.Array, Mask]:
    """The values as text (null where there is none), and where only the tolerant path can read
    them."""
    # Without this an empty batch would have to be special-cased by every step below.
    if len(values) == 0:
        return pa.array([], pa.string()), np.zeros(0, dtype=bool)
    odd = np.zeros(len(values), dtype=bool)
    lists = _field(values, "kvlistValue")
    if lists.null_count < len(lists):
        odd = _mask(pc.is_valid(lists))
    arrays = _field(values, "arrayValue")
    if arrays.null_count == len(arrays):
        return _scalars(values), odd
    rows = np.flatnonzero(_mask(pc.is_valid(arrays)))
    rendered, odd_arrays = _arrays(_field(arrays.take(pa.array(rows)), "values"))
    odd[rows[odd_arrays]] = True
    # Null where there is no array, so that one pass puts every kind of value in its place.
    place = np.full(len(values), len(rows), dtype=np.int64)
    place[rows] = np.arange(len(rows))
    spread = rendered.take(pa.array(place, mask=place == len(rows)))
    return _scalars(values, spread), odd


def _scalars(values: pa.Array, *others: pa.Array, as_json: bool = False) -> pa.Array:
    strings = _field(values, "stringValue")
    if as_json:
        strings = _json_strings(strings)
    candidates = [strings, *others]
    for name in ("intValue", "boolValue", "doubleValue", "bytesValue"):
        column = _field(values, name)
        if column.null_count == len(column):
            continue
        if pa.types.is_binary(column.type):
            column = pl.Series(values=column).bin.encode("base64").to_arrow()
        column = column.cast(pa.string())
        candidates.append(_json_strings(column) if as_json and name == "bytesValue" else column)
    return pc.coalesce(*candidates) if len(candidates) > 1 else strings


def _field(structs: pa.StructArray, name: str) -> pa.Array:
    """A field; without a pass over the structs' own nulls where there are none."""
    if structs.null_count:
        return pc.struct_field(structs, name)
    return structs.field(name)


def _arrays(lists: pa.Array) -> tuple[pa.Array, Mask]:
    """Lists of AnyValue as JSON arrays, and which of them hold what needs recursion."""
    elements = pc.list_flatten(lists)
    parents = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
    odd = np.zeros(len(lists), dtype=bool)
    if len(elements):
        nested = pc.or_(
            pc.is_valid(_field(elements, "arrayValue")),
            pc.is_valid(_field(elements, "kvlistValue")),
        )
        odd[parents[_mask(nested)]] = True
        doubles = _field(elements, "doubleValue")
        # JSON has no word for these.
        not_finite = pc.fill_null(pc.invert(pc.is_finite(doubles)), False)
        element_texts = pc.fill_null(_scalars(elements, as_json=True), "null")
        element_texts = pc.if_else(not_finite, "null", element_texts)
    else:
        element_texts = pa.array([], pa.string())
    offsets = np.zeros(len(lists) + 1, dtype=np.int32)
    np.cumsum(np.bincount(parents, minlength=len(lists)), out=offsets[1:])
    joined = pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), element_texts), ",")
    return pc.binary_join_element_wise("[", joined, "]", ""), odd


def _json_strings(strings: pa.Array) -> pa.Array:
    """Quoted, and escaped where they need it."""
    unsafe = pl.Series(values=strings).str.contains(_NEEDS_ESCAPE).fill_null(False).to_arrow()
    quoted = pc.binary_join_element_wise('"', strings, '"', "")
    if not pc.any(unsafe).as_py():
        return quoted
    escaped = [json.dumps(text, ensure_ascii=False) for text in strings.filter(unsafe).to_pylist()]
    return pc.replace_with_mask(quoted, unsafe, pa.array(escaped, pa.string()))


def _mask(array: pa.Array) -> Mask:
    mask: Mask = array.to_numpy(zero_copy_only=False).astype(bool)
    return mask.copy()
