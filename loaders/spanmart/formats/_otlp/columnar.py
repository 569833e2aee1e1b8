"""The columnar reader of OTLP/JSON: blocks of lines to Arrow, without a Python object a line.

arro3 (arrow-rs) reads with a schema and refuses what does not fit it, at less than half of the CPU
that pyarrow.json takes (docs/decisions/0012-speed-of-landing.md). What it refuses is read
tolerantly.
"""

from __future__ import annotations

import io
import re

import arro3.io
import numpy as np
import pyarrow as pa

from spanmart.formats._otlp import shapes
from spanmart.stages import stage

# Arrow counts the bytes of a column of text in 32 bits.
_MAX_BYTES = (1 << 31) - 1
# An integer that is none: read as one it would lose its fraction.
_FRACTION = re.compile(rb'"intValue"\s*:\s*"?-?[0-9]+[^0-9",}\s]')
# An error text that holds a zero byte ends the whole process inside arro3, and it quotes what it
# cannot read.
_ZERO, _ESCAPED_ZERO = b"\x00", b"\\u0000"
_BACKSLASH, _U = b"\\u"
# A piece at a time that stays in the cache.
_CACHED_BYTES = 1 << 18
# Messages that are decoded at once: the decoder notes every token first, and notes of 16 MB leave
# the cache before they are read again. 36 ms for a block instead of 62, and 4 ms to join.
_DECODED_BYTES = 2 << 20


class Columnar:
    """The columnar reader of one file: it learns how the file spells its integers."""

    def __init__(self) -> None:
        self._schemas = list(shapes.BY_COLUMNS)

    def read(
        self, block: bytes, line_count: int, one_document: bool = False
    ) -> pa.RecordBatch | None:
        """The block as messages, or None if a line of it needs another reader."""
        if not 0 < len(block) < _MAX_BYTES or _has_zero(block):
            return None
        for schema in list(self._schemas):
            with stage("decode"):
                messages = _messages(block, schema, line_count)
            if messages is None:
                continue
            # What worked is tried first from here on.
            self._schemas.sort(key=lambda each: each is not schema)
            # Blank lines, and two objects in one line, would shift the numbers of the lines after
            # them.
            return messages if messages.num_rows == line_count or one_document else None
        return None


def _has_zero(block: bytes) -> bool:
    if _ZERO in block:
        return True
    data = np.frombuffer(block, dtype=np.uint8)
    for start in range(0, len(data), _CACHED_BYTES):
        # With the first byte of the next piece, so that no pair is torn apart.
        piece = data[start : start + _CACHED_BYTES + 1]
        # Escapes of characters are few; looking for this one right away takes three times as long.
        if np.any((piece[:-1] == _BACKSLASH) & (piece[1:] == _U)):
            return _ESCAPED_ZERO in block
    return False


def _messages(block: bytes, schema: pa.Schema, line_count: int) -> pa.RecordBatch | None:
    if schema is shapes.MESSAGE_WITH_NUMBERS and _FRACTION.search(block):
        return None
    at_once = line_count * _DECODED_BYTES // len(block)
    try:
        rows = arro3.io.read_json(io.BytesIO(block), schema, batch_size=max(at_once, 1))
        batches = list(pa.RecordBatchReader.from_stream(rows))
    except pa.ArrowException:
        return None
    if len(batches) == 1:
        return batches[0]
    return pa.concat_batches(batches) if batches else None
