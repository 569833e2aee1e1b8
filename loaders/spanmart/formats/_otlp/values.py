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
    odd = _mask(pc.is_valid(pc.struct_field(values, "kvlistValue")))
    out = _scalars(values)
    arrays = pc.struct_field(values, "arrayValue")
    if arrays.null_count < len(arrays):
        is_array = pc.is_valid(arrays)
        rendered, odd_arrays = _arrays(pc.struct_field(arrays.filter(is_array), "values"))
        out = pc.replace_with_mask(out, is_array, rendered)
        odd[np.flatnonzero(_mask(is_array))[odd_arrays]] = True
    return out, odd


def _scalars(values: pa.Array, as_json: bool = False) -> pa.Array:
    strings = pc.struct_field(values, "stringValue")
    if as_json:
        strings = _json_strings(strings)
    candidates = [strings]
    for name in ("intValue", "boolValue", "doubleValue", "bytesValue"):
        column = pc.struct_field(values, name)
        if column.null_count == len(column):
            continue
        if pa.types.is_binary(column.type):
            column = pl.Series(values=column).bin.encode("base64").to_arrow()
        column = column.cast(pa.string())
        candidates.append(_json_strings(column) if as_json and name == "bytesValue" else column)
    return pc.coalesce(*candidates) if len(candidates) > 1 else strings


def _arrays(lists: pa.Array) -> tuple[pa.Array, Mask]:
    """Lists of AnyValue as JSON arrays, and which of them hold what needs recursion."""
    elements = pc.list_flatten(lists)
    parents = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
    odd = np.zeros(len(lists), dtype=bool)
    if len(elements):
        nested = pc.or_(
            pc.is_valid(pc.struct_field(elements, "arrayValue")),
            pc.is_valid(pc.struct_field(elements, "kvlistValue")),
        )
        odd[parents[_mask(nested)]] = True
        doubles = pc.struct_field(elements, "doubleValue")
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
