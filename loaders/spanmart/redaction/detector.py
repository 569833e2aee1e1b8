r"""What a detector is, and the parts that patterns share.

Patterns are in the syntax that Rust's `regex` (through polars) and Python's `re` share: no
look-around. A word boundary is written `(?-u:\b)`, because the Unicode one is many times slower.

Text may be JSON inside an attribute, where a line feed before a word is the two characters `\n`,
the second of which looks like the first letter of the word. So patterns begin with an edge that
takes such an escape as group 1 and gives it back: nothing is missed behind one, and masking never
breaks one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

BOUNDARY = r"(?-u:\b)"
ESCAPE = r"\\[nrtbf]|\\u[0-9a-fA-F]{4}"
EDGE = rf"({ESCAPE}|{BOUNDARY})"
# Before a number: nothing that would make it a part of a longer one, of a word or of a path.
NUMBER_EDGE = r"(^|\\[nrtbf]|[^\w+/=.\\-])"
# One or more backslashes and a quote: JSON in JSON in JSON.
QUOTE = r"\\*[\"']"


@dataclass(frozen=True)
class Detector:
    """`pattern` begins with group 1, which is given back before the mask.

    A detector with a `check` has a second group: the check says how much of it, from its start, is
    the real thing, or None if it only looks like one. `before` and `after` are what stands around
    the mask, in the syntax of Rust's replacements. With `is_one`, what the check declines is one
    thing that no other begins in: a version with the word before it is no address further on.
    """

    name: str
    mask: str
    hint: str
    pattern: str
    before: str = "${1}"
    after: str = ""
    check: Callable[[str], int | None] | None = None
    is_one: bool = False

    @property
    def replacement(self) -> str:
        return self.before + self.mask + self.after


_MEMBER = re.compile(r"(\\*\")\s*:\s*$")


def checked_text(detector: Detector, text: str) -> tuple[str, int]:
    """The text with what the detector's check confirms masked, and how many there were.

    Goes on right behind what was confirmed, or (but for `is_one`) behind the first sign of what was
    not: a match may have taken the beginning of the next value with it.
    """
    assert detector.check is not None
    pattern = _compiled(detector)
    parts, written, position, count = [], 0, 0, 0
    while match := pattern.search(text, position):
        start = match.start(2)
        if (length := detector.check(match[2])) is None:
            position = match.end() if detector.is_one else start + 1
            continue
        parts += [text[written:start], _mask_at(detector.mask, text, start, match[2][:length])]
        written = position = start + length
        count += 1
    return "".join([*parts, text[written:]]), count


def _mask_at(mask: str, text: str, start: int, value: str) -> str:
    """A JSON number becomes text, in the quotes of the text around it: a bare mask would break
    it."""
    member = _MEMBER.search(text, max(0, start - 16), start) if value.isdigit() else None
    return f"{member[1]}{mask}{member[1]}" if member else mask


def whole_if(test: Callable[[str], bool]) -> Callable[[str], int | None]:
    return lambda text: len(text) if test(text) else None


def python_pattern(detector: Detector) -> re.Pattern[str]:
    """For the detectors with a check, whose matches are looked at one by one."""
    return re.compile(detector.pattern.replace(BOUNDARY, r"\b"))


@cache
def _compiled(detector: Detector) -> re.Pattern[str]:
    return python_pattern(detector)
