"""How much of one record is landed. Every bound is a setting, and hitting one is counted."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, fields

from spanmart.privacy.unusable import UnusableSetting

_ENVIRONMENT_PREFIX = "SPANMART_MAX_"


@dataclass(frozen=True)
class Bounds:
    """The most that is landed of one record. SDKs stop at 128 attributes, events and links; these
    bounds are for what was written past them, by mistake or in malice."""

    # A prompt of a million tokens is 4 MB and stays; images in base64 up to 12 MB stay. Beyond,
    # one value would fill a batch.
    value_bytes: int = 16 << 20
    # Names of spans, events and scopes, status messages: a stack trace of a thousand frames is
    # 100 KB.
    text_bytes: int = 256 << 10
    # Attribute names: what is longer is content in the wrong place. Dialogues that are flattened
    # into attributes have names of some 100 bytes.
    key_bytes: int = 4 << 10
    # Dialogues that are flattened into attributes reach some thousands.
    attributes: int = 10_000
    # Streams that record each chunk as an event reach some thousands.
    events: int = 10_000
    links: int = 10_000
    # Resource detectors give tens. Each record of the resource carries them.
    resource_attributes: int = 1_000
    # Lists and maps inside each other in one attribute: tool arguments have five or ten.
    depth: int = 100
    # One span, log record or resource of a big document. Gathering it costs some six times its
    # size in memory.
    record_bytes: int = 64 << 20

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Bounds:
        """The defaults, or SPANMART_MAX_<NAME> where that is set. Raises UnusableSetting."""
        return cls(
            **{
                each.name: most(each.name, getattr(cls, each.name), environment=environment)
                for each in fields(cls)
            }
        )

    def __post_init__(self) -> None:
        # The mark of a cut takes up to 40 bytes of what stays.
        for name in ("value_bytes", "text_bytes", "key_bytes"):
            if getattr(self, name) < _SMALLEST_TEXT:
                raise UnusableSetting(
                    f"{name} is {getattr(self, name)}: a text that is cut takes at least "
                    f"{_SMALLEST_TEXT} bytes with its mark"
                )


def most(
    name: str,
    default: int,
    below: int = 1 << 31,
    environment: Mapping[str, str] = os.environ,
) -> int:
    """SPANMART_MAX_<NAME>, or the default where that is not set. Raises UnusableSetting."""
    name = _ENVIRONMENT_PREFIX + name.upper()
    if (text := environment.get(name)) is None:
        return default
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < below):
        raise UnusableSetting(
            f"{name} is {text!r}: give a whole number above 0 and below {below}, or "
            f"leave it unset for {default}"
        )
    return int(text)


_SMALLEST_TEXT = 64

# The readers of formats get only a stream: the bounds of the run reach them here. A thread that
# reads needs the context of the one that started it (contextvars.copy_context).
READING: ContextVar[Bounds] = ContextVar("bounds of the run", default=Bounds())  # noqa: B039
