"""OTLP protobuf to records: frames decoded to columns many at a time, odd ones one by one."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, BinaryIO

import numpy as np
import ptars
import pyarrow as pa
import zstandard
from google.protobuf.message import DecodeError, Message

from spanmart.bounds import READING
from spanmart.formats import HEAD_BYTES
from spanmart.formats._otlp import descriptors, json_reader
from spanmart.formats._otlp.flatten import flatten
from spanmart.formats._otlp.frames import (
    ZSTD_MAGIC,
    Frame,
    Framing,
    frames,
    framing,
    largest_message,
    signal,
)
from spanmart.formats._otlp.message_pieces import TooLarge, pieces
from spanmart.formats._streams import rejoined
from spanmart.records import Batch, Index
from spanmart.rejects import Reason, Reject

# As many frames as make up this much are decoded together.
BATCH_BYTES = 16 << 20
_MESSAGES = {"spans": "TracesData", "log_records": "LogsData"}
_MAX_DEPTH = 200


def read(stream: BinaryIO) -> Iterator[Batch]:
    """Batches of records, in the order of the file."""
    head = stream.read(HEAD_BYTES)
    how = framing(head)
    if how is None:
        yield Batch(rejects=[Reject(1, Reason.NOT_PROTOBUF, "")])
        return
    whole = rejoined(head, stream)
    batch = Batch()
    pending: dict[str, list[tuple[int, bytes]]] = {name: [] for name in _MESSAGES}
    size = 0
    for count, frame in enumerate(frames(whole, how), start=1):
        # All of a bare message is one record, however many parts it is read in.
        number = 1 if how is Framing.BARE else count
        payload = _payload(batch, frame, number)
        if payload is None:
            continue
        kind = signal(payload)
        if kind is None:
            reason = Reason.UNKNOWN_SIGNAL
            batch.rejects.append(Reject(number, reason, f"{len(payload)} bytes"))
            continue
        for piece in _pieces(payload):
            if isinstance(piece, TooLarge):
                batch.rejects.append(_too_large(number, piece.bytes))
                continue
            pending[kind].append((number, piece))
            size += len(piece)
            if size >= BATCH_BYTES:
                yield _decode(batch, pending)
                batch, pending, size = Batch(), {name: [] for name in _MESSAGES}, 0
    yield _decode(batch, pending)


def _pieces(payload: bytes) -> Iterable[bytes | TooLarge]:
    if len(payload) <= BATCH_BYTES:
        return [payload]
    return pieces(payload, BATCH_BYTES // 2, READING.get().record_bytes)


def _too_large(number: int, size: int, detail: str = "") -> Reject:
    return Reject(number, Reason.RECORD_TOO_LARGE, f"{size} bytes", detail)


def _payload(batch: Batch, frame: Frame, number: int) -> bytes | None:
    """The message of a frame, or None when it is rejected or was read already."""
    if not frame.is_whole:
        shown = f"{len(frame.payload)} bytes at the end of the file"
        batch.rejects.append(Reject(number, Reason.TRUNCATED_RECORD, shown))
        return None
    if frame.excess:
        batch.rejects.append(_too_large(number, frame.excess))
        return None
    payload = frame.payload
    if payload.startswith(ZSTD_MAGIC):
        most = largest_message()
        try:
            with zstandard.ZstdDecompressor().stream_reader(payload) as reader:
                # A few kilobytes can stand for gigabytes.
                payload = _read_up_to(reader, most + 1)
        except zstandard.ZstdError:
            shown = f"{len(payload)} bytes"
            batch.rejects.append(Reject(number, Reason.CORRUPT_COMPRESSION, shown))
            return None
        if len(payload) > most:
            more = f"decompressed more than {most:,} bytes"
            batch.rejects.append(_too_large(number, len(frame.payload), more))
            return None
    if payload[:1] == b"{":
        if len(payload) > READING.get().record_bytes:
            # JSON is read whole here, at several times its size.
            batch.rejects.append(_too_large(number, len(payload)))
            return None
        # The Collector's older zstd files hold JSON behind the same lengths.
        lines = json_reader.read_lines(payload.replace(b"\n", b" "), number)
        batch.records.extend(lines.records)
        batch.rejects.extend(lines.rejects)
        return None
    return payload


def _read_up_to(stream: Any, most: int) -> bytes:
    parts, size = [], 0
    while size < most and (part := stream.read(min(most - size, BATCH_BYTES))):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _decode(batch: Batch, pending: dict[str, list[tuple[int, bytes]]]) -> Batch:
    for kind, numbered in pending.items():
        if numbered:
            numbers = np.array([number for number, _ in numbered], dtype=np.int64)
            _decode_frames(batch, kind, numbers, [payload for _, payload in numbered])
    return batch


def _decode_frames(batch: Batch, kind: str, numbers: Index, payloads: list[bytes]) -> None:
    try:
        messages = _handler(kind).list_to_record_batch(payloads)
    except ValueError:
        # One frame in it cannot be decoded: find it by halves.
        if len(payloads) == 1:
            _decode_tolerantly(batch, kind, int(numbers[0]), payloads[0])
            return
        half = len(payloads) // 2
        _decode_frames(batch, kind, numbers[:half], payloads[:half])
        _decode_frames(batch, kind, numbers[half:], payloads[half:])
        return
    flat = flatten(messages, kind, numbers, last_word=False)
    odd = flat.odd_messages
    if odd.any():
        flat = flatten(messages.filter(pa.array(~odd)), kind, numbers[~odd], last_word=False)
    if flat.records is not None:
        batch.records.append(flat.records)
    for row in np.flatnonzero(odd).tolist():
        _decode_tolerantly(batch, kind, int(numbers[row]), payloads[row])


def _decode_tolerantly(batch: Batch, kind: str, number: int, payload: bytes) -> None:
    try:
        message = descriptors.recursive()[_MESSAGES[kind]].FromString(payload)
        document = _document(message)
    except (DecodeError, RecursionError) as error:
        deep = isinstance(error, RecursionError)
        reason = Reason.TOO_DEEP if deep else Reason.NOT_PROTOBUF
        batch.rejects.append(Reject(number, reason, f"{len(payload)} bytes"))
        return
    json_reader.add_documents(batch, [document], [number])


def _document(message: Message, depth: int = 0) -> dict[str, Any]:
    """The message as OTLP/JSON would have it."""
    if depth > _MAX_DEPTH:
        raise RecursionError
    document: dict[str, Any] = {}
    for field, value in message.ListFields():
        if field.name in _BYTES:
            document[field.name] = _BYTES[field.name](value)
        elif field.message_type is None:
            document[field.name] = _text(value) if isinstance(value, bytes) else value
        elif field.is_repeated:
            document[field.name] = [_document(each, depth + 1) for each in value]
        else:
            document[field.name] = _document(value, depth + 1)
    return document


def _text(value: bytes) -> str:
    return value.decode("utf-8", errors="replace")


_BYTES: dict[str, Callable[[bytes], str]] = {
    "traceId": bytes.hex,
    "spanId": bytes.hex,
    "parentSpanId": bytes.hex,
    "bytesValue": lambda value: base64.b64encode(value).decode(),
}


@cache
def _pool() -> ptars.HandlerPool:
    return ptars.HandlerPool([descriptors.columnar()["TracesData"].DESCRIPTOR.file])


def _handler(kind: str) -> Any:
    return _pool().get_for_message(descriptors.columnar()[_MESSAGES[kind]].DESCRIPTOR)
