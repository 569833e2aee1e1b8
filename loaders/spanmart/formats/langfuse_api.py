"""Pages of Langfuse's public API, saved as they came, or the objects that were in them.

Observations (v1 and v2), traces, one trace with all it has, scores (v2 and v3).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import Container, Head, Verdict
from spanmart.formats._langfuse import QUERIES
from spanmart.formats._langfuse.heads import is_api_page
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="Langfuse: pages of the public API",
    status=Status.BY_SPECIFICATION,
    record_key="project, trace id and observation id; a score's id",
    version="updatedAt",
)


def sniff(head: Head) -> Verdict:
    return head.is_in(Container.JSON) & is_api_page(head)


def read(stream: BinaryIO) -> Iterator[Batch]:
    return reading.read(stream, QUERIES)
