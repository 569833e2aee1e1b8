"""Spans of an OTLP capture as other systems would have dumped them.

Written from the mappings of those systems (OpenTelemetry specification: transformation to non-OTLP
formats; the Collector's ClickHouse exporter) and from nothing of the loader.
"""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Json = dict[str, Any]
_KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
_CODES = ("unset", "ok", "error")


def plain(value: Json) -> Any:
    """An AnyValue as Python has it."""
    if "arrayValue" in value:
        return [plain(each) for each in value["arrayValue"].get("values", [])]
    if "kvlistValue" in value:
        return attributes(value["kvlistValue"].get("values", []))
    if "intValue" in value:
        return int(value["intValue"])
    if "bytesValue" in value:
        return base64.b64decode(value["bytesValue"])
    return next(iter(value.values()), None)


def attributes(pairs: list[Json]) -> Json:
    return {pair["key"]: plain(pair["value"]) for pair in pairs}


def text(value: Any) -> str:
    """A value as a store of texts keeps it."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def texts(values: Json) -> dict[str, str]:
    return {key: text(value) for key, value in values.items() if value is not None}


def spans(path: Path) -> Iterator[Json]:
    """Each span with its resource and scope."""
    for line in path.read_text(encoding="utf-8").splitlines():
        for resource in json.loads(line).get("resourceSpans", []):
            about = attributes(resource["resource"].get("attributes", []))
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:
                    yield {
                        **span,
                        "resource": about,
                        "scope": scope.get("scope", {}),
                        "attributes": attributes(span.get("attributes", [])),
                        "start": int(span["startTimeUnixNano"]),
                        "end": int(span["endTimeUnixNano"]),
                        "kind": _KINDS[span.get("kind", 0)],
                        "code": _CODES[span.get("status", {}).get("code", 0)],
                        "message": span.get("status", {}).get("message", ""),
                        "events": [
                            {**event, "attributes": attributes(event.get("attributes", []))}
                            for event in span.get("events", [])
                        ],
                        "links": [
                            {**link, "attributes": attributes(link.get("attributes", []))}
                            for link in span.get("links", [])
                        ],
                    }


def _tags(values: Json) -> list[Json]:
    types: dict[type, str] = {bool: "bool", int: "int64", float: "float64"}
    return [
        {
            "key": key,
            "type": types.get(type(value), "string"),
            "value": value if type(value) in types else text(value),
        }
        for key, value in values.items()
        if value is not None
    ]


def _jaeger_span(span: Json) -> Json:
    own = {
        "span.kind": None if span["kind"] == "unspecified" else span["kind"],
        "otel.scope.name": span["scope"].get("name") or None,
        "otel.scope.version": span["scope"].get("version") or None,
        "otel.status_code": None if span["code"] == "unset" else span["code"].upper(),
        "error": True if span["code"] == "error" else None,
        "otel.status_description": span["message"] or None,
        "w3c.tracestate": span.get("traceState") or None,
        "internal.span.format": "otlp",
    }
    references = [
        {"refType": "FOLLOWS_FROM", "traceID": link["traceId"], "spanID": link["spanId"]}
        for link in span["links"]
    ]
    if parent := span.get("parentSpanId"):
        child_of = {"refType": "CHILD_OF", "traceID": span["traceId"], "spanID": parent}
        references.insert(0, child_of)
    return {
        "traceID": span["traceId"],
        "spanID": span["spanId"],
        "operationName": span["name"],
        "references": references,
        "startTime": span["start"] // 1000,
        "duration": span["end"] // 1000 - span["start"] // 1000,
        "tags": _tags({**span["attributes"], **own}),
        "logs": [
            {
                "timestamp": int(event["timeUnixNano"]) // 1000,
                "fields": _tags({"event": event["name"], **event["attributes"]}),
            }
            for event in span["events"]
        ],
    }


def jaeger(path: Path) -> bytes:
    """A page of the UI: a trace an element, its processes beside its spans."""
    traces: dict[str, Json] = {}
    for span in spans(path):
        empty: Json = {"traceID": span["traceId"], "spans": [], "processes": {}, "warnings": None}
        trace = traces.setdefault(span["traceId"], empty)
        about = dict(span["resource"])
        process = {"serviceName": about.pop("service.name"), "tags": _tags(about)}
        known = {text(value): key for key, value in trace["processes"].items()}
        key = known.get(text(process), f"p{len(known) + 1}")
        trace["processes"][key] = process
        trace["spans"].append(_jaeger_span(span) | {"processID": key, "warnings": None})
    page = {"data": list(traces.values()), "total": 0, "limit": 0, "offset": 0, "errors": None}
    return json.dumps(page).encode()


def jaeger_in_elasticsearch(path: Path, as_fields: bool) -> bytes:
    """Documents of the index jaeger-span-*; tags as a list, or as fields with `@` for dots."""
    lines: list[str] = []
    for span in spans(path):
        about = dict(span["resource"])
        service = about.pop("service.name")
        found = _jaeger_span(span)
        found["startTimeMillis"] = found["startTime"] // 1000
        found["process"] = {"serviceName": service, "tags": _tags(about)}
        if as_fields:
            for owner in (found, found["process"]):
                tags = {tag["key"].replace(".", "@"): tag["value"] for tag in owner["tags"]}
                owner |= {"tags": [], "tag": tags}
        hit = {"_index": "jaeger-span-2026-11-21", "_id": str(len(lines)), "_source": found}
        lines.append(json.dumps(hit if as_fields else found))
    return "\n".join(lines).encode()


def _moment(nanos: int) -> str:
    second = datetime.fromtimestamp(nanos // 10**9, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"{second}.{nanos % 10**9:09}"


def _row(span: Json) -> Json:
    return {
        "Timestamp": _moment(span["start"]),
        "TraceId": span["traceId"],
        "SpanId": span["spanId"],
        "ParentSpanId": span.get("parentSpanId", ""),
        "TraceState": span.get("traceState", ""),
        "SpanName": span["name"],
        "SpanKind": span["kind"].capitalize(),
        "ServiceName": span["resource"].get("service.name", ""),
        "ResourceAttributes": texts(span["resource"]),
        "ScopeName": span["scope"].get("name", ""),
        "ScopeVersion": span["scope"].get("version", ""),
        "SpanAttributes": texts(span["attributes"]),
        "Duration": span["end"] - span["start"],
        "StatusCode": span["code"].capitalize(),
        "StatusMessage": span["message"],
        "Events.Timestamp": [_moment(int(event["timeUnixNano"])) for event in span["events"]],
        "Events.Name": [event["name"] for event in span["events"]],
        "Events.Attributes": [texts(event["attributes"]) for event in span["events"]],
        "Links.TraceId": [link["traceId"] for link in span["links"]],
        "Links.SpanId": [link["spanId"] for link in span["links"]],
        "Links.TraceState": ["" for _ in span["links"]],
        "Links.Attributes": [texts(link["attributes"]) for link in span["links"]],
    }


def clickhouse_json(path: Path) -> bytes:
    """FORMAT JSONEachRow: integers of 64 bits in quotes."""
    rows = (_row(span) for span in spans(path))
    return "\n".join(
        json.dumps(row | {"Duration": str(row["Duration"])}, ensure_ascii=False) for row in rows
    ).encode()


_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b"}


def _quoted(value: Any) -> str:
    """A value inside a map or an array of ClickHouse's text formats."""
    if isinstance(value, dict):
        pairs = (f"{_quoted(key)}:{_quoted(each)}" for key, each in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_quoted, value)) + "]"
    return "'" + "".join(_ESCAPES.get(letter, letter) for letter in value) + "'"


def clickhouse_csv(path: Path) -> bytes:
    """FORMAT CSVWithNames."""
    rows = [_row(span) for span in spans(path)]
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow(
            _quoted(value) if isinstance(value, dict | list) else value for value in row.values()
        )
    return out.getvalue().encode()


def clickhouse_parquet(path: Path) -> bytes:
    """FORMAT Parquet: DateTime64(9) as nanoseconds, maps as maps."""
    found = list(spans(path))
    rows = [_row(span) for span in found]
    text_map = pa.map_(pa.string(), pa.string())
    types = {
        **dict.fromkeys(rows[0], pa.string()),
        "Duration": pa.uint64(),
        "ResourceAttributes": text_map,
        "SpanAttributes": text_map,
        "Events.Timestamp": pa.list_(pa.timestamp("ns", "UTC")),
        "Events.Attributes": pa.list_(text_map),
        "Links.Attributes": pa.list_(text_map),
        **{
            name: pa.list_(pa.string())
            for name in ("Events.Name", "Links.TraceId", "Links.SpanId", "Links.TraceState")
        },
    }
    columns = {}
    for name, kind in types.items():
        values = [row[name] for row in rows]
        if name == "Events.Timestamp":
            values = [[int(event["timeUnixNano"]) for event in span["events"]] for span in found]
        columns[name] = pa.array([_pairs(value) for value in values], kind)
    columns["Timestamp"] = pa.array([span["start"] for span in found], pa.timestamp("ns", "UTC"))
    return _written(pa.table(columns))


def otlp2parquet(path: Path) -> bytes:
    """The flat Parquet of otlp2parquet 1.0: microseconds, attributes as JSON texts, no dots."""
    rows = []
    for span in spans(path):
        row = {name.replace(".", ""): value for name, value in _row(span).items()}
        row |= {
            "SpanKind": f"SPAN_KIND_{span['kind'].upper()}",
            "StatusCode": f"STATUS_CODE_{span['code'].upper()}",
            "ResourceAttributes": json.dumps(row["ResourceAttributes"]),
            "SpanAttributes": json.dumps(row["SpanAttributes"]),
            "EventsAttributes": [json.dumps(each) for each in row["EventsAttributes"]],
            "LinksAttributes": [json.dumps(each) for each in row["LinksAttributes"]],
        }
        rows.append(row)
    columns = {name: pa.array([row[name] for row in rows], _flat_type(name)) for name in rows[0]}
    starts = [span["start"] // 1000 for span in spans(path)]
    columns["Timestamp"] = pa.array(starts, pa.timestamp("us", "UTC"))
    return _written(pa.table(columns))


def _flat_type(name: str) -> pa.DataType:
    if name == "Duration":
        return pa.int64()
    return pa.list_(pa.string()) if name.startswith(("Events", "Links")) else pa.string()


def _pairs(value: Any) -> Any:
    """Maps as Arrow builds them."""
    if isinstance(value, dict):
        return list(value.items())
    return [_pairs(each) for each in value] if isinstance(value, list) else value


def _written(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()
