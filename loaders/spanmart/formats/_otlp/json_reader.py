"""OTLP/JSON to records: blocks of lines through the columnar reader, odd lines through the tolerant
one."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.json as pj

from spanmart.formats._otlp import shapes, tolerant
from spanmart.formats._otlp.flatten import flatten
from spanmart.records import Batch, Index
from spanmart.rejects import Reason, Reject, excerpt

# Large enough that what is done once a block does not show, small enough that a few are in memory
# at once.
BLOCK_BYTES = 16 << 20
# A piece with a line that the columnar reader refuses is cut into this many, until the pieces are
# small: one odd line then costs a few lines, not a block.
_PIECES = 16
_SMALL_PIECE = 8
# The columnar reader counts bytes in 32 bits.
_MAX_COLUMNAR_BYTES = (1 << 31) - 1
_SIGNALS = ("spans", "log_records")
_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class _Lines:
    """Lines that are not blank, with their numbers in the file."""

    lines: list[bytes]
    numbers: Index

    def cut(self, pieces: int) -> Iterator[_Lines]:
        size = -(-len(self.lines) // pieces)
        for start in range(0, len(self.lines), size):
            chosen = slice(start, start + size)
            yield _Lines(self.lines[chosen], self.numbers[chosen])


def read(stream: BinaryIO) -> Iterator[Batch]:
    """Batches of records; JSON Lines stream, a document is read whole."""
    first = stream.read(BLOCK_BYTES).removeprefix(_BOM)
    if _is_document(first):
        yield _read_document(first + stream.read())
        return
    number = 1
    for block, ends_whole in _blocks(first, stream):
        yield read_lines(block, number, ends_whole)
        number += block.count(b"\n")


def read_lines(block: bytes, first_number: int, ends_whole: bool = True) -> Batch:
    """The records of whole lines. The last line may be cut off only when `ends_whole` is false."""
    batch = Batch()
    line_count = block.count(b"\n") + (not block.endswith(b"\n"))
    messages = _columnar(block, line_count)
    if messages is not None:
        numbers = np.arange(first_number, first_number + line_count, dtype=np.int64)
        odd = _flatten_into(batch, messages, numbers)
        if odd.any():
            lines = block.split(b"\n")
            chosen = np.flatnonzero(odd)
            _read_tolerantly(
                batch, _Lines([lines[row] for row in chosen], numbers[chosen]), ends_whole
            )
        return batch
    lines = block.split(b"\n")
    filled = [row for row, line in enumerate(lines) if line.strip(_BLANK)]
    _read_piece(
        batch,
        _Lines(
            [lines[row] for row in filled],
            np.array(filled, dtype=np.int64) + first_number,
        ),
        ends_whole,
    )
    return batch


def _read_piece(batch: Batch, piece: _Lines, ends_whole: bool) -> None:
    if not piece.lines:
        return
    messages = _columnar(b"\n".join(piece.lines), len(piece.lines))
    if messages is not None:
        odd = np.flatnonzero(_flatten_into(batch, messages, piece.numbers))
        odd_lines = _Lines([piece.lines[row] for row in odd], piece.numbers[odd])
        _read_tolerantly(batch, odd_lines, ends_whole)
    elif len(piece.lines) <= _SMALL_PIECE:
        _read_tolerantly(batch, piece, ends_whole)
    else:
        for smaller in piece.cut(_PIECES):
            last = smaller.numbers[-1] == piece.numbers[-1]
            _read_piece(batch, smaller, ends_whole or not last)


def _columnar(block: bytes, line_count: int, one_document: bool = False) -> pa.RecordBatch | None:
    """The block as messages, or None if a line of it needs another reader."""
    if not 0 < len(block) < _MAX_COLUMNAR_BYTES:
        return None
    try:
        block.decode("utf-8") if not block.isascii() else None
        table = pj.read_json(
            pa.BufferReader(block),
            read_options=pj.ReadOptions(use_threads=False, block_size=len(block) + 1),
            parse_options=pj.ParseOptions(
                explicit_schema=shapes.MESSAGE,
                unexpected_field_behavior="ignore",
                newlines_in_values=one_document,
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError):
        return None
    # Blank lines, and two objects in one line, would shift the numbers of the lines after them.
    if table.num_rows != line_count and not one_document:
        return None
    return table.combine_chunks().to_batches()[0] if table.num_rows else None


def _flatten_into(batch: Batch, messages: pa.RecordBatch, numbers: Index) -> Any:
    """Adds the records of the messages that read whole; returns which did not."""
    flat = {signal: flatten(messages, signal, numbers, last_word=False) for signal in _SIGNALS}
    odd = np.zeros(messages.num_rows, dtype=bool)
    for signal in _SIGNALS:
        odd |= flat[signal].odd_messages
    empty = np.ones(messages.num_rows, dtype=bool)
    for column in ("resourceSpans", "resourceLogs"):
        empty &= messages.column(column).is_null().to_numpy(zero_copy_only=False)
    odd |= empty
    if odd.any():
        whole = messages.filter(pa.array(~odd))
        flat = {
            signal: flatten(whole, signal, numbers[~odd], last_word=False) for signal in _SIGNALS
        }
    batch.records.extend(each.records for each in flat.values() if each.records is not None)
    return odd


def _read_tolerantly(batch: Batch, piece: _Lines, ends_whole: bool) -> None:
    documents: list[Any] = []
    numbers: list[int] = []
    for line, number in zip(piece.lines, piece.numbers.tolist(), strict=True):
        is_cut_off = not ends_whole and number == piece.numbers[-1]
        for document in _documents(batch, line, number, is_cut_off):
            documents.append(document)
            numbers.append(number)
    add_documents(batch, documents, numbers)


def add_documents(batch: Batch, documents: list[Any], numbers: list[int]) -> None:
    """Records of messages that come as parsed JSON; what cannot be read is rejected here."""
    readable, readable_numbers = [], []
    for document, number in zip(documents, numbers, strict=True):
        for message in document if isinstance(document, list) else [document]:
            try:
                readable.append(tolerant.messages([message]))
                readable_numbers.append(number)
            except (tolerant.NotAnExport, RecursionError, pa.ArrowException) as error:
                deep = isinstance(error, RecursionError)
                reason = Reason.TOO_DEEP if deep else Reason.NOT_AN_EXPORT
                shown = "" if deep else excerpt(json.dumps(message, ensure_ascii=False))
                detail = str(error) if isinstance(error, tolerant.NotAnExport) else ""
                batch.rejects.append(Reject(number, reason, shown, detail))
    if not readable:
        return
    messages = pa.Table.from_batches(readable).combine_chunks().to_batches()[0]
    for signal in _SIGNALS:
        flat = flatten(messages, signal, np.array(readable_numbers), last_word=True)
        if flat.records is not None:
            batch.records.append(flat.records)
        batch.rejects.extend(flat.rejects)


def _documents(batch: Batch, line: bytes, number: int, is_cut_off: bool) -> list[Any]:
    """The JSON documents of a line: nearly always one, but two without a line feed are met too."""
    try:
        return [tolerant.parse(line)]
    except RecursionError:
        batch.rejects.append(Reject(number, Reason.TOO_DEEP, excerpt(line)))
        return []
    except ValueError:
        pass
    text = line.decode("utf-8", errors="replace").strip()
    documents = []
    decoder = json.JSONDecoder()
    position = 0
    while position < len(text):
        try:
            document, position = decoder.raw_decode(text, position)
        except RecursionError:
            batch.rejects.append(Reject(number, Reason.TOO_DEEP, excerpt(text[position:])))
            break
        except json.JSONDecodeError as error:
            truncated = is_cut_off and _is_at_end(error, text)
            reason = Reason.TRUNCATED_RECORD if truncated else Reason.NOT_JSON
            batch.rejects.append(Reject(number, reason, excerpt(text[position:])))
            break
        documents.append(document)
        position += len(text[position:]) - len(text[position:].lstrip())
    return documents


def _is_at_end(error: json.JSONDecodeError, text: str) -> bool:
    """Whether more text could have made it JSON."""
    return error.pos >= len(text) or error.msg.startswith(("Unterminated", "Invalid \\escape"))


def _is_document(head: bytes) -> bool:
    """Whether the file is JSON that runs over lines: its first line opens something it does not
    close."""
    first, line_feed, _ = head.lstrip(_BLANK).partition(b"\n")
    if not line_feed:
        return False
    return first.rstrip(_BLANK)[-1:] in (b"{", b"[", b",", b":")


def _read_document(content: bytes) -> Batch:
    batch = Batch()
    messages = _columnar(content, 0, one_document=True)
    if messages is not None:
        numbers = np.arange(1, messages.num_rows + 1, dtype=np.int64)
        if not _flatten_into(batch, messages, numbers).any():
            return batch
        batch = Batch()
    documents = _documents(batch, content, 1, is_cut_off=True)
    add_documents(batch, documents, list(range(1, len(documents) + 1)))
    return batch


def _blocks(first: bytes, stream: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Blocks that end with a line feed, and last what follows the last one."""
    pending = io.BytesIO()
    chunk = first
    while chunk:
        cut = chunk.rfind(b"\n") + 1
        if cut:
            pending.write(chunk[:cut])
            yield pending.getvalue(), True
            pending = io.BytesIO()
        pending.write(chunk[cut:])
        chunk = stream.read(BLOCK_BYTES)
    rest = pending.getvalue()
    if rest.strip(_BLANK):
        yield rest, False
