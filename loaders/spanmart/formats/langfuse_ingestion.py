"""What Langfuse's SDKs send: batches of events, and scores; recorded requests or their bodies.

`{"batch": [{"type": "generation-update", "timestamp", "body"}]}` to /api/public/ingestion is what
SDKs did before they spoke OpenTelemetry; scores go there or to /api/public/scores until today. A
create and its updates have one id, and each is landed as a part of the whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import Container, Head, Verdict
from spanmart.formats._langfuse import QUERIES
from spanmart.formats._langfuse.heads import is_ingestion
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="Langfuse: what its SDKs send to the ingestion API",
    status=Status.RECORDED,
    record_key="trace id and observation id; a score's id",
    version="the event's timestamp",
)


def sniff(head: Head) -> Verdict:
    return head.is_in(Container.JSON) & is_ingestion(head)


def read(stream: BinaryIO) -> Iterator[Batch]:
    return reading.read(stream, QUERIES)
