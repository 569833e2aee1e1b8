"""OTLP as JSON: one document (pretty-printed or not), several in a row, or JSON Lines.

Spans and log records are told apart by what is in a message, so one file may hold both. Written by
the Collector's file, S3 and blob exporters, the SDKs' file exporters, and whoever saves a request's
body.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from spanmart.formats._otlp import json_reader
from spanmart.records import Batch

# A key of the outermost object; inside a string its quotes would have backslashes before them.
_OUTERMOST_KEY = re.compile(
    rb'[{,]\s*"(?:resourceSpans|resource_spans|resourceLogs|resource_logs|batches)"\s*:\s*\['
)
_STARTS_AS_JSON = re.compile(rb"(?:^|\n)(?:\xef\xbb\xbf)?\s*[{\[]")


def sniff(head: bytes) -> bool:
    return bool(_STARTS_AS_JSON.search(head) and _OUTERMOST_KEY.search(head))


def read(stream: BinaryIO) -> Iterator[Batch]:
    return json_reader.read(stream)
