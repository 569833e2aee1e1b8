"""OTLP/JSON to records: blocks of lines through the columnar reader, odd lines through the tolerant
one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from spanmart.formats._otlp import documents, shapes, tolerant
from spanmart.formats._otlp.columnar import Columnar
from spanmart.formats._otlp.flatten import flatten
from spanmart.formats._streams import line_feeds
from spanmart.records import Batch, Index
from spanmart.rejects import Reason, Reject, excerpt

# Large enough that what is done once a block does not show, small enough that a few are in memory
# at once.
BLOCK_BYTES = 16 << 20
# A piece with a line that the columnar reader refuses is cut into this many, until the pieces are
# small: one odd line then costs a few lines, not a block.
_PIECES = 16
_SMALL_PIECE = 8
_SIGNALS = ("spans", "log_records")
_BLANK = b" \t\r\n"
_SEPARATORS = re.compile(r"[ \t\r\n,]*")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class _Lines:
    """Lines that are not blank, with their numbers in the file."""

    lines: list[bytes]
    numbers: Index

    @property
    def last(self) -> int:
        return int(self.numbers[-1]) if len(self.numbers) else 0

    def cut(self, pieces: int) -> Iterator[_Lines]:
        size = -(-len(self.lines) // pieces)
        for start in range(0, len(self.lines), size):
            chosen = slice(start, start + size)
            yield _Lines(self.lines[chosen], self.numbers[chosen])


def read(stream: BinaryIO) -> Iterator[Batch]:
    """Batches of records; JSON Lines stream, and so does a document too big to be read whole."""
    columnar = Columnar()

    def lines(block: bytes, first_number: int) -> Batch:
        return read_lines(block, first_number, columnar=columnar)

    first = stream.read(BLOCK_BYTES).removeprefix(_BOM)
    if _is_document(first) or b"\n" not in first:
        first += stream.read(max(documents.TOO_BIG_BYTES - len(first), 0))
        is_whole = len(first) < documents.TOO_BIG_BYTES
        if not is_whole and (_is_document(first) or b"\n" not in first):
            yield from documents.read(first, stream, lines)
            return
    if _is_document(first):
        yield _read_document(first)
        return
    number = 1
    for block, ends_whole in _blocks(first, stream):
        if not ends_whole and len(block) > documents.TOO_BIG_BYTES:
            # One line is a document of its own.
            yield from documents.read(block, stream, lines, number)
            return
        line_count = _line_count(block)
        yield _read_lines(block, number, line_count, ends_whole, columnar)
        number += line_count


def read_lines(
    block: bytes, first_number: int, ends_whole: bool = True, columnar: Columnar | None = None
) -> Batch:
    """The records of whole lines. The last line may be cut off only when `ends_whole` is false."""
    return _read_lines(block, first_number, _line_count(block), ends_whole, columnar or Columnar())


def _read_lines(
    block: bytes, first_number: int, line_count: int, ends_whole: bool, columnar: Columnar
) -> Batch:
    batch = Batch()
    messages = columnar.read(block, line_count)
    if messages is not None:
        numbers = np.arange(first_number, first_number + line_count, dtype=np.int64)
        odd = _flatten_into(batch, messages, numbers)
        if odd.any():
            lines = block.split(b"\n")
            chosen = np.flatnonzero(odd)
            piece = _Lines([lines[row] for row in chosen], numbers[chosen])
            _read_tolerantly(batch, piece, None if ends_whole else int(numbers[-1]))
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
        columnar,
    )
    return batch


def _read_piece(batch: Batch, piece: _Lines, ends_whole: bool, columnar: Columnar) -> None:
    """Sifts the lines that the columnar reader refuses from the others, then reads each kind at
    once."""
    good: list[tuple[pa.RecordBatch, _Lines]] = []
    odd: list[_Lines] = []
    _sift(piece, columnar, good, odd)
    for schema in shapes.BY_COLUMNS:
        chosen = [(messages, lines) for messages, lines in good if messages.schema == schema]
        if not chosen:
            continue
        messages = pa.Table.from_batches([each for each, _ in chosen]).combine_chunks()
        numbers = np.concatenate([lines.numbers for _, lines in chosen])
        texts = [line for _, lines in chosen for line in lines.lines]
        rows = np.flatnonzero(_flatten_into(batch, messages.to_batches()[0], numbers))
        odd.append(_Lines([texts[row] for row in rows], numbers[rows]))
    if odd:
        lines = [line for each in odd for line in each.lines]
        numbers = np.concatenate([each.numbers for each in odd])
        _read_tolerantly(batch, _Lines(lines, numbers), piece.last if not ends_whole else None)


def _sift(
    piece: _Lines,
    columnar: Columnar,
    good: list[tuple[pa.RecordBatch, _Lines]],
    odd: list[_Lines],
) -> None:
    if not piece.lines:
        return
    messages = columnar.read(b"\n".join(piece.lines), len(piece.lines))
    if messages is not None:
        good.append((messages, piece))
    elif len(piece.lines) <= _SMALL_PIECE:
        odd.append(piece)
    else:
        for smaller in piece.cut(_PIECES):
            _sift(smaller, columnar, good, odd)


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


def _read_tolerantly(batch: Batch, piece: _Lines, cut_off: int | None) -> None:
    """`cut_off` is the number of the line that the end of the file may have cut off."""
    found: list[Any] = []
    numbers: list[int] = []
    for line, number in zip(piece.lines, piece.numbers.tolist(), strict=True):
        for document in _documents(batch, line, number, number == cut_off):
            found.append(document)
            numbers.append(number)
    add_documents(batch, found, numbers)


def add_documents(batch: Batch, documents: list[Any], numbers: list[int]) -> None:
    """Records of messages that come as parsed JSON; what cannot be read is rejected here."""
    readable, readable_numbers = [], []
    for document, number in zip(documents, numbers, strict=True):
        for message in document if isinstance(document, list) else [document]:
            try:
                readable.append(tolerant.normalised(message))
                readable_numbers.append(number)
                for each in tolerant.not_records(message):
                    batch.rejects.append(_not_an_export(each, number, "a record is no object"))
            except tolerant.NotAnExport as error:
                batch.rejects.append(_not_an_export(message, number, str(error)))
            except RecursionError:
                batch.rejects.append(Reject(number, Reason.TOO_DEEP, ""))
    if not readable:
        return
    messages = tolerant.columns(readable)
    for signal in _SIGNALS:
        flat = flatten(messages, signal, np.array(readable_numbers), last_word=True)
        if flat.records is not None:
            batch.records.append(flat.records)
        batch.rejects.extend(flat.rejects)


def _not_an_export(json_value: Any, number: int, detail: str) -> Reject:
    shown = excerpt(json.dumps(json_value, ensure_ascii=False))
    return Reject(number, Reason.NOT_AN_EXPORT, shown, detail)


def _documents(batch: Batch, line: bytes, number: int, is_cut_off: bool) -> list[Any]:
    """The JSON documents of a line: nearly always one, but two without a line feed are met, and so
    are commas between them."""
    try:
        return [tolerant.parse(line)]
    except RecursionError:
        batch.rejects.append(Reject(number, Reason.TOO_DEEP, excerpt(line)))
        return []
    except ValueError:
        pass
    text = line.decode("utf-8", errors="replace")
    found: list[Any] = []
    decoder = json.JSONDecoder()
    position = _after_separators(text, 0)
    while position < len(text):
        try:
            document, end = decoder.raw_decode(text, position)
        except RecursionError:
            batch.rejects.append(Reject(number, Reason.TOO_DEEP, excerpt(text[position:])))
            break
        except json.JSONDecodeError as error:
            truncated = is_cut_off and _is_at_end(error, text)
            reason = Reason.TRUNCATED_RECORD if truncated else Reason.NOT_JSON
            batch.rejects.append(Reject(number, reason, excerpt(text[position:])))
            break
        found.append(document)
        position = _after_separators(text, end)
    return found


def _after_separators(text: str, position: int) -> int:
    match = _SEPARATORS.match(text, position)
    return match.end() if match else position


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
    messages = Columnar().read(content, 0, one_document=True)
    if messages is not None:
        numbers = np.arange(1, messages.num_rows + 1, dtype=np.int64)
        if not _flatten_into(batch, messages, numbers).any():
            return batch
        batch = Batch()
    found = _documents(batch, content, 1, is_cut_off=True)
    add_documents(batch, found, list(range(1, len(found) + 1)))
    return batch


def _line_count(block: bytes) -> int:
    return line_feeds(block) + (not block.endswith(b"\n"))


def _blocks(first: bytes, stream: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Blocks that end with a line feed, and last what follows the last one: the end of the stream,
    or the start of a line too big for a block."""
    rest: list[bytes] = []
    chunk = first
    while chunk:
        cut = chunk.rfind(b"\n") + 1
        if cut:
            yield b"".join((*rest, memoryview(chunk)[:cut])), True
            rest = []
        rest.append(chunk[cut:])
        if sum(map(len, rest)) > documents.TOO_BIG_BYTES:
            break
        chunk = stream.read(BLOCK_BYTES)
    last = b"".join(rest)
    if last.strip(_BLANK):
        yield last, False
