"""Every module in this package is one export format; its file name is the format's name.

A format module defines two functions:

    sniff(head: bytes) -> bool          does this file begin like mine? Sees content, never a name.
    read(stream: BinaryIO) -> Iterator[Batch]

Both see the file decompressed. A module whose name starts with an underscore is a helper of
formats. Formats of your own come by dotted path: `--format mypackage.formats.acme`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import BinaryIO, Protocol, cast

from spanmart.records import Batch

# A compressed export's first 64 KB name its format; a pretty-printed one may start with white
# space.
HEAD_BYTES = 1 << 16


class UnknownFormat(ValueError):
    """No format claims the file."""


class AmbiguousFormat(ValueError):
    """More than one format claims the file: no order between formats decides."""


class Format(Protocol):
    """A format module."""

    __name__: str

    def sniff(self, head: bytes) -> bool: ...

    def read(self, stream: BinaryIO) -> Iterator[Batch]: ...


def names() -> list[str]:
    """The formats that are there, by name."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name for name in found if not name.startswith("_"))


def named(name: str) -> Format:
    """The format of this name, or of this dotted path."""
    try:
        if "." in name:
            return cast(Format, importlib.import_module(name))
        if name in names():
            return cast(Format, importlib.import_module(f"{__name__}.{name}"))
    except ImportError as error:
        raise UnknownFormat(f"format {name} cannot be imported: {error}") from error
    raise UnknownFormat(f"there is no format {name}; known: {', '.join(names())}")


def name_of(module: Format) -> str:
    """How the format is called in the ledger."""
    own = module.__name__.removeprefix(f"{__name__}.")
    return own if "." not in own else module.__name__


def detect(head: bytes) -> Format:
    """The one format that claims a file which begins like this."""
    claims = [module for module in map(named, names()) if module.sniff(head)]
    if not claims:
        raise UnknownFormat(f"no format matches its content; tried: {', '.join(names())}")
    if len(claims) > 1:
        claimed = " and ".join(name_of(module) for module in claims)
        raise AmbiguousFormat(f"claimed by {claimed}; say which with --format")
    return claims[0]
