"""Span tables of Google Cloud and Azure Monitor."""

from __future__ import annotations

import json
from typing import Any

import pytest

from spanmart import testing

Json = dict[str, Any]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
DEPENDENCY: Json = {
    "TimeGenerated": "2026-09-21T14:13:20.1234567Z",
    "Type": "AppDependencies",
    "OperationId": TRACE,
    "Id": SPAN,
    "ParentId": "00f067aa0ba902b6",
    "Name": "chat",
    "DurationMs": 1250.5,
    "Success": True,
    "AppRoleName": "copilot",
    "ItemCount": 1,
    "Properties": {"gen_ai.usage.input_tokens": "12"},
}
CLASSIC = {
    "TimeGenerated": "timestamp",
    "Type": "itemType",
    "OperationId": "operation_Id",
    "Id": "id",
    "ParentId": "operation_ParentId",
    "Name": "name",
    "DurationMs": "duration",
    "Success": "success",
    "AppRoleName": "cloud_RoleName",
    "ItemCount": "itemCount",
    "Properties": "customDimensions",
}


def read(format: str, *records: Json) -> dict[str, list[Json]]:
    return testing.golden(format, "\n".join(map(json.dumps, records)).encode())


def google_span(labels: Json) -> Json:
    return {
        "name": f"projects/acme/traces/{TRACE}/spans/{SPAN}",
        "spanId": SPAN,
        "displayName": {"value": "chat"},
        "startTime": "2026-09-21T14:13:20.123456789Z",
        "endTime": "2026-09-21T14:13:21.123456789Z",
        "attributes": {"attributeMap": labels},
    }


def test_times_of_azure_are_exact_to_its_tenth_of_a_microsecond() -> None:
    [span] = read("azure_monitor", DEPENDENCY)["spans"]
    assert span["start_time_unix_nano"] == 1_790_000_000_123_456_700
    assert span["end_time_unix_nano"] - span["start_time_unix_nano"] == 1_250_500_000


def test_classic_tables_and_the_query_api_say_the_same() -> None:
    expected = read("azure_monitor", DEPENDENCY)
    classic = {CLASSIC[name]: value for name, value in DEPENDENCY.items()}
    classic |= {
        "itemType": "dependency",
        "customDimensions": json.dumps(classic["customDimensions"]),
    }
    assert read("azure_monitor", classic) == expected
    columns = [{"name": name, "type": "dynamic"} for name in DEPENDENCY]
    values = [json.dumps(v) if isinstance(v, dict) else v for v in DEPENDENCY.values()]
    answer = {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": [values]}]}
    assert read("azure_monitor", answer) == expected


@pytest.mark.parametrize("count", [1, 2, 3, 10, 100])
def test_a_row_that_stands_for_several_says_the_rate_that_it_was_sampled_at(count: int) -> None:
    [span] = read("azure_monitor", DEPENDENCY | {"ItemCount": count})["spans"]
    assert 1 / float(span["attributes"]["spanmart.sample.rate"]) == pytest.approx(count)


def test_a_row_that_says_no_count_says_no_rate() -> None:
    row = {name: value for name, value in DEPENDENCY.items() if name != "ItemCount"}
    [span] = read("azure_monitor", row)["spans"]
    assert "spanmart.sample.rate" not in span["attributes"]


@pytest.mark.parametrize(
    ("table", "parent", "kind", "expected"),
    [
        ("AppRequests", TRACE, "server", None),
        ("AppRequests", "", "server", None),
        ("AppRequests", "00f067aa0ba902b6", "server", "00f067aa0ba902b6"),
        ("AppDependencies", f"|{TRACE}.00f067aa0ba902b6.", "client", "00f067aa0ba902b6"),
    ],
)
def test_parents_in_azure(table: str, parent: str, kind: str, expected: str | None) -> None:
    [span] = read("azure_monitor", DEPENDENCY | {"Type": table, "ParentId": parent})["spans"]
    assert (span["kind"], span.get("parent_span_id")) == (kind, expected)


def test_labels_of_google_with_and_without_their_dots_are_the_same_attributes() -> None:
    labels = {
        "gen_ai.usage.input_tokens": {"intValue": "12"},
        "gen_ai.output.messages": {"stringValue": {"value": "[]", "truncatedByteCount": 0}},
        "gen_ai.request.stream": {"boolValue": True},
        "service.name": {"stringValue": {"value": "copilot"}},
        "otel.scope.name": {"stringValue": {"value": "scope"}},
    }
    plain = {"gen_ai.usage.input_tokens": 12, "gen_ai.output.messages": "[]"}
    plain |= {"gen_ai.request.stream": "true", "service.name": "copilot"}
    columns = {name.replace(".", "_"): value for name, value in plain.items()}
    columns |= {"otel_scope_name": "scope", "another_row_has_this": None}
    expected = read("google_cloud_traces", google_span(labels))["spans"]
    assert read("google_cloud_traces", {"span": google_span(columns)})["spans"] == expected
    assert expected[0]["scope_name"] == "scope"
    assert expected[0]["resource_attributes"]["service.name"] == "copilot"
    assert set(expected[0]["attributes"]) == {
        "gen_ai.usage.input_tokens",
        "gen_ai.output.messages",
        "gen_ai.request.stream",
    }


@pytest.mark.parametrize(("code", "expected"), [(0, "unset"), (1, "error"), (13, "error")])
def test_status_codes_of_google_are_those_of_rpc(code: int, expected: str) -> None:
    span = google_span({}) | {"status": {"code": code, "message": "m"}}
    assert read("google_cloud_traces", span)["spans"][0]["status_code"] == expected


@pytest.mark.parametrize("kind", [3, "3", "CLIENT", "SPAN_KIND_CLIENT", "client"])
def test_rows_of_all_spans_are_opentelemetrys(kind: int | str) -> None:
    row = {
        "trace_id": TRACE,
        "span_id": SPAN,
        "name": "chat",
        "kind": kind,
        "start_time": "2026-09-21 14:13:20.123456 UTC",
        "duration_nano": "1000",
        "attributes": {"gen_ai.usage.input_tokens": 12},
        "resource": json.dumps({"attributes": {"service.name": "copilot"}}),
        "instrumentation_scope": {"name": "scope"},
    }
    [span] = read("google_cloud_spans", row)["spans"]
    assert (span["kind"], span["scope_name"]) == ("client", "scope")
    assert span["end_time_unix_nano"] == span["start_time_unix_nano"] + 1000
    assert span["resource_attributes"] == {"service.name": "copilot"}
