"""Spans and log records for tests, built with the official protobuf messages and put into every
encoding."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence

import zstandard
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    InstrumentationScope,
    KeyValue,
    KeyValueList,
)
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, LogsData, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import (
    ResourceSpans,
    ScopeSpans,
    Span,
    Status,
    TracesData,
)

START = 1_790_000_000_123_456_789
TRACE_ID = bytes.fromhex("0af7651916cd43dd8448eb211c80319c")


def any_value(value: object) -> AnyValue:
    match value:
        case None:
            return AnyValue()
        case bool():
            return AnyValue(bool_value=value)
        case str():
            return AnyValue(string_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case bytes():
            return AnyValue(bytes_value=value)
        case list():
            return AnyValue(array_value=ArrayValue(values=map(any_value, value)))
        case dict():
            pairs = [KeyValue(key=key, value=any_value(inner)) for key, inner in value.items()]
            return AnyValue(kvlist_value=KeyValueList(values=pairs))
    raise TypeError(value)


def attributes(**values: object) -> list[KeyValue]:
    return attribute_list(values)


def attribute_list(values: dict[str, object]) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in values.items()]


def span(number: int = 1, values: dict[str, object] | None = None, **fields: object) -> Span:
    given: dict[str, object] = {
        "trace_id": TRACE_ID,
        "span_id": number.to_bytes(8),
        "name": f"span {number}",
        "kind": Span.SPAN_KIND_CLIENT,
        "start_time_unix_nano": START + number,
        "end_time_unix_nano": START + number + 1_000_000,
        "attributes": attribute_list(values or {}),
    }
    return Span(**(given | fields))  # type: ignore[arg-type]


def traces(*spans: Span, resource: dict[str, object] | None = None) -> TracesData:
    scope = InstrumentationScope(name="tests", version="1.2")
    about = Resource(attributes=attribute_list(resource or {"service.name": "copilot"}))
    scopes = [ScopeSpans(scope=scope, spans=spans)]
    return TracesData(resource_spans=[ResourceSpans(resource=about, scope_spans=scopes)])


def log_record(values: dict[str, object] | None = None, **fields: object) -> LogRecord:
    given: dict[str, object] = {
        "trace_id": TRACE_ID,
        "span_id": (1).to_bytes(8),
        "time_unix_nano": START,
        "attributes": attribute_list(values or {}),
    }
    return LogRecord(**(given | fields))  # type: ignore[arg-type]


def logs(*records: LogRecord) -> LogsData:
    scopes = [ScopeLogs(scope=InstrumentationScope(name="tests"), log_records=records)]
    about = Resource(attributes=attribute_list({"service.name": "copilot"}))
    return LogsData(resource_logs=[ResourceLogs(resource=about, scope_logs=scopes)])


def varied_spans(first: int = 1) -> list[Span]:
    """Every kind of value and every optional part that is landed."""
    return [
        span(
            first,
            {
                "text": 'quotes " back\\slash \n Größe 日本語 🙂',
                "empty": "",
                "int": 9_007_199_254_740_993,
                "negative": -5,
                "zero": 0,
                "double": 0.1,
                "whole": 2.0,
                "tiny": 1e-9,
                "true": True,
                "false": False,
                "bytes": b"\x00\xff\x10",
                "strings": ["a", 'b"', "c\\"],
                "numbers": [1, -2, 9_007_199_254_740_993],
                "mixed": ["a", 1, 0.5, True, b"\x01"],
                "nothing": [],
                "not set": None,
            },
            events=[
                Span.Event(time_unix_nano=START + 5, name="retry", attributes=attributes(attempt=2))
            ],
            links=[Span.Link(trace_id=b"\x01" * 16, span_id=b"\x02" * 8)],
            status=Status(code=Status.STATUS_CODE_ERROR, message="no luck"),
            trace_state="ot=th:8",
            flags=257,
        ),
        span(first + 1, {"a": 1}, parent_span_id=first.to_bytes(8), kind=Span.SPAN_KIND_INTERNAL),
    ]


def recursive_spans(first: int = 11) -> list[Span]:
    """Values that no column can spell out."""
    return [
        span(first, {"tree": {"a": [1, {"b": "c"}], "n": 2**60}, "matrix": [[1, 2], ["x"]]}),
        span(first + 1, {"rows": [{"id": "kb-1", "score": 0.5}], "plain": "kept"}),
    ]


def to_json(message: Message) -> dict[str, object]:
    """OTLP/JSON: as proto3 JSON, but with ids in hex and enums as numbers."""
    document = MessageToDict(message, use_integers_for_enums=True)

    def with_hex_ids(value: object) -> object:
        if isinstance(value, list):
            return [with_hex_ids(each) for each in value]
        if not isinstance(value, dict):
            return value
        return {
            key: _hex(inner)
            if key in ("traceId", "spanId", "parentSpanId") and isinstance(inner, str)
            else with_hex_ids(inner)
            for key, inner in value.items()
        }

    out = with_hex_ids(document)
    assert isinstance(out, dict)
    return out


def _hex(encoded: str) -> str:
    import base64

    return base64.b64decode(encoded).hex()


def varint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


Encoding = Callable[[Sequence[Message]], bytes]


def json_lines(messages: Sequence[Message]) -> bytes:
    return b"".join(
        json.dumps(to_json(each), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        for each in messages
    )


def json_lines_with_blanks(messages: Sequence[Message]) -> bytes:
    """Python's default spacing, CRLF, a byte order mark and blank lines between."""
    rows = (json.dumps(to_json(each)).encode() for each in messages)
    return b"\xef\xbb\xbf" + b"\r\n\r\n".join(rows) + b"\r\n"


def pretty_json(messages: Sequence[Message]) -> bytes:
    return b"\n".join(json.dumps(to_json(each), indent=2).encode() for each in messages)


def json_array(messages: Sequence[Message]) -> bytes:
    return json.dumps([to_json(each) for each in messages]).encode()


def bare_protobuf(messages: Sequence[Message]) -> bytes:
    # Concatenated messages of one type are their union: this is what protobuf says merging is.
    return b"".join(each.SerializeToString() for each in messages)


def varint_delimited(messages: Sequence[Message]) -> bytes:
    rows = [each.SerializeToString() for each in messages]
    return b"".join(varint(len(row)) + row for row in rows)


def length_prefixed(messages: Sequence[Message]) -> bytes:
    rows = [each.SerializeToString() for each in messages]
    return b"".join(len(row).to_bytes(4) + row for row in rows)


def length_prefixed_zstd_frames(messages: Sequence[Message]) -> bytes:
    rows = [zstandard.compress(each.SerializeToString()) for each in messages]
    return b"".join(len(row).to_bytes(4) + row for row in rows)


def length_prefixed_zstd_json(messages: Sequence[Message]) -> bytes:
    rows = [zstandard.compress(json.dumps(to_json(each)).encode()) for each in messages]
    return b"".join(len(row).to_bytes(4) + row for row in rows)


ENCODINGS: dict[str, Encoding] = {
    function.__name__: function
    for function in (
        json_lines,
        json_lines_with_blanks,
        pretty_json,
        json_array,
        bare_protobuf,
        varint_delimited,
        length_prefixed,
        length_prefixed_zstd_frames,
        length_prefixed_zstd_json,
    )
}

COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
    "gzip in two members": lambda data: (
        gzip.compress(data[: len(data) // 2]) + gzip.compress(data[len(data) // 2 :])
    ),
}
