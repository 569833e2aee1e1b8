"""OTLP/JSON as producers write it, and the same as protobuf."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

from google.protobuf.json_format import ParseDict
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

Json = dict[str, Any]


def any_value(value: object) -> Json:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case list():
            return {"arrayValue": {"values": [any_value(each) for each in value]}}
        case dict():
            return {"kvlistValue": {"values": pairs(value)}}
    return {"stringValue": value}


def pairs(values: Json) -> list[Json]:
    return [{"key": key, "value": any_value(value)} for key, value in values.items()]


def nested(value: object, times: int) -> str:
    """JSON in JSON: each time, quotes get more backslashes."""
    text = json.dumps(value)
    for _ in range(times):
        text = json.dumps({"inner": text})
    return text


def line(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def merged(messages: Iterable[Json]) -> Json:
    whole: Json = {}
    for message in messages:
        for name, listed in message.items():
            whole.setdefault(name, []).extend(listed)
    return whole


def protobuf(message: Json) -> bytes:
    kind = TracesData() if "resourceSpans" in message else LogsData()
    return bytes(ParseDict(_base64_ids(message), kind).SerializeToString())


def _base64_ids(value: Any) -> Any:
    """As protobuf's own JSON wants them."""
    if isinstance(value, list):
        return [_base64_ids(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64encode(bytes.fromhex(inner)).decode()
        if key in ("traceId", "spanId")
        else _base64_ids(inner)
        for key, inner in value.items()
    }
