"""A place in JSON text that is read as it is walked: what stands here, where it ends, and what
follows. Holds a window of the text; brackets.py says where in it things begin and end.
"""

from __future__ import annotations

import re
from typing import BinaryIO

import numpy as np

from spanmart.formats._otlp.brackets import brackets
from spanmart.records import Index
from spanmart.rejects import LOOKED_AT_BYTES

# What is read at once. An object that can be cut is cut when it is longer than this.
WINDOW_BYTES = 4 << 20

_BLANKS = re.compile(rb"[ \t\r\n,]*")
# Possessive (`++`), so that no megabytes of state are kept to step back into a string.
_IN_STRING = rb'(?:[^"\\]++|\\.)*+'
_TEXT = re.compile(_IN_STRING, re.DOTALL)
_KEY = re.compile(rb'"(' + _IN_STRING + rb')"[ \t\r\n]*+:[ \t\r\n]*+', re.DOTALL)
_SCALAR = re.compile(rb'"' + _IN_STRING + rb'"|[^\s,{}\[\]"]++', re.DOTALL)
# What is inside a pretty-printed document is indented.
_NEXT_DOCUMENT = re.compile(rb"\n[{\[]")


class Ended(Exception):
    """The text ends inside a document."""


class Broken(Exception):
    """What stands here is no JSON."""


class Cursor:
    """`data` is what of the text is in memory, `at` the place in it: outside strings always, and
    `_depth` deep."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.data = b""
        self.at = 0
        self.has_ended = False
        self._depth = 0
        self._places: Index = np.zeros(0, dtype=np.int64)
        self._depths = np.zeros(0, dtype=np.int32)

    def byte(self) -> bytes:
        return self.data[self.at : self.at + 1]

    def next(self, may_read: bool = True) -> bytes:
        """The byte that follows the white space and commas here; none at the end of the text."""
        while True:
            blanks = _BLANKS.match(self.data, self.at)
            self.at = blanks.end() if blanks else self.at
            if self.at < len(self.data) or not may_read or not self.refill():
                return self.byte()

    def refill(self) -> bool:
        """Forgets what is behind and reads on; False if there is no more."""
        # As much again as is left: what grows past a window is not scanned once a window.
        wanted = max(WINDOW_BYTES, len(self.data) - self.at)
        chunk = b"" if self.has_ended else self._stream.read(wanted)
        if not chunk:
            self.has_ended = True
            return False
        self.data = self.data[self.at :] + chunk
        self.at = 0
        self._index()
        return True

    def _index(self) -> None:
        found = brackets(self.data)
        self._places = found.places
        self._depths = found.depths + np.int32(self._depth)

    def enter(self) -> None:
        self.at += 1
        self._depth += 1

    def leave(self) -> None:
        self.at += 1
        self._depth -= 1

    def take(self, end: int) -> bytes:
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def key(self, may_read: bool = True) -> bytes:
        """The key that stands here; goes to its value."""
        while (found := _KEY.match(self.data, self.at)) is None or found.end() == len(self.data):
            if self.byte() != b'"' or len(self.data) - self.at > WINDOW_BYTES:
                raise Broken
            if not may_read or not self.refill():
                raise Ended
        self.at = found.end()
        return found[1]

    def end_of_element(self, most: int) -> int | None:
        """Where the value that stands here ends; None if that is further than `most` bytes, or
        never."""
        while (end := self.end_in_memory()) is None:
            if len(self.data) - self.at > most or not self.refill():
                return None
        return end

    def end_in_memory(self) -> int | None:
        if self.byte() in (b"{", b"["):
            bracket = int(np.searchsorted(self._places, self.at)) + 1
            closes = self._first_at(self._depth, bracket)
            return None if closes is None else int(self._places[closes]) + 1
        found = _SCALAR.match(self.data, self.at)
        if found is None:
            if self.byte() == b'"':
                return None
            raise Broken
        return found.end() if found.end() < len(self.data) else None

    def _first_at(self, depth: int, start: int) -> int | None:
        """The first bracket from `start` on after which the text is at most that deep."""
        step = 1 << 12
        while start < len(self._depths):
            below = self._depths[start : start + step] <= depth
            place = int(np.argmax(below))
            if below[place]:
                return start + place
            start += step
            step *= 4
        return None

    def ends_of_elements(self) -> Index:
        """The ends of the objects of this list that are whole in memory."""
        start = int(np.searchsorted(self._places, self.at))
        closes = self._first_at(self._depth - 1, start)
        stop = len(self._places) if closes is None else closes
        chosen = np.flatnonzero(self._depths[start:stop] == self._depth)
        ends = self._places[start:stop][chosen] + 1
        if closes is not None and not len(ends):
            # Only elements that are no objects.
            return self._places[closes : closes + 1]
        return ends

    def skip_element(self) -> None:
        """Past a value that is too large, or that the text ends in, without keeping any of it."""
        if self.byte() == b'"':
            self._skip_string()
            return
        if self.byte() not in (b"{", b"["):
            raise Ended if self.has_ended else Broken
        depth, in_string, is_escaping = 0, False, False
        while True:
            text = self.data[self.at :]
            found = brackets(text, in_string, is_escaping)
            ends = np.flatnonzero(found.depths + depth <= 0)
            if len(ends):
                self.at += int(found.places[ends[0]]) + 1
                self.data, self.at = self.data[self.at :], 0
                self._index()
                return
            depth, in_string, is_escaping = depth + found.depth, found.in_string, found.is_escaping
            self.data, self.at = self._stream.read(WINDOW_BYTES), 0
            if not self.data:
                self.has_ended = True
                raise Ended

    def _skip_string(self) -> None:
        self.at += 1
        while True:
            text = _TEXT.match(self.data, self.at)
            self.at = text.end() if text else self.at
            if self.byte() == b'"':
                self.data, self.at = self.data[self.at + 1 :], 0
                self._index()
                return
            # At the end, or before a backslash that is the last byte.
            more = self._stream.read(WINDOW_BYTES)
            if not more:
                self.has_ended = True
                raise Ended
            self.data, self.at = self.data[self.at :] + more, 0

    def skip_to_next_document(self) -> bool:
        """To the next line that begins a document; False if there is none."""
        self._depth = 0
        while True:
            found = _NEXT_DOCUMENT.search(self.data, self.at)
            if found:
                self.at = found.end() - 1
                self.data, self.at = self.data[self.at :], 0
                self._index()
                return True
            self.at = max(self.at, len(self.data) - 1)
            if not self.refill():
                return False

    def shown(self) -> bytes:
        return self.data[self.at :][:LOOKED_AT_BYTES] or b"(the end of the file)"
