"""One trace as Langfuse's interface downloads it: `{"trace": {…}, "observations": […]}`.

The trace has its scores and corrections, the observations what the server made of them. Texts,
metadata and tool definitions are JSON inside JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import CLAIMED, Container, Head, Verdict, declined
from spanmart.formats._langfuse import QUERIES
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="Langfuse: one trace, downloaded",
    status=Status.RECORDED,
    record_key="project, trace id and observation id; a score's id",
    version="updatedAt",
)


def sniff(head: Head) -> Verdict:
    return head.is_in(Container.JSON) & _is_download(head)


def read(stream: BinaryIO) -> Iterator[Batch]:
    return reading.read(stream, QUERIES)


def _is_download(head: Head) -> Verdict:
    # The observations stand behind the trace, whose input may be longer than what is seen.
    for record in head.records:
        trace = record.get("trace")
        if isinstance(trace, Mapping) and {"id", "projectId", "timestamp"} <= trace.keys():
            return CLAIMED
    return declined("no trace of Langfuse's with its project")
