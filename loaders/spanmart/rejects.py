"""Why a record is not landed. This table of reason codes is the documented one; codes never
change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

# What is kept of a record that could not be read: enough to find it and see what is wrong with it.
EXCERPT_CHARS = 500
# What redaction gets to see of it, before it is cut: half a secret is one that no detector knows.
# The longest, a private key of 4096 bits, has 3.3 KB.
LOOKED_AT_BYTES = 5 << 10
# What may be the beginning of a secret: an open string of JSON; else the last word, with the
# groups of four (cards, IBANs, phone numbers) before it.
_UNFINISHED = re.compile(r'(?:(?<=")[^"]*|(?<!\S)(?:[A-Z0-9().+/-]{1,5} +)*[^\s"]*)\Z')


class Reason(Enum):
    """A stable code (the name, in lower case) and what it means to a person."""

    NOT_JSON = "The line is not JSON."
    NOT_AN_EXPORT = "The JSON holds no resourceSpans and no resourceLogs that can be read."
    NOT_OF_THIS_FORMAT = "The record has none of the shapes that records of this format have."
    TRUNCATED_RECORD = (
        "The file ends in the middle of this record; the record lands once the file has grown."
    )
    RECORD_TOO_LARGE = (
        "The record is larger than one record may be; raise SPANMART_MAX_RECORD_BYTES to land it."
    )
    OUT_OF_ORDER = (
        "The record stands so far before its resource that it cannot be kept until it is seen."
    )
    TOO_DEEP = "The record is nested too deeply to be read."
    NOT_PROTOBUF = "The frame is not an OTLP message: it cannot be decoded."
    UNKNOWN_SIGNAL = (
        "The message holds neither spans nor log records (metrics and profiles are not landed)."
    )
    CORRUPT_COMPRESSION = (
        "The compressed data ends early or is damaged; what came before it is landed."
    )
    DECOMPRESSED_TOO_LARGE = (
        "The file becomes larger than a compressed file may; what came before is landed."
    )
    MISSING_TRACE_ID = "The record has no trace id, or one that is all zero."
    BAD_TRACE_ID = "The trace id has none of the shapes that trace ids have."
    MISSING_SPAN_ID = "The record has no span id, or one that is all zero."
    BAD_SPAN_ID = "The span id has none of the shapes that span ids have."
    NOT_A_ROW = "The row does not have the columns that the header names."
    BAD_KIND = "The kind of feedback is not one of those that are documented."
    BAD_SOURCE = "The source of feedback is not one of user, reviewer, evaluator and system."
    BAD_TIME = "The time is missing, or is neither ISO-8601 nor a whole number of s, ms, us or ns."
    BAD_SCORE = "The score is not a number."
    NO_TARGET = "Nothing says what the feedback is about: no trace, conversation or request id."

    @property
    def code(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Reject:
    """One record that was read and is not landed. `excerpt` is raw: only the engine redacts it."""

    record_number: int
    reason: Reason
    excerpt: str
    detail: str = ""

    @property
    def text(self) -> str:
        return f"{self.reason.value} ({self.detail})" if self.detail else self.reason.value


def excerpt(raw: bytes | str) -> str:
    """The start of a record that could not be read, as text that any engine can store.

    Longer than what is kept of it: it is cut to EXCERPT_CHARS when it has been redacted.
    """
    if isinstance(raw, str):
        raw = raw[:LOOKED_AT_BYTES].encode("utf-8", errors="replace")
    text = raw[:LOOKED_AT_BYTES].decode("utf-8", errors="replace").strip()
    text = text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return without_unfinished(text) if len(raw) >= LOOKED_AT_BYTES else text


def ends_in_text(excerpt: str) -> bool:
    """Whether the JSON that it once was ends inside a string."""
    return (excerpt.count('"') - excerpt.count('\\"')) % 2 == 1


def without_unfinished(text: str) -> str:
    """Without what may be the beginning of a secret, for text that was cut off anywhere."""
    return _UNFINISHED.sub("", text, count=1)
