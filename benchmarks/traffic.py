"""Realistic OTLP for the benchmarks: chat spans with their content, about 1.9 KB each in JSON."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status, TracesData

SPANS_A_MESSAGE = 20
# Few and plain: what compresses well in one format compresses well in all.
_TEXT = """the refund window closes thirty days after delivery and items must be unused please track
your parcel from the account page where a tracking number appears within hours upgrade downgrade
invoice customs duties recipient escalate damaged photo replace business plan credits outage support
answer briefly context question policy"""
WORDS = _TEXT.split()

Json = dict[str, Any]


def messages(spans: int, seed: int = 7) -> Iterator[Json]:
    """Export requests; one span in a hundred holds an e-mail address."""
    pick = random.Random(seed)
    for start in range(0, spans, SPANS_A_MESSAGE):
        numbers = range(start, min(spans, start + SPANS_A_MESSAGE))
        resource = [_text("service.name", "support-copilot"), _text("service.version", "2026.11.0")]
        scope = {
            "scope": {"name": "bench", "version": "1"},
            "spans": [_span(pick, number) for number in numbers],
        }
        yield {"resourceSpans": [{"resource": {"attributes": resource}, "scopeSpans": [scope]}]}


def write_json_lines(path: Path, spans: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for message in messages(spans):
            file.write(json.dumps(message, separators=(",", ":")) + "\n")


def write_protobuf(path: Path, spans: int) -> None:
    """The same messages behind a 4-byte length, as the Collector's file exporter writes them."""
    with path.open("wb") as file:
        for message in messages(spans):
            payload = _encoded(message)
            file.write(struct.pack(">I", len(payload)) + payload)


def _span(pick: random.Random, number: int) -> Json:
    start = 1_790_000_000_000_000_000 + number * 1_000_000
    prompt = " ".join(pick.choices(WORDS, k=70))
    if number % 100 == 0:
        prompt += f" write to user{number}@example.com"
    messages_in = json.dumps([{"role": "user", "parts": [{"type": "text", "content": prompt}]}])
    answer = " ".join(pick.choices(WORDS, k=35))
    messages_out = json.dumps(
        [{"role": "assistant", "parts": [{"type": "text", "content": answer}]}]
    )
    stop = {"arrayValue": {"values": [{"stringValue": "stop"}]}}
    return {
        "traceId": f"{pick.getrandbits(128):032x}",
        "spanId": f"{pick.getrandbits(64):016x}",
        "parentSpanId": f"{pick.getrandbits(64):016x}",
        "name": "chat gpt-4o",
        "kind": 3,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + pick.randrange(10**9)),
        "attributes": [
            _text("gen_ai.operation.name", "chat"),
            _text("gen_ai.provider.name", "openai"),
            _text("gen_ai.request.model", "gpt-4o"),
            _text("gen_ai.response.model", "gpt-4o-2024-08-06"),
            _text("gen_ai.response.id", f"chatcmpl-{pick.getrandbits(96):024x}"),
            _text("gen_ai.conversation.id", f"conv-{number // 7}"),
            _text("user.id", f"user-{pick.randrange(2000)}"),
            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": str(pick.randrange(4000))}},
            {"key": "gen_ai.usage.output_tokens", "value": {"intValue": str(pick.randrange(900))}},
            {"key": "gen_ai.request.temperature", "value": {"doubleValue": 0.2}},
            {"key": "gen_ai.response.finish_reasons", "value": stop},
            _text("gen_ai.input.messages", messages_in),
            _text("gen_ai.output.messages", messages_out),
        ],
        "status": {},
    }


def _text(key: str, value: str) -> Json:
    return {"key": key, "value": {"stringValue": value}}


def _encoded(message: Json) -> bytes:
    data = TracesData()
    for resource_spans in message["resourceSpans"]:
        resource = data.resource_spans.add()
        resource.resource.attributes.extend(_pairs(resource_spans["resource"]["attributes"]))
        for scope_spans in resource_spans["scopeSpans"]:
            scope = resource.scope_spans.add()
            scope.scope.name = scope_spans["scope"]["name"]
            scope.scope.version = scope_spans["scope"]["version"]
            scope.spans.extend(map(_encoded_span, scope_spans["spans"]))
    return data.SerializeToString()


def _encoded_span(span: Json) -> Span:
    return Span(
        trace_id=bytes.fromhex(span["traceId"]),
        span_id=bytes.fromhex(span["spanId"]),
        parent_span_id=bytes.fromhex(span["parentSpanId"]),
        name=span["name"],
        kind=span["kind"],
        start_time_unix_nano=int(span["startTimeUnixNano"]),
        end_time_unix_nano=int(span["endTimeUnixNano"]),
        attributes=_pairs(span["attributes"]),
        status=Status(),
    )


def _pairs(attributes: list[Json]) -> list[KeyValue]:
    return [KeyValue(key=each["key"], value=_value(each["value"])) for each in attributes]


def _value(value: Json) -> AnyValue:
    if "arrayValue" in value:
        values = [_value(each) for each in value["arrayValue"]["values"]]
        return AnyValue(array_value=ArrayValue(values=values))
    if "intValue" in value:
        return AnyValue(int_value=int(value["intValue"]))
    if "doubleValue" in value:
        return AnyValue(double_value=value["doubleValue"])
    return AnyValue(string_value=value["stringValue"])
