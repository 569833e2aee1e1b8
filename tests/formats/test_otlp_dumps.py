"""Spans that Jaeger or ClickHouse kept land as the OTLP land that they came from, but for what
those systems do not keep."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import otlp_dumps as dumps
import pytest

from spanmart import testing

Json = dict[str, Any]
CAPTURES = {
    "google_adk_content_true": "spans.otlphttp.jsonl",
    "vercel_ai_sdk": "spans.otlphttp.jsonl",
}
DUMPS: dict[str, tuple[str, Callable[[Path], bytes], int]] = {
    "jaeger page": ("jaeger", dumps.jaeger, 1000),
    "elasticsearch": ("jaeger", lambda path: dumps.jaeger_in_elasticsearch(path, False), 1000),
    "elasticsearch fields": (
        "jaeger",
        lambda path: dumps.jaeger_in_elasticsearch(path, True),
        1000,
    ),
    "JSONEachRow": ("clickhouse_traces", dumps.clickhouse_json, 1),
    "CSVWithNames": ("clickhouse_traces", dumps.clickhouse_csv, 1),
    "Parquet": ("clickhouse_traces", dumps.clickhouse_parquet, 1),
    "otlp2parquet": ("clickhouse_traces", dumps.otlp2parquet, 1000),
}


def value(text: str) -> Any:
    """Numbers by what they say: 2.0, 2 and 2e0 are one, whoever wrote them; so are JSON texts."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def comparable(span: Json, unit: int) -> Json:
    """What both ways say of a span, in times of this many nanoseconds."""
    found = {
        name: given
        for name, given in span.items()
        if name not in ("record_number", "flags", "source_trace_id", "source_span_id")
    }
    for name in ("start_time_unix_nano", "end_time_unix_nano"):
        found[name] = span[name] // unit
    for name in ("attributes", "resource_attributes"):
        found[name] = {key: value(text) for key, text in span.get(name, {}).items()}
    found["events"] = [
        event
        | {
            "time_unix_nano": event["time_unix_nano"] // unit,
            "attributes": {key: value(text) for key, text in event.get("attributes", {}).items()},
        }
        for event in span.get("events", [])
    ]
    return found


@pytest.mark.parametrize("dump", DUMPS)
@pytest.mark.parametrize("folder", CAPTURES)
def test_a_dump_of_a_capture_lands_as_the_capture(
    capture: Callable[[str, str], Path], folder: str, dump: str
) -> None:
    path = capture(folder, CAPTURES[folder])
    format, made, unit = DUMPS[dump]
    data = made(path)
    assert testing.claims(data) == [format]
    expected = testing.golden("otlp_json", path.read_bytes())["spans"]
    found = testing.golden(format, data)
    assert found["rejects"] == []
    if dump == "otlp2parquet":
        # A start in microseconds and a length in nanoseconds: the end is up to a microsecond off.
        for span in [*expected, *found["spans"]]:
            span["end_time_unix_nano"] -= span["start_time_unix_nano"] % 1000
    by_id = {span["span_id"]: comparable(span, unit) for span in found["spans"]}
    assert len(by_id) == len(expected)
    for span in expected:
        assert testing.first_difference(comparable(span, unit), by_id[span["span_id"]]) is None


def test_a_page_of_jaeger_is_told_wherever_its_head_ends(
    capture: Callable[[str, str], Path],
) -> None:
    page = dumps.jaeger(capture("vercel_ai_sdk", CAPTURES["vercel_ai_sdk"]))
    # Where the first span has its id.
    first = page.index(b'"spanID"') + 40
    assert all(
        testing.claims(page[:end]) == ["jaeger"] for end in range(first, first + 60_000, 3_001)
    )
