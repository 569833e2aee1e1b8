"""Ids of every shape that exports use, brought to one: 32 and 16 lower-case hex, UUIDs as they are.

Length decides between hex and base64: base64 of 16 bytes is always 24 characters and of 8 bytes
always 12, so no guess is needed.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_XRAY = re.compile(r"1-([0-9a-f]{8})-([0-9a-f]{24})", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]+", re.IGNORECASE)
# `trace:/<location>/<hex>` is MLflow 4, `tr-` MLflow 3, `trace_`/`span_` the OpenAI agents SDK.
_PREFIX = re.compile(r"^(?:tr-|trace_|span_|trace:/(?:[^/]+/)*)", re.IGNORECASE)

TRACE_ID_DIGITS = 32
SPAN_ID_DIGITS = 16
MISSING = ""


def trace_id(text: str) -> str | None:
    """The canonical form, "" for an id that says "none", None for one that cannot be read."""
    if xray := _XRAY.fullmatch(text.strip()):
        return (xray[1] + xray[2]).lower()
    return _canonical(text, TRACE_ID_DIGITS, shortest_hex=SPAN_ID_DIGITS)


def span_id(text: str) -> str | None:
    """As `trace_id`, for span ids."""
    return _canonical(text, SPAN_ID_DIGITS, shortest_hex=SPAN_ID_DIGITS)


def canonical(ids: pa.Array, one: Callable[[str], str | None], digits: int) -> pa.Array:
    """Canonical ids for a column; "" where there is none and null where it cannot be read.

    Nearly every id is canonical already, and is told so by one pass of a pattern over the column.
    """
    column = pl.Series(values=pc.fill_null(ids, MISSING))
    odd = ~column.str.contains(rf"^[0-9a-f]{{{digits}}}$") | (column == "0" * digits)
    if not odd.any():
        return column.to_arrow().cast(pa.string())
    unusual = column.filter(odd).unique()
    readings = {text: one(text) for text in unusual.to_list()}
    return (
        column.replace_strict(
            list(readings), list(readings.values()), default=column, return_dtype=pl.String
        )
        .to_arrow()
        .cast(pa.string())
    )


def hexadecimal(ids: pa.Array) -> pa.Array:
    """Ids that come as bytes, in hex."""
    return pl.Series(values=ids).bin.encode("hex").to_arrow().cast(pa.string())


def _canonical(text: str, digits: int, shortest_hex: int) -> str | None:
    text = text.strip()
    if not text or text.lower() in ("null", "none", "undefined"):
        return MISSING
    if _UUID.fullmatch(text):
        return MISSING if set(text) <= set("0-") else text.lower()
    text = _PREFIX.sub("", text)
    if text[:2] in ("0x", "0X"):
        text = text[2:].rjust(digits, "0")
    if _HEX.fullmatch(text) and shortest_hex <= len(text) <= digits:
        # 64-bit trace ids (Zipkin, Jaeger) are the low half of a 128-bit one.
        padded = text.lower().rjust(digits, "0")
        return MISSING if set(padded) == {"0"} else padded
    if len(text) == len(base64.b64encode(bytes(digits // 2))):
        try:
            decoded = base64.b64decode(text.translate(_URL_SAFE), validate=True)
        except (binascii.Error, ValueError):
            return None
        if len(decoded) == digits // 2:
            return decoded.hex() if any(decoded) else MISSING
    return None


_URL_SAFE = str.maketrans("-_", "+/")
