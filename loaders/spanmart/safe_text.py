"""Text from an export, made safe to print: it can hold sequences that repaint a terminal."""

from __future__ import annotations

import unicodedata

# No control characters by category, and yet they reorder or hide what stands near them.
_INVISIBLE = frozenset("\u00ad\u061c\ufeff\u2028\u2029") | frozenset(
    chr(code)
    for low, high in ((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F))
    for code in range(low, high + 1)
)
# A joiner inside an emoji or an Indic word is how the word is written.
_JOINERS = frozenset("\u200c\u200d")


def printable(text: str) -> str:
    """Every character that could act on the terminal is shown as its escape; line feeds stay."""
    return "".join(character if _harmless(character) else _escape(character) for character in text)


def one_line(text: str, limit: int = 400) -> str:
    """As `printable`, on one line, and cut at `limit` characters with a mark that says so."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _harmless(character: str) -> bool:
    if character in ("\n", "\t") or character in _JOINERS:
        return True
    return character not in _INVISIBLE and unicodedata.category(character) not in ("Cc", "Cs")


def _escape(character: str) -> str:
    return (
        character.encode("ascii", "backslashreplace").decode()
        if ord(character) > 127
        else f"\\x{ord(character):02x}"
    )
