"""The nested Arrow shape of OTLP/JSON messages, and of protobuf ones but for the leaves.

Only what is landed is named; the JSON reader and the protobuf decoder skip every other field. The
lists that recursion would need are not spelled out: `arrayValue` inside an array and `kvlistValue`
anywhere are empty structs here, so that a reader notes that they are there and the message takes
the tolerant path, where nothing is lost.
"""

from __future__ import annotations

import pyarrow as pa

_PRESENT = pa.struct([])

_ELEMENT = pa.struct(
    [
        ("stringValue", pa.string()),
        ("boolValue", pa.bool_()),
        ("intValue", pa.string()),
        ("doubleValue", pa.float64()),
        ("bytesValue", pa.string()),
        ("arrayValue", _PRESENT),
        ("kvlistValue", _PRESENT),
    ]
)

VALUE = pa.struct(
    [
        ("stringValue", pa.string()),
        ("boolValue", pa.bool_()),
        ("intValue", pa.string()),
        ("doubleValue", pa.float64()),
        ("bytesValue", pa.string()),
        ("arrayValue", pa.struct([("values", pa.list_(_ELEMENT))])),
        ("kvlistValue", _PRESENT),
    ]
)

ATTRIBUTES = pa.list_(pa.struct([("key", pa.string()), ("value", VALUE)]))

SPAN = pa.struct(
    [
        ("traceId", pa.string()),
        ("spanId", pa.string()),
        ("parentSpanId", pa.string()),
        ("traceState", pa.string()),
        ("name", pa.string()),
        ("kind", pa.int64()),
        ("startTimeUnixNano", pa.string()),
        ("endTimeUnixNano", pa.string()),
        ("attributes", ATTRIBUTES),
        (
            "events",
            pa.list_(
                pa.struct(
                    [
                        ("timeUnixNano", pa.string()),
                        ("name", pa.string()),
                        ("attributes", ATTRIBUTES),
                    ]
                )
            ),
        ),
        (
            "links",
            pa.list_(
                pa.struct(
                    [
                        ("traceId", pa.string()),
                        ("spanId", pa.string()),
                        ("attributes", ATTRIBUTES),
                    ]
                )
            ),
        ),
        ("status", pa.struct([("message", pa.string()), ("code", pa.int64())])),
        ("flags", pa.int64()),
    ]
)

LOG_RECORD = pa.struct(
    [
        ("traceId", pa.string()),
        ("spanId", pa.string()),
        ("timeUnixNano", pa.string()),
        ("observedTimeUnixNano", pa.string()),
        ("severityNumber", pa.int64()),
        ("severityText", pa.string()),
        ("eventName", pa.string()),
        ("body", VALUE),
        ("attributes", ATTRIBUTES),
    ]
)

_SCOPE = pa.struct([("name", pa.string()), ("version", pa.string())])
_RESOURCE = pa.struct([("attributes", ATTRIBUTES)])


def _resources(scopes: str, records: str, record: pa.DataType) -> pa.DataType:
    scope = pa.struct([("scope", _SCOPE), (records, pa.list_(record))])
    return pa.list_(pa.struct([("resource", _RESOURCE), (scopes, pa.list_(scope))]))


MESSAGE = pa.schema(
    [
        ("resourceSpans", _resources("scopeSpans", "spans", SPAN)),
        ("resourceLogs", _resources("scopeLogs", "logRecords", LOG_RECORD)),
    ]
)
