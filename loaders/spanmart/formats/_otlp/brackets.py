"""Where the brackets of JSON text are that are not inside strings, and how deep the text is after
each: a few passes of numpy over the bytes, because a Python loop over them would cost minutes a
gigabyte.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spanmart.records import Index

_QUOTE, _BACKSLASH = ord('"'), ord("\\")
# What each byte does to the depth.
_STEPS = bytes(
    {ord("{"): 1, ord("["): 1, ord("}"): 255, ord("]"): 255}.get(b, 0) for b in range(256)
)


@dataclass(frozen=True)
class Brackets:
    """The brackets of a text in order: where each is, and the depth after it."""

    places: Index
    depths: npt.NDArray[np.int32]
    # How the text ends: inside a string, and if so after a backslash that escapes the next byte.
    in_string: bool
    is_escaping: bool

    @property
    def depth(self) -> int:
        """The depth at the end of the text, counted from where it began."""
        return int(self.depths[-1]) if len(self.depths) else 0


def brackets(text: bytes, in_string: bool = False, is_escaping: bool = False) -> Brackets:
    """The brackets outside strings. `in_string` and `is_escaping` say how the text before ended."""
    data = np.frombuffer(text, dtype=np.uint8)
    is_quote = data == _QUOTE
    escaped, ends_escaping = _escaped(data, is_escaping)
    is_quote[escaped] = False
    quotes = np.flatnonzero(is_quote)
    steps = np.frombuffer(text.translate(_STEPS), dtype=np.int8)
    places = np.flatnonzero(steps != 0)
    # An even number of quotes before a bracket means that it is outside strings.
    outside = np.searchsorted(quotes, places) % 2 == int(in_string)
    places = places[outside]
    return Brackets(
        places,
        np.cumsum(steps[places], dtype=np.int32),
        in_string=bool((len(quotes) + in_string) % 2),
        is_escaping=ends_escaping,
    )


def _escaped(data: npt.NDArray[np.uint8], is_escaping: bool) -> tuple[Index, bool]:
    """The places after an odd run of backslashes, and whether the text ends in such a run."""
    slashes = np.flatnonzero(data == _BACKSLASH)
    first = np.array([0] if is_escaping and len(data) else [], dtype=np.int64)
    if is_escaping and len(slashes) and slashes[0] == 0:
        slashes = slashes[1:]
    if not len(slashes):
        return first, is_escaping and not len(data)
    starts_run = np.concatenate(([True], np.diff(slashes) != 1))
    starts = np.flatnonzero(starts_run)
    lengths = np.diff(np.concatenate((starts, [len(slashes)])))
    after = (slashes[starts] + lengths)[lengths % 2 == 1]
    ends = bool(len(after) and after[-1] == len(data))
    after = after[:-1] if ends else after
    return np.concatenate((first, after)), ends
