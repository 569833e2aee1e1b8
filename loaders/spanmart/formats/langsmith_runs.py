"""LangSmith's runs: bulk export (Parquet), and run JSON as the API and its clients give it.

The bulk export has any subset of its columns, JSON ones as texts. A page of the API is
`{"runs": [...], "cursors": {...}}`. `feedback_stats` are sums over feedback, and no feedback.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import CLAIMED, Container, Head, Verdict, declined
from spanmart.formats._langsmith import QUERIES
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="LangSmith: runs (bulk export, run JSON, pages of the API)",
    status=Status.RECORDED,
    record_key="trace id and run id",
    version="end_time; a pending run: start_time",
)


def sniff(head: Head) -> Verdict:
    run = (
        head.has("id", "run_type", "trace_id")
        | head.has("id", "run_type", "dotted_order")
        # The API gives the ids of the tree last, behind an input that may be long.
        | head.has("id", "run_type", "start_time")
    )
    return run | _is_page(head)


def read(stream: BinaryIO) -> Iterator[Batch]:
    return reading.read(stream, QUERIES)


def _is_page(head: Head) -> Verdict:
    for record in head.records if head.container is Container.JSON else ():
        runs = record.get("runs")
        if isinstance(runs, list) and (not runs or "cursors" in record or "run_type" in runs[0]):
            return CLAIMED if "cursors" in record or runs else declined("an empty list of runs")
    return declined("no page of runs")
