"""The OTLP messages for the protobuf decoder: only the fields that are landed, under their JSON
names.

Field numbers are those of opentelemetry-proto; a decoder skips the fields that are not named. Two
forms are built. In the columnar one, recursion ends in `bytes` after one level of array, so that a
decoder can lay the message out as columns and say where something deeper is. The tolerant one is
recursive and takes text as bytes, because a string that is not UTF-8 must not cost the message it
stands in.
"""

from __future__ import annotations

from functools import cache

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

_PACKAGE = "spanmart.otlp"

# message -> fields as (number, name, type); a type that is not a scalar is a message, `[]` repeats.
_COMMON = {
    "Resource": [(1, "attributes", "KeyValue[]")],
    "Scope": [(1, "name", "string"), (2, "version", "string")],
    "KeyValue": [(1, "key", "string"), (2, "value", "AnyValue")],
    "Status": [(2, "message", "string"), (3, "code", "int32")],
    "Event": [
        (1, "timeUnixNano", "fixed64"),
        (2, "name", "string"),
        (3, "attributes", "KeyValue[]"),
    ],
    "Link": [(1, "traceId", "bytes"), (2, "spanId", "bytes"), (4, "attributes", "KeyValue[]")],
    "Span": [
        (1, "traceId", "bytes"),
        (2, "spanId", "bytes"),
        (3, "traceState", "string"),
        (4, "parentSpanId", "bytes"),
        (5, "name", "string"),
        (6, "kind", "int32"),
        (7, "startTimeUnixNano", "fixed64"),
        (8, "endTimeUnixNano", "fixed64"),
        (9, "attributes", "KeyValue[]"),
        (11, "events", "Event[]"),
        (13, "links", "Link[]"),
        (15, "status", "Status"),
        (16, "flags", "fixed32"),
    ],
    "ScopeSpans": [(1, "scope", "Scope"), (2, "spans", "Span[]")],
    "ResourceSpans": [(1, "resource", "Resource"), (2, "scopeSpans", "ScopeSpans[]")],
    "TracesData": [(1, "resourceSpans", "ResourceSpans[]")],
    "LogRecord": [
        (1, "timeUnixNano", "fixed64"),
        (2, "severityNumber", "int32"),
        (3, "severityText", "string"),
        (5, "body", "AnyValue"),
        (6, "attributes", "KeyValue[]"),
        (9, "traceId", "bytes"),
        (10, "spanId", "bytes"),
        (11, "observedTimeUnixNano", "fixed64"),
        (12, "eventName", "string"),
    ],
    "ScopeLogs": [(1, "scope", "Scope"), (2, "logRecords", "LogRecord[]")],
    "ResourceLogs": [(1, "resource", "Resource"), (2, "scopeLogs", "ScopeLogs[]")],
    "LogsData": [(1, "resourceLogs", "ResourceLogs[]")],
}


def _any_value(array: str, kvlist: str) -> list[tuple[int, str, str]]:
    return [
        (1, "stringValue", "string"),
        (2, "boolValue", "bool"),
        (3, "intValue", "int64"),
        (4, "doubleValue", "double"),
        (5, "arrayValue", array),
        (6, "kvlistValue", kvlist),
        (7, "bytesValue", "bytes"),
    ]


_COLUMNAR = {
    "AnyValue": _any_value("Array", "bytes"),
    "Array": [(1, "values", "Element[]")],
    "Element": _any_value("bytes", "bytes"),
}
_RECURSIVE = {
    "AnyValue": _any_value("Array", "KeyValueList"),
    "Array": [(1, "values", "AnyValue[]")],
    "KeyValueList": [(1, "values", "KeyValue[]")],
}
# Messages whose fields are alternatives: which one is set must show even when it is empty.
_ONE_OF = ("AnyValue", "Element")


@cache
def columnar() -> dict[str, type[Message]]:
    """The message classes that a columnar decoder can lay out."""
    return _build("columnar", _COMMON | _COLUMNAR, text="string")


@cache
def recursive() -> dict[str, type[Message]]:
    """The message classes of the tolerant path."""
    return _build("recursive", _COMMON | _RECURSIVE, text="bytes")


def _build(
    form: str, messages: dict[str, list[tuple[int, str, str]]], text: str
) -> dict[str, type[Message]]:
    file = descriptor_pb2.FileDescriptorProto(
        name=f"spanmart/{form}.proto", package=f"{_PACKAGE}.{form}", syntax="proto3"
    )
    for name, fields in messages.items():
        message = file.message_type.add(name=name)
        if name in _ONE_OF:
            message.oneof_decl.add(name="value")
        for number, field_name, field_type in fields:
            repeated = field_type.endswith("[]")
            kind = field_type.removesuffix("[]")
            field = message.field.add(
                name=field_name,
                number=number,
                label=FieldDescriptor.LABEL_REPEATED
                if repeated
                else FieldDescriptor.LABEL_OPTIONAL,
            )
            if kind in messages:
                field.type = FieldDescriptor.TYPE_MESSAGE
                field.type_name = f".{file.package}.{kind}"
            else:
                kind = text if kind == "string" else kind
                field.type = getattr(FieldDescriptor, f"TYPE_{kind.upper()}")
            if name in _ONE_OF:
                field.oneof_index = 0
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{file.package}.{name}"))
        for name in messages
    }
