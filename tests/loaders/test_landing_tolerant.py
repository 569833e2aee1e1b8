"""What is met in the wild lands like what the specification says, and costs only the lines that
hold it."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from landed import Landing
from otlp_samples import json_lines, recursive_spans, span, to_json, traces, varied_spans

Write = Callable[[str, bytes], Path]
Json = dict[str, Any]


def changed(document: Any, change: Callable[[str, Any], tuple[str, Any]]) -> Any:
    """The document with `change` applied to each key and value, innermost first."""
    if isinstance(document, list):
        return [changed(each, change) for each in document]
    if not isinstance(document, dict):
        return document
    return dict(change(key, changed(value, change)) for key, value in document.items())


def numbers_where_strings_are_due(key: str, value: Any) -> tuple[str, Any]:
    is_number = key in ("intValue", "startTimeUnixNano", "endTimeUnixNano", "timeUnixNano")
    return key, int(value) if is_number else value


def enum_names(key: str, value: Any) -> tuple[str, Any]:
    if key == "kind":
        return key, {1: "SPAN_KIND_INTERNAL", 3: "SPAN_KIND_CLIENT"}[value]
    return key, {2: "STATUS_CODE_ERROR"}[value] if key == "code" else value


def snake_case(key: str, value: Any) -> tuple[str, Any]:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key), value


def base64_ids(key: str, value: Any) -> tuple[str, Any]:
    is_id = key in ("traceId", "spanId", "parentSpanId")
    return key, base64.b64encode(bytes.fromhex(value)).decode() if is_id else value


def upper_case_ids(key: str, value: Any) -> tuple[str, Any]:
    return key, value.upper() if key in ("traceId", "spanId", "parentSpanId") else value


def batches(key: str, value: Any) -> tuple[str, Any]:
    return "batches" if key == "resourceSpans" else key, value


def instrumentation_library(key: str, value: Any) -> tuple[str, Any]:
    renamed = {"scopeSpans": "instrumentationLibrarySpans", "scope": "instrumentationLibrary"}
    return renamed.get(key, key), value


def unknown_fields(key: str, value: Any) -> tuple[str, Any]:
    if isinstance(value, dict):
        value = value | {"unknown": {"deep": [1, {"x": None}]}}
    return key, value


WAYS = [
    numbers_where_strings_are_due,
    enum_names,
    snake_case,
    base64_ids,
    upper_case_ids,
    batches,
    instrumentation_library,
    unknown_fields,
]


def without_spelling(rows: list[Json]) -> list[Json]:
    return [
        {
            key: value
            for key, value in row.items()
            if key not in ("source_trace_id", "source_span_id")
        }
        for row in rows
    ]


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_writing_it_lands_the_same_rows(
    new_landing: Callable[[], Landing], write: Write, way: Callable[[str, Any], tuple[str, Any]]
) -> None:
    message = traces(*varied_spans(), *recursive_spans())
    expected, landing = new_landing(), new_landing()
    expected.land(write("strict.jsonl", json_lines([message])))
    odd = json.dumps(changed(to_json(message), way)).encode()
    result = landing.land(write("odd.jsonl", odd + b"\n"))
    assert result.total("records_rejected") == 0
    assert without_spelling(landing.rows("spans")) == without_spelling(expected.rows("spans"))


def test_the_verbatim_id_is_kept_beside_the_canonical_one(landing: Landing, write: Write) -> None:
    odd = json.dumps(changed(to_json(traces(span())), base64_ids)).encode()
    landing.land(write("odd.jsonl", odd))
    [row] = landing.rows("spans")
    assert row["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert row["source_trace_id"] == "CvdlGRbNQ92ESOshHIAxnA=="


def test_odd_lines_between_good_ones_keep_their_place(landing: Landing, write: Write) -> None:
    good = [json_lines([traces(span(number))]) for number in range(1, 60)]
    good[7] = (
        json.dumps(changed(to_json(traces(span(8))), numbers_where_strings_are_due)).encode()
        + b"\n"
    )
    good[31] = b"no json at all\n"
    good[40] = json_lines([traces(*recursive_spans(41)[:1])])
    result = landing.land(write("mixed.jsonl", b"".join(good)))
    assert (result.total("records_landed"), result.total("records_rejected")) == (58, 1)
    rows = landing.rows("spans", keep_lineage=True)
    assert {int(row["span_id"], 16): row["record_number"] for row in rows} == {
        number: number for number in range(1, 60) if number != 32
    }


def test_the_tolerant_path_sees_only_the_lines_that_need_it(
    landing: Landing, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spanmart.formats._otlp import tolerant

    parsed: list[bytes] = []
    parse = tolerant.parse
    monkeypatch.setattr(tolerant, "parse", lambda line: parsed.append(line) or parse(line))
    lines = [json_lines([traces(span(number))]) for number in range(1, 1001)]
    lines[500] = json.dumps(changed(to_json(traces(span(501))), enum_names)).encode() + b"\n"
    landing.land(write("mixed.jsonl", b"".join(lines)))
    assert len(landing.rows("spans")) == 1000
    assert len(parsed) <= 8


@pytest.mark.parametrize("odd_share", [0.0, 0.01, 1.0])
def test_what_goes_the_tolerant_way_is_what_is_odd(
    monkeypatch: pytest.MonkeyPatch, odd_share: float
) -> None:
    from spanmart.formats._otlp import json_reader, tolerant

    normalised: list[Any] = []
    message = tolerant._message
    monkeypatch.setattr(
        tolerant, "_message", lambda document: normalised.append(document) or message(document)
    )
    lines = [json_lines([traces(span(number))]) for number in range(1, 1001)]
    odd = range(0, 1000, round(1 / odd_share)) if odd_share else range(0)
    for row in odd:
        document = changed(to_json(traces(span(row + 1))), enum_names)
        lines[row] = json.dumps(document).encode() + b"\n"
    batches = list(json_reader.read(io.BytesIO(b"".join(lines))))
    assert sum(len(each) for batch in batches for each in batch.records) == 1000
    # A piece of lines that the columnar reader refuses is small before it goes this way whole.
    assert len(odd) <= len(normalised) <= 8 * len(odd)


def test_nanoseconds_beyond_doubles_stay_exact(landing: Landing, write: Write) -> None:
    document = changed(to_json(traces(span())), numbers_where_strings_are_due)
    landing.land(write("a.json", json.dumps(document, indent=1).encode()))
    assert landing.rows("spans")[0]["start_time_unix_nano"] == 1790000000123456790


def test_a_time_of_zero_is_unknown(landing: Landing, write: Write) -> None:
    landing.land(write("a", json_lines([traces(span(end_time_unix_nano=0))])))
    assert landing.rows("spans")[0]["end_time_unix_nano"] is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("1-5759e988-bd862e3fe1be46a994272793", "5759e988bd862e3fe1be46a994272793"),
        ("tr-0af7651916cd43dd8448eb211c80319c", "0af7651916cd43dd8448eb211c80319c"),
        (
            "trace:/main.default/0af7651916cd43dd8448eb211c80319c",
            "0af7651916cd43dd8448eb211c80319c",
        ),
        ("0198F0E2-1B5A-7C3D-9E4F-5A6B7C8D9E0F", "0198f0e2-1b5a-7c3d-9e4f-5a6b7c8d9e0f"),
        ("8448eb211c80319c", "00000000000000008448eb211c80319c"),
        ("0x8448eb211c80319c", "00000000000000008448eb211c80319c"),
    ],
)
def test_trace_ids_of_other_systems(
    landing: Landing, write: Write, given: str, expected: str
) -> None:
    document = changed(
        to_json(traces(span())), lambda key, value: (key, given if key == "traceId" else value)
    )
    landing.land(write("a", json.dumps(document).encode()))
    [row] = landing.rows("spans")
    assert (row["trace_id"], row["source_trace_id"]) == (expected, given)


@pytest.mark.parametrize("parent", ["", "0000000000000000", None])
def test_an_empty_parent_is_a_root(landing: Landing, write: Write, parent: str | None) -> None:
    document = to_json(traces(span()))
    document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["parentSpanId"] = parent  # type: ignore[index]
    landing.land(write("a", json.dumps(document).encode()))
    assert landing.rows("spans")[0]["parent_span_id"] is None


def test_the_last_of_equal_keys_wins(landing: Landing, write: Write) -> None:
    message = traces(span(values={"a": "first", "b": "b"}))
    attributes = message.resource_spans[0].scope_spans[0].spans[0].attributes
    attributes.add(key="a").value.string_value = "last"
    landing.land(write("a", json_lines([message])))
    assert landing.rows("spans")[0]["attributes"] == {"a": "last", "b": "b"}
