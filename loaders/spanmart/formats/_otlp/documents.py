"""Big JSON documents as JSON Lines: cut between records, each piece a whole message of its own.

A document whose one resource holds every span cannot be read a block at a time as it stands. Here
it is walked once, brackets first (see brackets.py): lists of records are cut into pieces, and each
piece gets the resource and scope around it again, so that the reader of JSON Lines does the rest.
The memory held is bounded whatever the file's size: a window of the text, and what waits (below).

Keys come in any order. Records that stand before their resource or scope wait, compressed, until
it is seen; what waits is bounded too (`_WAITING_BYTES`), and records beyond that are rejected as
out_of_order: they cannot be landed without the resource that says whose they are.

The record number of what comes from here is the number of its piece, counted from 1 in the order
of the document: nobody can count records of a document by eye, and the excerpt says which it is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
import zstandard

from spanmart.bounds import READING
from spanmart.formats._otlp import tolerant
from spanmart.formats._otlp.json_cursor import WINDOW_BYTES, Broken, Cursor, Ended
from spanmart.formats._streams import rejoined
from spanmart.records import Batch, Index
from spanmart.rejects import LOOKED_AT_BYTES, Reason, Reject, excerpt

# A line, or a document, of more bytes comes here. Below, reading it whole costs some hundred MB.
TOO_BIG_BYTES = 32 << 20
# One odd record sends its piece through the tolerant path: 128 KB are some 60 spans.
_PIECE_BYTES = 128 << 10
# Pieces are handed on in blocks of this size: half the reader's own (json_reader.BLOCK_BYTES), as
# the window is in memory too.
_BLOCK_BYTES = 8 << 20
# Compressed, of records before their resource: exports compress about eightfold, so this is some
# 500 MB of them.
_WAITING_BYTES = 64 << 20
# Text between documents that is no JSON is a reject each time, until it shows that this is no file
# of documents: the rest is then one reject.
_MAX_STRAY_TEXTS = 100

_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")
_BOM = b"\xef\xbb\xbf"

ReadLines = Callable[[bytes, int], Batch]


@dataclass(frozen=True)
class _Kind:
    """An object that is walked into: its lists, what each holds, and what the records in them need
    to know of it."""

    lists: dict[bytes, _Kind | None]
    about: frozenset[bytes] = frozenset()


def _kind(lists: tuple[str, ...], below: _Kind | None, about: tuple[str, ...] = ()) -> _Kind:
    return _Kind({name.encode(): below for name in lists}, frozenset(map(str.encode, about)))


_SCOPE = _kind(("spans", "logRecords", "log_records"), None, tolerant.SCOPE)
_RESOURCE = _kind((*tolerant.SCOPE_SPANS, *tolerant.SCOPE_LOGS), _SCOPE, ("resource",))
_DOCUMENT = _kind((*tolerant.RESOURCE_SPANS, *tolerant.RESOURCE_LOGS), _RESOURCE)


@dataclass
class _Frame:
    """An object that is being walked: which list of it, and what is known of it."""

    kind: _Kind
    key: bytes = b""
    about: list[bytes] = field(default_factory=list)
    is_settled: bool = False
    keys_seen: list[bytes] = field(default_factory=list)


@dataclass(frozen=True)
class _Unread:
    reason: Reason
    shown: bytes
    detail: str = ""


def read(
    first: bytes, stream: BinaryIO, read_lines: ReadLines, first_number: int = 1
) -> Iterator[Batch]:
    """Batches of records of documents of any size: `first`, then what `stream` still holds.

    Documents may follow each other, stand in one array, or be one; `read_lines` reads JSON Lines
    given their bytes and the number of the first. A record beyond the bound on its bytes
    (bounds.READING) is rejected.
    """
    number = first_number
    block: list[bytes] = []
    size = 0
    walk = _Walk(rejoined(first.removeprefix(_BOM), stream), READING.get().record_bytes)
    for piece in walk.pieces():
        if isinstance(piece, bytes):
            block.append(piece)
            size += len(piece)
        if block and (size >= _BLOCK_BYTES or isinstance(piece, _Unread)):
            yield read_lines(b"\n".join(block) + b"\n", number)
            number += len(block)
            block, size = [], 0
        if isinstance(piece, _Unread):
            reject = Reject(number, piece.reason, excerpt(piece.shown), piece.detail)
            yield Batch(rejects=[reject])
            number += 1
    if block:
        yield read_lines(b"\n".join(block) + b"\n", number)


class _Walk:
    """A walk over the text: the objects it is in, and the records that wait."""

    def __init__(self, stream: BinaryIO, max_record_bytes: int) -> None:
        self._text = Cursor(stream)
        self._max_record_bytes = max_record_bytes
        self._frames: list[_Frame] = []
        self._waiting: deque[tuple[list[_Frame], bytes]] = deque()
        self._waiting_bytes = 0
        self._compress = zstandard.ZstdCompressor(level=1).compress

    def pieces(self) -> Iterator[bytes | _Unread]:
        """Messages, each in one line, and what cannot be read between them."""
        stray_texts = 0
        while opened := self._text.next():
            try:
                if opened == b"{":
                    yield from self._object(_DOCUMENT)
                elif opened == b"[":
                    self._text.enter()
                    yield from self._array()
                else:
                    raise Broken
            except Ended:
                yield _Unread(Reason.TRUNCATED_RECORD, self._text.shown(), self._give_up_waiting())
                return
            except Broken:
                stray_texts += 1
                detail = self._give_up_waiting()
                if is_last := stray_texts == _MAX_STRAY_TEXTS:
                    detail = "the rest of the file is left"
                yield _Unread(Reason.NOT_JSON, self._text.shown(), detail)
                self._frames = []
                if is_last or not self._text.skip_to_next_document():
                    return

    def _array(self) -> Iterator[bytes | _Unread]:
        """The messages of an outermost array."""
        while (opened := self._text.next()) != b"]":
            if opened == b"{":
                yield from self._object(_DOCUMENT)
            elif opened:
                raise Broken
            else:
                raise Ended
        self._text.leave()

    def _object(self, kind: _Kind) -> Iterator[bytes | _Unread]:
        """What is in the object that begins here: whole if it is small, else its lists in
        pieces."""
        if kind is _DOCUMENT:
            end = self._text.end_of_element(_PIECE_BYTES)
            if end is not None and end - self._text.at <= _PIECE_BYTES:
                yield self._text.take(end).translate(_ONE_LINE)
                return
        frame = _Frame(kind, is_settled=not kind.about)
        self._frames.append(frame)
        self._text.enter()
        while (byte := self._text.next()) != b"}":
            if not byte:
                raise Ended
            key = self._text.key()
            frame.keys_seen.append(key)
            opened = self._text.next()
            if key in kind.lists and opened == b"[":
                frame.key = key
                self._look_ahead(frame)
                self._text.enter()
                yield from self._list(kind.lists[key])
            else:
                yield from self._member(frame, key)
        self._text.leave()
        frame.is_settled = True
        yield from self._release()
        self._frames.pop()
        if kind is _DOCUMENT and not frame.key:
            # Nothing in it is ours: the reader of lines says so, with its keys.
            yield b"{%b}" % b",".join(b'"%b":null' % each for each in frame.keys_seen[:10])

    def _member(self, frame: _Frame, key: bytes) -> Iterator[bytes | _Unread]:
        end = self._text.end_of_element(self._max_record_bytes)
        if end is None:
            if self._text.has_ended:
                raise Ended
            if key in frame.kind.about:
                yield self._too_large()
            self._text.skip_element()
            return
        value = self._text.take(end)
        if key in frame.kind.about and not frame.is_settled:
            self._know(frame, key, value)
            yield from self._release()

    def _know(self, frame: _Frame, key: bytes, value: bytes) -> None:
        frame.about.append(b'"%b":%b,' % (key, value.translate(_ONE_LINE)))
        frame.is_settled = True

    def _look_ahead(self, frame: _Frame) -> None:
        """What the records must know often stands after them, and in memory already."""
        if frame.is_settled:
            return
        here = self._text.at
        end = self._text.end_in_memory()
        try:
            while end is not None:
                self._text.at = end
                if self._text.next(may_read=False) != b'"':
                    break
                key = self._text.key(may_read=False)
                end = self._text.end_in_memory()
                if key in frame.kind.about and end is not None:
                    self._know(frame, key, self._text.data[self._text.at : end])
                    break
        except (Broken, Ended):
            pass
        finally:
            self._text.at = here

    def _list(self, below: _Kind | None) -> Iterator[bytes | _Unread]:
        """The elements of the list that has just been entered, as many together as a piece
        takes."""
        most = WINDOW_BYTES if below else self._max_record_bytes
        while (byte := self._text.next()) != b"]":
            if byte == b"}":
                raise Broken
            data, ends = self._text.data, self._text.ends_of_elements()
            for end in _cuts(ends, self._text.at):
                opened = self._text.next(may_read=False)
                if end - self._text.at > _PIECE_BYTES and below and opened == b"{":
                    yield from self._object(below)
                else:
                    yield from self._give(self._text.take(end))
                # Only text with brackets that do not match is read on in here.
                if self._text.data is not data:
                    break
            if len(ends):
                continue
            if len(self._text.data) - self._text.at <= most and self._text.refill():
                continue
            if below and byte == b"{":
                yield from self._object(below)
            elif self._text.has_ended:
                raise Ended
            elif below:
                raise Broken
            else:
                yield self._too_large()
                self._text.skip_element()
        self._text.leave()

    def _too_large(self) -> _Unread:
        detail = f"more than {self._max_record_bytes:,} bytes"
        return _Unread(Reason.RECORD_TOO_LARGE, self._text.shown(), detail)

    def _give(self, elements: bytes) -> Iterator[bytes | _Unread]:
        """Elements of a list as a message with all that stands around them, once it is known."""
        if all(frame.is_settled for frame in self._frames):
            yield _message(self._frames, elements)
            return
        frames = [_Frame(each.kind, each.key, each.about) for each in self._frames]
        packed = self._compress(elements)
        self._waiting_bytes += len(packed)
        if self._waiting_bytes > _WAITING_BYTES:
            yield _Unread(Reason.OUT_OF_ORDER, elements[:LOOKED_AT_BYTES])
        else:
            self._waiting.append((frames, packed))

    def _give_up_waiting(self) -> str:
        """What waited lands when the file is whole: now it would land without its resource, and
        then once more with it."""
        count = len(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0
        return f"with {count} pieces before it whose resource did not come" if count else ""

    def _release(self) -> Iterator[bytes]:
        """What waited, once everything around it is known."""
        if not all(frame.is_settled for frame in self._frames):
            return
        self._waiting_bytes = 0
        while self._waiting:
            frames, packed = self._waiting.popleft()
            yield _message(frames, zstandard.decompress(packed))


def _message(frames: list[_Frame], elements: bytes) -> bytes:
    """One line: the elements in their list, and around them the objects that they stand in."""
    before = b"".join(b'{%b"%b":[' % (b"".join(each.about), each.key) for each in frames)
    inside = elements.lstrip(b" \t\r\n,").translate(_ONE_LINE)
    return before + inside + b"]}" * len(frames)


def _cuts(ends: Index, start: int) -> Iterator[int]:
    """Ends of pieces: as many elements as fit, and at least one."""
    taken = 0
    while taken < len(ends):
        fitting = int(np.searchsorted(ends, start + _PIECE_BYTES, side="right"))
        taken = max(fitting, taken + 1)
        start = int(ends[taken - 1])
        yield start
