"""OTLP as JSON: one document (pretty-printed or not), several in a row, or JSON Lines.

Spans and log records are told apart by what is in a message, so one file may hold both. Written by
the Collector's file, S3 and blob exporters, the SDKs' file exporters, and whoever saves a request's
body.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import CLAIMED, Head, Verdict, declined
from spanmart.formats._otlp import json_reader
from spanmart.records import Batch

# A key of the outermost object; inside a string its quotes would have backslashes before them.
_OUTERMOST_KEY = re.compile(
    rb'[{,]\s*"(?:resourceSpans|resource_spans|resourceLogs|resource_logs|batches)"\s*:\s*\['
)
_STARTS_AS_JSON = re.compile(rb"(?:^|\n)(?:\xef\xbb\xbf)?\s*[{\[]")


ABOUT = About(
    title="OTLP as JSON: Collector files, SDK file exporters, saved request bodies",
    status=Status.RECORDED,
    record_key="trace id and span id; a log record: all of it",
    version="a span never changes: an ended one before a running one, then the fuller one",
)


def sniff(head: Head) -> Verdict:
    if _STARTS_AS_JSON.search(head.data) and _OUTERMOST_KEY.search(head.data):
        return CLAIMED
    return declined("no resourceSpans, resourceLogs or batches")


def read(stream: BinaryIO) -> Iterator[Batch]:
    return json_reader.read(stream)
