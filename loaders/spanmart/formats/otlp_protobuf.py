"""OTLP as protobuf: one message, or many behind varint or 4-byte lengths; frames may be zstd
each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from spanmart.formats._otlp import frames, protobuf_reader
from spanmart.records import Batch


def sniff(head: bytes) -> bool:
    return frames.framing(head) is not None


def read(stream: BinaryIO) -> Iterator[Batch]:
    return protobuf_reader.read(stream)
