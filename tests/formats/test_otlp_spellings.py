"""OTLP as Tempo and old SDKs spell it: all oddities at once, for spans and log records together."""

from __future__ import annotations

import base64
import io
import json
import re
from typing import Any

import pytest

from spanmart import testing

Json = dict[str, Any]
TRACE, SPAN, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "00f067aa0ba902b6"
RESOURCE = {"attributes": [{"key": "service.name", "value": {"stringValue": "copilot"}}]}
STRICT: Json = {
    "resourceSpans": [
        {
            "resource": RESOURCE,
            "scopeSpans": [
                {
                    "scope": {"name": "scope", "version": "1"},
                    "spans": [
                        {
                            "traceId": TRACE,
                            "spanId": SPAN,
                            "parentSpanId": PARENT,
                            "name": "chat",
                            "kind": 3,
                            "startTimeUnixNano": "1790000000123456789",
                            "endTimeUnixNano": "1790000000223456789",
                            "attributes": [
                                {
                                    "key": "gen_ai.usage.input_tokens",
                                    "value": {"intValue": "9007199254740993"},
                                }
                            ],
                            "status": {"code": 2, "message": "timed out"},
                            "links": [{"traceId": TRACE, "spanId": PARENT}],
                        }
                    ],
                }
            ],
        }
    ],
    "resourceLogs": [
        {
            "resource": RESOURCE,
            "scopeLogs": [
                {
                    "scope": {"name": "scope"},
                    "logRecords": [
                        {
                            "traceId": TRACE,
                            "spanId": SPAN,
                            "timeUnixNano": "1790000000123456789",
                            "severityNumber": 17,
                            "eventName": "gen_ai.user.message",
                            "body": {"stringValue": "hello"},
                        }
                    ],
                }
            ],
        }
    ],
}
OLD_NAMES = {
    "scopeSpans": "instrumentationLibrarySpans",
    "scopeLogs": "instrumentationLibraryLogs",
    "scope": "instrumentationLibrary",
}


def respelled(document: Any, key: str = "") -> Any:
    """In snake case, with old names, names of enums, ids in base64 and numbers for integers."""
    if isinstance(document, dict):
        names = {str(name): OLD_NAMES.get(str(name), str(name)) for name in document}
        return {
            re.sub("([A-Z])", lambda at: f"_{at[0].lower()}", names[name]): respelled(each, name)
            for name, each in document.items()
        }
    if isinstance(document, list):
        return [respelled(each) for each in document]
    if key in ("traceId", "spanId", "parentSpanId"):
        return base64.b64encode(bytes.fromhex(document)).decode()
    if key in ("kind", "code", "severityNumber"):
        names_of = {"kind": "SPAN_KIND_CLIENT", "code": "STATUS_CODE_ERROR"}
        return names_of.get(key, "SEVERITY_NUMBER_ERROR")
    if key.endswith("UnixNano") or key == "intValue":
        return int(document)
    return document


def read(document: Json) -> dict[str, list[Json]]:
    data = json.dumps(document).encode()
    assert testing.claims(data) == ["otlp_json"]
    found = testing.golden("otlp_json", data)
    for row in found["spans"]:
        row.pop("source_trace_id"), row.pop("source_span_id")
    return found


def test_the_document_of_traces_and_logs_lands_both() -> None:
    found = read(STRICT)
    assert [len(found[table]) for table in ("spans", "log_records", "rejects")] == [1, 1, 0]
    [span], [log] = found["spans"], found["log_records"]
    assert (log["trace_id"], log["span_id"]) == (span["trace_id"], span["span_id"])
    assert (log["severity_text"], log["body"]) == ("ERROR", "hello")


def test_every_oddity_at_once_is_the_strict_form() -> None:
    odd = respelled(STRICT)
    assert "instrumentation_library_spans" in json.dumps(odd)
    assert read(odd) == read(STRICT)


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("wrapped", [True, False])
def test_a_trace_that_tempo_gives_is_otlp(strict: bool, wrapped: bool) -> None:
    spans = {"resourceSpans": STRICT["resourceSpans"]}
    document = spans if strict else respelled(spans)
    name = "resourceSpans" if strict else "batches"
    trace = {name: next(iter(document.values()))}
    assert read({"trace": trace, "metrics": {}} if wrapped else trace) == read(spans)


def test_what_a_search_in_tempo_finds_is_a_reject_that_says_what_to_fetch() -> None:
    from spanmart.formats import tempo_search

    trace = {"traceID": TRACE, "rootServiceName": "copilot", "rootTraceName": "ask"}
    answer = json.dumps({"traces": [trace], "metrics": {}}).encode()
    assert testing.claims(answer) == ["tempo_search"]

    [batch] = tempo_search.read(io.BytesIO(answer))
    assert batch.records == []
    assert "GET /api/v2/traces/<trace id>" in batch.rejects[0].text
