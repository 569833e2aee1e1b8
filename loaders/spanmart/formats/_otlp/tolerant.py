"""The tolerant path: one message at a time, for what the columnar readers cannot read whole.

Accepts what is met in the wild: numbers where the specification says strings, enum names,
snake_case keys, ids in base64, `batches`, `instrumentationLibrarySpans`; and renders what is
recursive (key-value lists, arrays in arrays). Unknown fields are skipped.

A message is brought to the one spelling of the specification and written as JSON again, for the
columnar reader: building Arrow from Python objects costs five times as much as reading that JSON.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.json as pj

from spanmart.bounds import READING
from spanmart.formats._otlp import shapes

Json = dict[str, Any]

# First of these that is there wins; after the name of the specification come proto's own and old
# ones.
RESOURCE_SPANS = ("resourceSpans", "resource_spans", "batches")
RESOURCE_LOGS = ("resourceLogs", "resource_logs")
SCOPE_SPANS = (
    "scopeSpans",
    "scope_spans",
    "instrumentationLibrarySpans",
    "instrumentation_library_spans",
)
SCOPE_LOGS = (
    "scopeLogs",
    "scope_logs",
    "instrumentationLibraryLogs",
    "instrumentation_library_logs",
)
SCOPE = ("scope", "instrumentationLibrary", "instrumentation_library")

_BOM = b"\xef\xbb\xbf"
_MAX_INT64 = (1 << 63) - 1


class NotAnExport(ValueError):
    """The JSON is no message of this kind at all."""


def parse(line: bytes) -> Any:
    """JSON as strict as it can be and as lax as it must: NaN, huge integers and lone surrogates
    pass, and so does a byte order mark: files are put together with `cat`."""
    line = line.removeprefix(_BOM)
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return json.loads(line.decode("utf-8", errors="replace"))


def messages(documents: Iterable[Any]) -> pa.RecordBatch:
    """Parsed documents in the shape that the fast reader gives."""
    return columns([normalised(document) for document in documents])


def normalised(document: Any) -> bytes:
    """A parsed message as JSON in the spelling of the specification.

    Raises NotAnExport, and RecursionError beyond the bound on depth.
    """
    return orjson.dumps(_message(document))


def not_records(document: Any) -> list[Any]:
    """What stands in a message's lists of records and is none: no object, and not null."""
    document = _unwrapped(document)
    return [
        each
        for resources, scopes, records in (
            (RESOURCE_SPANS, SCOPE_SPANS, ("spans",)),
            (RESOURCE_LOGS, SCOPE_LOGS, ("logRecords", "log_records")),
        )
        for resource in _dicts(_get(document, *resources))
        for scope in _dicts(_get(resource, *scopes))
        for each in _list(_get(scope, *records)) or []
        if each is not None and not isinstance(each, dict)
    ]


def columns(lines: list[bytes]) -> pa.RecordBatch:
    """Normalised messages, at least one, as columns."""
    text = b"\n".join(lines)
    table = pj.read_json(
        pa.BufferReader(text),
        read_options=pj.ReadOptions(use_threads=False, block_size=len(text) + 1),
        parse_options=pj.ParseOptions(explicit_schema=shapes.MESSAGE),
    )
    return table.combine_chunks().to_batches()[0]


def _message(document: Any) -> Json:
    if not isinstance(document, dict):
        raise NotAnExport(f"a JSON {type(document).__name__}")
    document = _unwrapped(document)
    spans = _list(_get(document, *RESOURCE_SPANS))
    logs = _list(_get(document, *RESOURCE_LOGS))
    if spans is None and logs is None and document:
        raise NotAnExport(f"its keys are {', '.join(sorted(map(str, document))[:5])}")
    return {
        "resourceSpans": [_resource(each, SCOPE_SPANS, "spans", _span) for each in _dicts(spans)],
        "resourceLogs": [
            _resource(each, SCOPE_LOGS, "logRecords", _log_record) for each in _dicts(logs)
        ],
    }


def _unwrapped(document: Json) -> Json:
    """Tempo's /api/v2/traces/<id> answers with the message in a member `trace`."""
    trace = _dict(document.get("trace"))
    return trace if any(name in trace for name in RESOURCE_SPANS) else document


def _resource(
    resource: Json, scope_names: tuple[str, ...], records: str, read: Callable[[Json], Json]
) -> Json:
    scopes = []
    for scope in _dicts(_get(resource, *scope_names)):
        about = _dict(_get(scope, *SCOPE))
        scopes.append(
            {
                "scope": {"name": _str(about.get("name")), "version": _str(about.get("version"))},
                records: [read(each) for each in _dicts(_get(scope, records, _snake(records)))],
            }
        )
    about = _dict(resource.get("resource"))
    return {"resource": {"attributes": _attributes(about)}, _camel(scope_names[0]): scopes}


def _span(span: Json) -> Json:
    status = _dict(span.get("status"))
    return {
        "traceId": _str(_get(span, "traceId", "trace_id")),
        "spanId": _str(_get(span, "spanId", "span_id")),
        "parentSpanId": _str(_get(span, "parentSpanId", "parent_span_id")),
        "traceState": _str(_get(span, "traceState", "trace_state")),
        "name": _str(span.get("name")),
        "kind": _enum(span.get("kind"), "SPAN_KIND_", _KINDS),
        "startTimeUnixNano": _nanos(_get(span, "startTimeUnixNano", "start_time_unix_nano")),
        "endTimeUnixNano": _nanos(_get(span, "endTimeUnixNano", "end_time_unix_nano")),
        "attributes": _attributes(span),
        "events": [
            {
                "timeUnixNano": _nanos(_get(event, "timeUnixNano", "time_unix_nano")),
                "name": _str(event.get("name")),
                "attributes": _attributes(event),
            }
            for event in _dicts(span.get("events"))
        ],
        "links": [
            {
                "traceId": _str(_get(link, "traceId", "trace_id")),
                "spanId": _str(_get(link, "spanId", "span_id")),
                "attributes": _attributes(link),
            }
            for link in _dicts(span.get("links"))
        ],
        "status": {
            "message": _str(status.get("message")),
            "code": _enum(status.get("code"), "STATUS_CODE_", _STATUS_CODES),
        },
        "flags": _int(span.get("flags")),
    }


def _log_record(record: Json) -> Json:
    return {
        "traceId": _str(_get(record, "traceId", "trace_id")),
        "spanId": _str(_get(record, "spanId", "span_id")),
        "timeUnixNano": _nanos(_get(record, "timeUnixNano", "time_unix_nano")),
        "observedTimeUnixNano": _nanos(
            _get(record, "observedTimeUnixNano", "observed_time_unix_nano")
        ),
        "severityNumber": _enum(
            _get(record, "severityNumber", "severity_number"), "SEVERITY_NUMBER_", _SEVERITIES
        ),
        "severityText": _str(_get(record, "severityText", "severity_text")),
        "eventName": _str(_get(record, "eventName", "event_name")),
        "body": _value(record.get("body")),
        "attributes": _attributes(record),
    }


_KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_STATUS_CODES = ("UNSET", "OK", "ERROR")
_SEVERITIES = (
    "UNSPECIFIED",
    *(
        name + number
        for name in ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
        for number in ("", "2", "3", "4")
    ),
)


def _attributes(owner: Json) -> list[Json]:
    if isinstance(plain := owner.get("attributes"), dict):
        # Whoever writes OTLP by hand writes a map.
        return [{"key": _str(key), "value": _value_of(value)} for key, value in plain.items()]
    return [
        {"key": _str(pair.get("key")), "value": _value(pair.get("value"))}
        for pair in _dicts(owner.get("attributes"))
        if pair.get("key") is not None
    ]


def _value(value: Any) -> Json | None:
    """AnyValue with its type where a column has one, and as finished text where recursion ended
    it."""
    if value is None:
        return None
    if not isinstance(value, dict):
        return {"stringValue": _str(value)}
    # Nearly all values are plain text, and need nothing done.
    if len(value) == 1 and isinstance(text := value.get("stringValue"), str):
        return value if text.isascii() else {"stringValue": _str(text)}
    value = {_camel(name): inner for name, inner in value.items() if inner is not None}
    if "stringValue" in value:
        return {"stringValue": _str(value["stringValue"])}
    if "boolValue" in value:
        flag = value["boolValue"]
        return {"boolValue": flag} if isinstance(flag, bool) else {"stringValue": _str(flag)}
    if "intValue" in value:
        number = _int(value["intValue"])
        return {"intValue": _str(value["intValue"] if number is None else number)}
    if "doubleValue" in value:
        return _double(_float(value["doubleValue"]))
    if "bytesValue" in value:
        return {"bytesValue": _str(value["bytesValue"])}
    if "arrayValue" in value:
        elements = _list(_dict(value["arrayValue"]).get("values")) or []
        if not any(_is_recursive(each) for each in elements):
            return {"arrayValue": {"values": [_element(each) for each in elements]}}
    if "arrayValue" in value or "kvlistValue" in value:
        return {"stringValue": json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))}
    return None


def _value_of(plain: Any) -> Json | None:
    """A plain JSON value, or an AnyValue, under its key."""
    if isinstance(plain, dict) and (value := _value(plain)) is not None:
        return value
    return None if plain is None else {"stringValue": _str(plain)}


def _double(number: float | None) -> Json:
    """JSON has no word for what is not finite: it goes as the text that a column of doubles
    gives."""
    if number is None or math.isfinite(number):
        return {"doubleValue": number}
    return {"stringValue": str(number)}


def _element(value: Any) -> Json:
    """An element of an array, where what is not finite is null."""
    if isinstance(value, dict):
        number = _float(_get(value, "doubleValue", "double_value"))
        if number is not None and not math.isfinite(number):
            return {}
    return _value(value) or {}


def _is_recursive(value: Any) -> bool:
    return isinstance(value, dict) and any(
        name in value for name in ("arrayValue", "array_value", "kvlistValue", "kvlist_value")
    )


def _plain(value: Any, depth: int = 1) -> Any:
    """AnyValue as the JSON that it stands for. Raises RecursionError beyond the bound on depth."""
    if depth > READING.get().depth:
        raise RecursionError
    if not isinstance(value, dict):
        return value
    value = {_camel(name): inner for name, inner in value.items()}
    if value.get("arrayValue") is not None:
        return [
            _plain(each, depth + 1)
            for each in _list(_dict(value["arrayValue"]).get("values")) or []
        ]
    if value.get("kvlistValue") is not None:
        pairs = _dicts(_dict(value["kvlistValue"]).get("values"))
        return {_str(pair.get("key")) or "": _plain(pair.get("value"), depth + 1) for pair in pairs}
    if value.get("intValue") is not None:
        number = _int(value["intValue"])
        return _str(value["intValue"]) if number is None else number
    if value.get("doubleValue") is not None:
        double = _float(value["doubleValue"])
        return double if double is not None and math.isfinite(double) else None
    for name in ("stringValue", "boolValue", "bytesValue"):
        if value.get(name) is not None:
            return value[name] if name == "boolValue" else _str(value[name])
    return None


def _get(owner: Json, *names: str) -> Any:
    return next((owner[name] for name in names if owner.get(name) is not None), None)


def _list(value: Any) -> list[Any] | None:
    return value if isinstance(value, list) else None


def _dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[Json]:
    return [each for each in _list(value) or [] if isinstance(each, dict)]


def _str(value: Any) -> str | None:
    """Text as any engine can store it; what is not text in its JSON form."""
    if value is None:
        return None
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return value if value.isascii() else value.encode("utf-8", errors="replace").decode()


def _int(value: Any) -> int | None:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if -_MAX_INT64 <= number <= _MAX_INT64 else None


def _float(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _nanos(value: Any) -> str | None:
    """Exact for integers of any size; through decimals only for text or floats that are not
    integers."""
    if value is None or value == "":
        return None
    number = _int(value)
    if number is None and (as_float := _float(value)) is not None and math.isfinite(as_float):
        number = _int(as_float)
    return None if number is None else str(number)


def _enum(value: Any, prefix: str, names: tuple[str, ...]) -> int | None:
    if isinstance(value, str):
        name = value.upper().removeprefix(prefix)
        if name in names:
            return names.index(name)
    return _int(value)


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
