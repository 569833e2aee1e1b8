"""LangSmith's feedback, as the API lists it: JSON Lines, an array, or pages one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import Head, Verdict
from spanmart.formats._langsmith import QUERIES
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="LangSmith: feedback",
    status=Status.BY_SPECIFICATION,
    record_key="the feedback's id",
    version="modified_at",
)


def sniff(head: Head) -> Verdict:
    return head.has("id", "run_id", "key", "feedback_source")


def read(stream: BinaryIO) -> Iterator[Batch]:
    return reading.read(stream, QUERIES)
