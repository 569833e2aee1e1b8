"""Feedback: the documented form, and evaluations that come as telemetry."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from landed import Landing
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from otlp_samples import START, attribute_list, json_lines, log_record, logs, span, traces

Write = Callable[[str, bytes], Path]
TRACE = "0af7651916cd43dd8448eb211c80319c"
EVENTS = [
    {
        "feedback_id": "fb-1",
        "trace_id": TRACE.upper(),
        "span_id": "0000000000000001",
        "kind": "thumbs",
        "source": "user",
        "author": "alice",
        "score": "1",
        "label": "up",
        "comment": "Thanks, write to a@example.com\nSecond line, with a comma",
        "occurred_at": "2026-11-01T10:00:00.123456789+02:00",
        "channel": "web",
    },
    {
        "conversation_id": "c-1",
        "kind": "rating",
        "source": "user",
        "score": "4",
        "occurred_at": "1790000000",
    },
    {
        "request_id": "r-1",
        "kind": "failure_tag",
        "source": "reviewer",
        "label": "stale_index",
        "occurred_at": "1790000000123",
    },
]


def as_json_lines() -> bytes:
    return "\n".join(json.dumps(each) for each in EVENTS).encode() + b"\n"


def as_csv() -> bytes:
    names = list(dict.fromkeys(name for each in EVENTS for name in each))
    out = io.StringIO()
    writer = csv.DictWriter(out, names)
    writer.writeheader()
    writer.writerows(EVENTS)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def test_the_documented_form_lands(landing: Landing, write: Write) -> None:
    result = landing.land(write("f.jsonl", as_json_lines()))
    assert (result.exit_code, result.total("records_landed")) == (0, 3)
    rows = {row["kind"]: row for row in landing.rows("feedback")}
    thumbs = rows["thumbs"]
    assert thumbs["feedback_id"] == "fb-1"
    assert (thumbs["trace_id"], thumbs["span_id"]) == (TRACE, "0000000000000001")
    assert thumbs["time_unix_nano"] == 1793520000123456789
    assert (thumbs["feedback_source"], thumbs["score"], thumbs["label"]) == ("user", 1.0, "up")
    assert thumbs["author_hash"].startswith("h1_")
    assert thumbs["attributes"] == {"channel": "web"}
    assert [ref["attribute_key"] for ref in thumbs["artifact_refs"]] == ["comment"]
    assert rows["rating"]["time_unix_nano"] == 1790000000000000000
    assert rows["rating"]["author_hash"] is None
    assert rows["failure_tag"]["time_unix_nano"] == 1790000000123000000
    [artifact] = landing.rows("artifacts")
    assert artifact["content"] == "Thanks, write to [email]\nSecond line, with a comma"
    assert artifact["artifact_kind"] == "comment"


def test_csv_lands_the_same_rows(new_landing: Callable[[], Landing], write: Write) -> None:
    lines, table = new_landing(), new_landing()
    lines.land(write("f.jsonl", as_json_lines()))
    table.land(write("f.csv", as_csv()))
    assert table.rows("feedback") == lines.rows("feedback")
    assert table.rows("artifacts") == lines.rows("artifacts")


def test_feedback_without_an_id_gets_one_that_is_the_same_next_time(
    landing: Landing, write: Write
) -> None:
    landing.land(write("a.jsonl", as_json_lines()))
    result = landing.land(write("b.csv", as_csv()))
    assert result.total("records_duplicate") == 3
    ids = [row["feedback_id"] for row in landing.rows("feedback")]
    assert None not in ids and len(set(ids)) == 3


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("1790000000", 1790000000 * 10**9),
        ("1790000000123", 1790000000123 * 10**6),
        ("1790000000123456", 1790000000123456 * 10**3),
        ("1790000000123456789", 1790000000123456789),
        ("2026-09-21T14:13:20Z", 1790000000 * 10**9),
        ("2026-09-21 14:13:20.5", 1790000000 * 10**9 + 5 * 10**8),
        ("2026-09-21T16:13:20+02:00", 1790000000 * 10**9),
    ],
)
def test_times_in_every_unit(landing: Landing, write: Write, given: str, expected: int) -> None:
    event = EVENTS[1] | {"occurred_at": int(given) if given.isdigit() else given}
    landing.land(write("f.jsonl", json.dumps(event).encode()))
    assert landing.rows("feedback")[0]["time_unix_nano"] == expected


EVALUATION = {
    "gen_ai.evaluation.name": "relevance",
    "gen_ai.evaluation.score.value": 0.25,
    "gen_ai.evaluation.score.label": "bad",
    "gen_ai.evaluation.explanation": "It is about something else.",
    "gen_ai.response.id": "chatcmpl-1",
}


@pytest.mark.parametrize(
    "message",
    [
        logs(log_record(EVALUATION, event_name="gen_ai.evaluation.result")),
        logs(log_record(EVALUATION | {"event.name": "gen_ai.evaluation.result"})),
        logs(log_record(EVALUATION | {"otel.event.name": "gen_ai.evaluation.result"})),
        traces(
            span(
                1,
                events=[
                    Span.Event(
                        name="gen_ai.evaluation.result",
                        time_unix_nano=START,
                        attributes=attribute_list(EVALUATION),
                    )
                ],
            )
        ),
    ],
    ids=["event name", "event.name", "otel.event.name", "span event"],
)
def test_an_evaluation_in_telemetry_is_feedback(
    landing: Landing, write: Write, message: object
) -> None:
    result = landing.land(write("a", json_lines([message])))  # type: ignore[list-item]
    [row] = landing.rows("feedback")
    assert (row["kind"], row["feedback_source"], row["evaluator_name"]) == (
        "evaluator_label",
        "evaluator",
        "relevance",
    )
    assert (row["score"], row["label"], row["time_unix_nano"]) == (0.25, "bad", START)
    assert (row["trace_id"], row["span_id"]) == (TRACE, "0000000000000001")
    assert row["attributes"] == {"gen_ai.response.id": "chatcmpl-1"}
    assert row["artifact_refs"][0]["artifact_kind"] == "comment"
    assert landing.rows("log_records") == []
    assert result.total("records_read") == result.total("records_landed")


def test_openinference_annotations_are_feedback_on_what_they_are_about(
    landing: Landing, write: Write
) -> None:
    note = "annotations.0.annotation"
    inline = span(
        1,
        {
            f"{note}.name": "quality",
            f"{note}.score": 0.5,
            f"{note}.annotator_kind": "HUMAN",
            f"{note}.explanation": "meh",
        },
    )
    link = Span.Link(trace_id=b"\xaa" * 16, span_id=b"\xbb" * 8)
    carrier = span(2, {f"trace.{note}.name": "solved", f"trace.{note}.label": "yes"}, links=[link])
    landing.land(write("a", json_lines([traces(inline, carrier)])))
    rows = {row["evaluator_name"]: row for row in landing.rows("feedback")}
    quality, solved = rows["quality"], rows["solved"]
    assert (quality["feedback_source"], quality["kind"]) == ("reviewer", "reviewer_label")
    assert (quality["trace_id"], quality["span_id"], quality["score"]) == (
        TRACE,
        "0000000000000001",
        0.5,
    )
    assert (solved["trace_id"], solved["span_id"], solved["label"]) == ("aa" * 16, None, "yes")
