"""Everything that is looked for in text, in the order in which it is applied.

A pattern is tried only on rows that match its `hint`, a pattern so plain that an engine looks for
it at gigabytes a second: most text holds nothing, and that must be cheap to know. What makes a hint
plain, as measured with polars 2.1 on English text: one to some thirty literals of three letters or
more (5 to 15 GB/s), or a beginning with two digits (12 GB/s); any other class at the beginning, a
literal of one letter, or some sixty literals cost ten times as much.

What is found, how well, and what is not: docs/redaction.md.
"""

from __future__ import annotations

from spanmart.redaction.credentials import CREDENTIALS
from spanmart.redaction.detector import Detector, checked_text, python_pattern
from spanmart.redaction.personal import PERSONAL

__all__ = ["DETECTORS", "Detector", "checked_text", "python_pattern"]

DETECTORS = (*CREDENTIALS, *PERSONAL)
