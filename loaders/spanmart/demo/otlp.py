"""OTLP/JSON: values, spans, and the export requests of a batching exporter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

Value = str | bool | int | float | Sequence[str] | Sequence[int] | Sequence[float]
Attributes = dict[str, Value]

INTERNAL, SERVER, CLIENT = 1, 2, 3
UNSET, OK, ERROR = 0, 1, 2
# What the SDK's batch processor sends at once by default.
BATCH = 512
SCOPE = "support_copilot"


@dataclass(frozen=True)
class Service:
    """A process that exports: its spans share a resource."""

    name: str
    version: str
    commit: str
    language: str
    environment: str = "production"

    def resource(self) -> dict[str, Any]:
        return {
            "attributes": _attributes(
                {
                    "service.name": self.name,
                    "service.namespace": "support-copilot",
                    "service.version": self.version,
                    "deployment.environment.name": self.environment,
                    "vcs.ref.head.revision": self.commit,
                    "telemetry.sdk.language": self.language,
                    "telemetry.sdk.name": "opentelemetry",
                }
            )
        }


@dataclass
class Span:
    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    kind: int
    start: int
    end: int
    service: Service
    attributes: Attributes = field(default_factory=dict)
    status: int = UNSET
    message: str = ""
    error: str = ""

    def fail(self, error: str, message: str) -> None:
        self.status, self.message, self.error = ERROR, message, error
        self.attributes["error.type"] = error

    def encoded(self) -> dict[str, Any]:
        span: dict[str, Any] = {"traceId": self.trace_id, "spanId": self.span_id}
        if self.parent_span_id:
            span["parentSpanId"] = self.parent_span_id
        span["name"] = self.name
        span["kind"] = self.kind
        span["startTimeUnixNano"] = str(self.start)
        span["endTimeUnixNano"] = str(self.end)
        span["attributes"] = _attributes(self.attributes)
        if self.error:
            exception: Attributes = {
                "exception.type": self.error,
                "exception.message": self.message,
                "exception.escaped": False,
            }
            span["events"] = [
                {
                    "timeUnixNano": str(self.end),
                    "name": "exception",
                    "attributes": _attributes(exception),
                }
            ]
        span["status"] = {"code": self.status} if self.status else {}
        if self.message:
            span["status"]["message"] = self.message
        return span


def export_requests(spans: Iterable[Span]) -> Iterator[bytes]:
    """Lines as the Collector's file exporter writes them: a batch a line, by the time spans ended.

    A trace may be split over lines, and children come before their parents, as with real ones.
    """
    by_process: dict[str, list[Span]] = {}
    for span in sorted(spans, key=lambda span: (span.end, span.span_id)):
        by_process.setdefault(span.service.name + span.service.environment, []).append(span)
    for _, ended in sorted(by_process.items()):
        for first in range(0, len(ended), BATCH):
            yield _export_request(ended[first : first + BATCH])


def _export_request(spans: Sequence[Span]) -> bytes:
    by_service: dict[Service, list[Span]] = {}
    for span in spans:
        by_service.setdefault(span.service, []).append(span)
    return orjson.dumps(
        {
            "resourceSpans": [
                {
                    "resource": service.resource(),
                    "scopeSpans": [
                        {
                            "scope": {"name": SCOPE, "version": service.version},
                            "spans": [span.encoded() for span in members],
                        }
                    ],
                }
                for service, members in by_service.items()
            ]
        }
    )


def _attributes(attributes: Mapping[str, Value]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: Value) -> dict[str, Any]:
    # bool before int: True is an int in Python.
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    return {"arrayValue": {"values": [_value(member) for member in value]}}
