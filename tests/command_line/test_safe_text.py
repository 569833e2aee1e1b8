"""What an export holds is data: none of it may act on the terminal that shows it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanmart.safe_text import one_line, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x1b]8;;http://example.com\x07link", r"\x1b]8;;http://example.com\x07link"),
        ("over\rwritten", r"over\x0dwritten"),
        ("\x9b2J", r"\x9b2J"),
        ("abc\u202egnp.exe", r"abc\u202egnp.exe"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("naïve 日本語 👩‍💻", "naïve 日本語 👩‍💻"),
    ],
)
def test_what_would_act_is_shown_as_its_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_no_control_character_is_left_in_a_line(text: str) -> None:
    assert all(unicodedata.category(character) != "Cc" for character in one_line(text))


def test_a_long_line_is_cut_and_says_so() -> None:
    assert one_line("x" * 500, limit=10) == "x" * 9 + "…"
    assert one_line("x" * 10, limit=10) == "x" * 10
