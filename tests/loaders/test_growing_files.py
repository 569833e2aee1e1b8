"""A file that is still being written lands what is whole, and the rest when it is there: nothing
twice, nothing missing, however it is cut and whatever it is called by then."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from landed import Landing
from otlp_samples import json_lines, length_prefixed, span, traces, varint_delimited

from spanmart.formats import otlp_json
from spanmart.records import Batch

Write = Callable[[str, bytes], Path]
NewLanding = Callable[[], Landing]
MESSAGES = [
    traces(span(number, {"gen_ai.input.messages": f"question {number}"})) for number in range(1, 9)
]
LAYOUTS = {
    "lines": json_lines(MESSAGES),
    "4-byte lengths": length_prefixed(MESSAGES),
    "varint lengths": varint_delimited(MESSAGES),
}
FEEDBACK = b"kind,trace_id,occurred_at,comment,source\n" + b"".join(
    b'thumbs,%032x,1790000000,"line one\nline two of %d",user\n' % (number, number)
    for number in range(1, 6)
)


def spans(landing: Landing) -> list[tuple[Any, ...]]:
    """What must not depend on how often the file was landed on its way."""
    names = ("span_id", "record_hash", "record_number", "artifact_refs")
    return [
        tuple(str(row[name]) for name in names) for row in landing.rows("spans", keep_lineage=True)
    ]


def loads(landing: Landing) -> list[dict[str, Any]]:
    rows = landing.rows("loads", keep_lineage=True)
    for row in rows:
        whole = row["records_landed"] + row["records_duplicate"] + row["records_rejected"]
        assert row["records_read"] == whole
    return sorted(rows, key=lambda row: row["landed_at"])


@pytest.mark.parametrize("layout", LAYOUTS)
@given(cuts=st.lists(st.floats(0, 1), min_size=1, max_size=3))
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_growing_in_any_steps_lands_what_landing_the_whole_lands(
    new_landing: NewLanding, write: Write, layout: str, cuts: list[float]
) -> None:
    whole = LAYOUTS[layout]
    at_once, step_by_step = new_landing(), new_landing()
    at_once.land(write("whole", whole))
    for cut in sorted(cuts):
        step_by_step.land(write("active", whole[: int(cut * len(whole))]), format=format_of(layout))
    step_by_step.land(write("active", whole))
    assert spans(step_by_step) == spans(at_once)
    assert len(step_by_step.rows("artifacts")) == len(MESSAGES)
    for load in loads(step_by_step):
        # The last line, should a cut have taken nothing of it but its line feed.
        assert load["records_duplicate"] <= (layout == "lines")


def format_of(layout: str) -> str:
    """Named, because the first bytes of a file may be too few to tell."""
    return "otlp_json" if layout == "lines" else "otlp_protobuf"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_only_what_is_new_is_read_and_the_cut_off_record_is_said_to_come(
    landing: Landing, write: Write, layout: str
) -> None:
    whole = LAYOUTS[layout]
    landing.land(write("active", whole[:-20]))
    landing.land(write("active", whole))
    first, second = loads(landing)
    assert (first["records_read"], first["records_landed"]) == (len(MESSAGES), len(MESSAGES) - 1)
    assert (second["records_read"], second["records_landed"]) == (1, 1)
    [reject] = landing.rows("rejects")
    assert reject["reason_code"] == "truncated_record"
    assert "once the file has grown" in reject["reason"]
    assert second["bytes"] == len(whole)
    assert second["content_sha256"] == hashlib.sha256(whole).hexdigest()


def test_a_rotation_that_renames_the_file_changes_nothing(landing: Landing, write: Write) -> None:
    whole = LAYOUTS["lines"]
    active = write("traces.jsonl", whole[: len(whole) // 2])
    landing.land(active)
    active.write_bytes(whole)
    active.rename(active.with_name("traces-2026-11-21.jsonl"))
    write("traces.jsonl", json_lines([traces(span(100))]))
    landing.land(active.parent)
    rotated = landing.rows("spans")
    assert len(rotated) == len({row["span_id"] for row in rotated}) == len(MESSAGES) + 1
    assert {load["records_duplicate"] for load in loads(landing)} == {0}


def test_a_file_that_was_emptied_and_begun_anew_is_another_file(
    landing: Landing, write: Write
) -> None:
    landing.land(write("active", LAYOUTS["lines"]))
    anew = json_lines([traces(span(number)) for number in range(50, 60)])
    landing.land(write("active", anew))
    assert loads(landing)[1]["records_landed"] == 10


def test_a_last_line_without_a_line_feed_is_whole_when_it_parses(
    landing: Landing, write: Write
) -> None:
    lines = json_lines(MESSAGES).rstrip(b"\n")
    result = landing.land(write("active", lines))
    assert result.total("records_rejected") == 0
    landing.land(write("active", lines + b"\n" + json_lines([traces(span(50))])))
    assert len(landing.rows("spans")) == len(MESSAGES) + 1


def test_what_is_appended_while_the_file_is_read_lands_next_time(
    landing: Landing, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    half, rest = json_lines(MESSAGES[:4]), json_lines(MESSAGES[4:])
    path = write("active", half)
    read = otlp_json.read

    def grows(stream: BinaryIO) -> Iterator[Batch]:
        with path.open("ab") as file:
            file.write(rest)
        yield from read(stream)

    with monkeypatch.context() as patched:
        patched.setattr(otlp_json, "read", grows)
        landing.land(path)
    [load] = loads(landing)
    assert load["bytes"] == len(half)
    assert load["content_sha256"] == hashlib.sha256(half).hexdigest()
    landing.land(path)
    assert [each["records_read"] for each in loads(landing)] == [4, 4]
    assert len(landing.rows("spans")) == len(MESSAGES)


@pytest.mark.parametrize(
    "compress", [gzip.compress, lambda data: data], ids=["gzip members", "pretty-printed"]
)
def test_what_cannot_be_read_from_the_middle_is_read_again(
    landing: Landing, write: Write, compress: Callable[[bytes], bytes]
) -> None:
    parts = [json_lines(MESSAGES[:4]), json_lines(MESSAGES[4:])]
    if compress is not gzip.compress:
        parts = [part.replace(b'{"resourceSpans":', b'{\n  "resourceSpans":') for part in parts]
    landing.land(write("active", compress(parts[0])))
    landing.land(write("active", compress(parts[0]) + compress(parts[1])))
    assert [load["records_read"] for load in loads(landing)] == [4, 8]
    assert loads(landing)[1]["records_duplicate"] == 4
    assert len(landing.rows("spans")) == len(MESSAGES)


def test_a_csv_keeps_its_header_and_its_quoted_line_feeds(landing: Landing, write: Write) -> None:
    landing.land(write("feedback.csv", FEEDBACK[: FEEDBACK.index(b"line two of 4")]))
    landing.land(write("feedback.csv", FEEDBACK))
    rows = landing.rows("feedback")
    assert len({row["trace_id"] for row in rows}) == 5
    assert loads(landing)[1]["records_rejected"] == 0


def test_the_same_bytes_as_another_format_are_no_beginning(landing: Landing, write: Write) -> None:
    whole = LAYOUTS["lines"]
    landing.land(write("active", whole[: len(whole) // 2]), format="feedback_events")
    landing.land(write("active", whole))
    assert len(landing.rows("spans")) == len(MESSAGES)
