"""The nested Arrow shape of OTLP/JSON messages, and of protobuf ones but for the leaves.

Only what is landed is named; the JSON reader and the protobuf decoder skip every other field. The
lists that recursion would need are not spelled out: `arrayValue` inside an array and `kvlistValue`
anywhere are empty structs here, so that a reader notes that they are there and the message takes
the tolerant path, where nothing is lost.

OTLP/JSON writes 64-bit integers as text, and some producers as numbers. Times are told apart by
nothing but their value, so both spellings are read as integers; the text of an integer attribute is
its value, so there the two spellings are two shapes.
"""

from __future__ import annotations

import pyarrow as pa

_PRESENT = pa.struct([])


def _any_value(integer: pa.DataType, array: pa.DataType) -> pa.DataType:
    return pa.struct(
        [
            ("stringValue", pa.string()),
            ("boolValue", pa.bool_()),
            ("intValue", integer),
            ("doubleValue", pa.float64()),
            ("bytesValue", pa.string()),
            ("arrayValue", array),
            ("kvlistValue", _PRESENT),
        ]
    )


def message(time: pa.DataType, integer: pa.DataType) -> pa.Schema:
    """Messages whose times and whose integer attributes have these types."""
    element = _any_value(integer, _PRESENT)
    value = _any_value(integer, pa.struct([("values", pa.list_(element))]))
    attributes = pa.list_(pa.struct([("key", pa.string()), ("value", value)]))
    event = pa.struct([("timeUnixNano", time), ("name", pa.string()), ("attributes", attributes)])
    link = pa.struct(
        [("traceId", pa.string()), ("spanId", pa.string()), ("attributes", attributes)]
    )
    span = pa.struct(
        [
            ("traceId", pa.string()),
            ("spanId", pa.string()),
            ("parentSpanId", pa.string()),
            ("traceState", pa.string()),
            ("name", pa.string()),
            ("kind", pa.int64()),
            ("startTimeUnixNano", time),
            ("endTimeUnixNano", time),
            ("attributes", attributes),
            ("events", pa.list_(event)),
            ("links", pa.list_(link)),
            ("status", pa.struct([("message", pa.string()), ("code", pa.int64())])),
            ("flags", pa.int64()),
        ]
    )
    log_record = pa.struct(
        [
            ("traceId", pa.string()),
            ("spanId", pa.string()),
            ("timeUnixNano", time),
            ("observedTimeUnixNano", time),
            ("severityNumber", pa.int64()),
            ("severityText", pa.string()),
            ("eventName", pa.string()),
            ("body", value),
            ("attributes", attributes),
        ]
    )
    resource = pa.struct([("attributes", attributes)])
    return pa.schema(
        [
            ("resourceSpans", _resources(resource, "scopeSpans", "spans", span)),
            ("resourceLogs", _resources(resource, "scopeLogs", "logRecords", log_record)),
        ]
    )


def _resources(
    resource: pa.DataType, scopes: str, records: str, record: pa.DataType
) -> pa.DataType:
    scope = pa.struct([("scope", _SCOPE), (records, pa.list_(record))])
    return pa.list_(pa.struct([("resource", resource), (scopes, pa.list_(scope))]))


_SCOPE = pa.struct([("name", pa.string()), ("version", pa.string())])

# What the tolerant path makes of anything.
MESSAGE = message(time=pa.string(), integer=pa.string())
# By the specification, and with integers as JSON numbers.
MESSAGE_BY_SPECIFICATION = message(time=pa.int64(), integer=pa.string())
MESSAGE_WITH_NUMBERS = message(time=pa.int64(), integer=pa.int64())
BY_COLUMNS = (MESSAGE_BY_SPECIFICATION, MESSAGE_WITH_NUMBERS)
