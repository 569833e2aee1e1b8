"""OTLP as protobuf: one message, or many behind varint or 4-byte lengths; frames may be zstd
each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import CLAIMED, Head, Verdict, declined
from spanmart.formats._otlp import frames, protobuf_reader
from spanmart.records import Batch

ABOUT = About(
    title="OTLP as protobuf: Collector files, saved request bodies",
    status=Status.RECORDED,
    record_key="trace id and span id; a log record: all of it",
    version="a span never changes: an ended one before a running one, then the fuller one",
)


def sniff(head: Head) -> Verdict:
    # `[`, a line feed: the beginning of a JSON array, and of a message of 91 bytes.
    if head.documents:
        return declined("it is JSON")
    return CLAIMED if frames.framing(head.data) is not None else declined("no OTLP messages")


def read(stream: BinaryIO) -> Iterator[Batch]:
    return protobuf_reader.read(stream)
