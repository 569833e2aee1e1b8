"""X-Ray segments: each subsegment is a span below what it lies in, and a finished segment replaces
the one in progress."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spanmart import testing

Json = dict[str, Any]
FIXTURES = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "xray"
TRACE = "1-581cf771-a006649127e371903a2de979"
HEX = "581cf771a006649127e371903a2de979"
needs_fixtures = pytest.mark.skipif(
    not FIXTURES.is_dir(), reason="the public fixtures (../shared/fixtures) are not there"
)


def spans(*documents: Any) -> list[Json]:
    found = testing.golden("xray", "\n".join(map(json.dumps, documents)).encode())
    assert found["rejects"] == []
    rows: list[Json] = found["spans"]
    return rows


@needs_fixtures
def test_an_independent_subsegment_is_a_client_span_below_its_segment() -> None:
    [span] = testing.golden("xray", (FIXTURES / "indepSubsegment.txt").read_bytes())["spans"]
    assert (span["trace_id"], span["source_trace_id"]) == (HEX, TRACE)
    assert (span["span_id"], span["parent_span_id"]) == ("53995c3f42cd8ad8", "defdfd9912dc5a56")
    assert (span["kind"], span["status_code"]) == ("client", "unset")
    assert span["start_time_unix_nano"] == 1478293361271000000
    assert span["end_time_unix_nano"] == 1478293361449000000
    assert span["attributes"]["http.response.status_code"] == "200"


@needs_fixtures
def test_a_segment_in_progress_has_no_end() -> None:
    [span] = testing.golden("xray", (FIXTURES / "minInProgress.txt").read_bytes())["spans"]
    assert "end_time_unix_nano" not in span
    assert span["start_time_unix_nano"] == 1595437651680097000
    assert (span["kind"], span["name"]) == ("server", "LongOperation")


def test_the_finished_segment_is_the_later_version() -> None:
    begun = {"trace_id": TRACE, "id": "a" * 16, "name": "s", "start_time": 1478293361.0}
    running, ended = spans(begun | {"in_progress": True}, begun | {"end_time": 1478293361.000001})
    assert running["span_id"] == ended["span_id"]
    assert running["source_version_at"] < ended["source_version_at"]


def nested(depth: int, width: int, prefix: str = "") -> Json:
    places = range(1, width + 1) if depth else ()
    below = [nested(depth - 1, width, f"{prefix}{place}") for place in places]
    own: Json = {"id": f"{prefix or 'f':0>16}", "name": prefix, "start_time": 1, "end_time": 2}
    return own | ({"subsegments": below} if below else {})


def parents(segment: Json, parent: str | None = None) -> dict[str, str | None]:
    """Of each segment inside, by a walk."""
    found = {segment["id"]: parent}
    for below in segment.get("subsegments", []):
        found |= parents(below, segment["id"])
    return found


@pytest.mark.parametrize(("depth", "width"), [(5, 3), (200, 1)])
def test_subsegments_are_spans_to_any_depth(depth: int, width: int) -> None:
    root = nested(depth, width)
    if width == 1:
        # A name a level would be as long as the way there.
        place, number = root, 1
        while below := place.get("subsegments"):
            place, number = below[0], number + 1
            place["id"] = f"{number:016x}"
        root["id"] = "f" * 16
    rows = spans(root | {"trace_id": TRACE})
    assert {row["span_id"]: row.get("parent_span_id") for row in rows} == parents(root)
    assert len(rows) == len(parents(root))
    assert {row["trace_id"] for row in rows} == {HEX}


@pytest.mark.parametrize("wrap", ["Traces", "TraceSegmentDocuments"])
def test_documents_in_texts_are_the_documents(wrap: str) -> None:
    document = nested(2, 2) | {"trace_id": TRACE, "annotations": {"tenant": "acme"}}
    text = json.dumps(document)
    wrapped: Json = {"TraceSegmentDocuments": [text]}
    if wrap == "Traces":
        segments = [{"Id": document["id"], "Document": text}]
        wrapped = {"Traces": [{"Id": TRACE, "Duration": 1.0, "Segments": segments}]}
    assert spans(wrapped) == spans(document)


def test_attributes_that_opentelemetry_exported_have_their_names_again() -> None:
    annotations = {
        "gen_ai_usage_cache_read_input_tokens": 20,
        "gen_ai_prompt_3_content": "What?",
        "llm_input_messages_0_message_contents_1_message_content_text": "Where?",
        "my_own_name": "x",
    }
    document = nested(0, 0) | {"trace_id": TRACE, "annotations": annotations}
    document["metadata"] = {"default": {"gen_ai.request.model": "gpt-4.1-mini"}}
    attributes = spans(document)[0]["attributes"]
    assert attributes == {
        "gen_ai.usage.cache_read.input_tokens": "20",
        "gen_ai.prompt.3.content": "What?",
        "llm.input_messages.0.message.contents.1.message_content.text": "Where?",
        "my_own_name": "x",
        "gen_ai.request.model": "gpt-4.1-mini",
        "metadata": '{"my_own_name":"x"}',
    }


def test_names_of_conventions_are_told_apart_without_their_dots() -> None:
    from spanmart.formats import _underscored

    known = [name.replace(".", "_") for name in _underscored._NAMES]
    assert len(set(known)) == len(known)
