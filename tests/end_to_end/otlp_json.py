"""Spans, log records and feedback as the files that are landed: OTLP/JSON lines and JSON Lines."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

START = 1_790_000_000_000_000_000
MILLISECOND = 1_000_000
SECOND = 1_000_000_000

Values = Mapping[str, Any]


def trace_id(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def span_id(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Span:
    """A span; ids are names here and become ids in the export."""

    trace: str
    name: str
    parent: str | None = None
    attributes: Values = field(default_factory=dict)
    start: int = 0
    end: int | None = 1000
    is_error: bool = False
    scope: str = "tests"
    resource: Values = field(default_factory=lambda: {"service.name": "copilot"})

    def export(self) -> dict[str, Any]:
        """`start` and `end` are milliseconds since START; a span without an end still runs."""
        span = {
            "traceId": trace_id(self.trace),
            "spanId": span_id(f"{self.trace}/{self.name}"),
            "name": self.name,
            "kind": 1,
            "startTimeUnixNano": str(START + self.start * MILLISECOND),
            "attributes": _pairs(self.attributes),
            "status": {"code": 2} if self.is_error else {},
        }
        if self.parent is not None:
            span["parentSpanId"] = span_id(f"{self.trace}/{self.parent}")
        if self.end is not None:
            span["endTimeUnixNano"] = str(START + self.end * MILLISECOND)
        scope_spans = {"scope": {"name": self.scope}, "spans": [span]}
        resource = {"attributes": _pairs(self.resource)}
        return {"resourceSpans": [{"resource": resource, "scopeSpans": [scope_spans]}]}


@dataclass(frozen=True)
class LogRecord:
    trace: str
    span: str
    event_name: str
    attributes: Values = field(default_factory=dict)
    at: int = 0

    def export(self) -> dict[str, Any]:
        record = {
            "traceId": trace_id(self.trace),
            "spanId": span_id(f"{self.trace}/{self.span}"),
            "eventName": self.event_name,
            "timeUnixNano": str(START + self.at * MILLISECOND),
            "attributes": _pairs(self.attributes),
        }
        scope_logs = {"scope": {"name": "tests"}, "logRecords": [record]}
        return {"resourceLogs": [{"resource": {}, "scopeLogs": [scope_logs]}]}


@dataclass(frozen=True)
class Feedback:
    """A feedback event; `at` is milliseconds since START, `trace` a name as in Span."""

    feedback_id: str
    kind: str
    at: int
    source: str = "user"
    trace: str | None = None
    fields: Values = field(default_factory=dict)

    def export(self) -> dict[str, Any]:
        event = {
            "feedback_id": self.feedback_id,
            "kind": self.kind,
            "source": self.source,
            "occurred_at": START + self.at * MILLISECOND,
            **self.fields,
        }
        return event | ({"trace_id": trace_id(self.trace)} if self.trace else {})


Record = Span | LogRecord | Feedback


def write(folder: Path, records: Iterable[Record]) -> list[Path]:
    """One file a kind of record, as an exporter writes them; the paths of those that have any."""
    folder.mkdir(parents=True, exist_ok=True)
    texts: dict[str, list[str]] = {}
    for record in records:
        kind = type(record).__name__.lower()
        texts.setdefault(kind, []).append(json.dumps(record.export(), ensure_ascii=False))
    paths = []
    for kind, lines in sorted(texts.items()):
        path = folder / f"{kind}.jsonl"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        paths.append(path)
    return paths


def _pairs(values: Values) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list():
            return {"arrayValue": {"values": [_value(each) for each in value]}}
    return {"stringValue": str(value)}
