"""What cannot be read is named and counted, and the rest of the file lands. Never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from landed import Landing
from otlp_samples import json_lines, span, traces

from spanmart.rejects import Reason

Write = Callable[[str, bytes], Path]
INVALID = Path(__file__).parent / "samples" / "invalid"

# sample -> records landed, and the reason and record number of each reject
EXPECTED: dict[str, tuple[int, list[tuple[str, int]]]] = {
    "line_that_is_not_json.jsonl": (2, [("not_json", 2)]),
    "truncated_last_line.jsonl": (1, [("truncated_record", 2)]),
    "truncated_document.json": (0, [("truncated_record", 1)]),
    "json_of_another_kind.jsonl": (
        1,
        [("not_an_export", 2), ("not_an_export", 3), ("not_an_export", 3)],
    ),
    "missing_trace_id.jsonl": (1, [("missing_trace_id", 2)]),
    "zero_trace_id.jsonl": (1, [("missing_trace_id", 2)]),
    "unreadable_trace_id.jsonl": (1, [("bad_trace_id", 2)]),
    "missing_span_id.jsonl": (1, [("missing_span_id", 2)]),
    "unreadable_span_id.jsonl": (1, [("bad_span_id", 2)]),
    "nested_too_deeply.jsonl": (1, [("too_deep", 2)]),
    "not_utf8.jsonl": (2, []),
    "lone_surrogate.jsonl": (2, []),
    "times_that_are_no_numbers.jsonl": (2, []),
    "truncated_last_frame.lenpb": (1, [("truncated_record", 2)]),
    "truncated_varint_frame.binpb": (1, [("truncated_record", 2)]),
    "frame_that_is_not_protobuf.lenpb": (2, [("not_protobuf", 2)]),
    "string_that_is_not_utf8.lenpb": (2, []),
    "damaged_zstd_frame.lenpb": (2, [("corrupt_compression", 2)]),
    "metrics.binpb": (0, [("unknown_signal", 1)]),
    "feedback_of_unknown_kind.jsonl": (1, [("bad_kind", 2)]),
    "feedback_of_unknown_source.jsonl": (1, [("bad_source", 2)]),
    "feedback_about_nothing.csv": (1, [("no_target", 2)]),
    "feedback_with_bad_time.csv": (1, [("bad_time", 2)]),
    "feedback_with_bad_score.csv": (1, [("bad_score", 2)]),
    "feedback_row_with_too_many_fields.csv": (1, [("not_a_row", 2)]),
}


@pytest.mark.parametrize("sample", EXPECTED)
def test_a_damaged_file_lands_all_but_its_damage(landing: Landing, sample: str) -> None:
    landed, rejected = EXPECTED[sample]
    result = landing.land(INVALID / sample)
    assert result.total("records_landed") == landed
    rows = landing.rows("rejects", keep_lineage=True)
    assert sorted((row["reason_code"], row["record_number"]) for row in rows) == sorted(rejected)
    assert result.exit_code == (3 if rejected else 0)
    codes = {reason.code: reason for reason in Reason}
    for row in rows:
        assert row["reason"].startswith(codes[row["reason_code"]].value)
        assert row["source_file"].endswith(sample)
        assert row["load_id"] == landing.rows("loads", keep_lineage=True)[0]["load_id"]


def test_every_sample_is_expected_and_every_reason_has_a_sample() -> None:
    files = {path.name for path in INVALID.iterdir()} - {"truncated.jsonl.gz"}
    assert files == set(EXPECTED)
    met = {code for _, rejects in EXPECTED.values() for code, _ in rejects}
    assert met == {reason.code for reason in Reason}


def test_a_truncated_gzip_lands_what_it_still_holds(landing: Landing) -> None:
    result = landing.land(INVALID / "truncated.jsonl.gz")
    assert result.exit_code == 3
    assert result.total("records_landed") > 100
    reasons = {row["reason_code"] for row in landing.rows("rejects")}
    assert "corrupt_compression" in reasons


def test_text_that_is_not_utf8_lands_with_the_mark_of_it(landing: Landing) -> None:
    landing.land(INVALID / "not_utf8.jsonl")
    assert {row["name"] for row in landing.rows("spans")} == {
        "span 1",
        "caf\N{REPLACEMENT CHARACTER}",
    }


def test_a_file_of_no_known_format_is_named_and_the_others_land(
    landing: Landing, write: Write
) -> None:
    unknown = write("notes.txt", b"dear diary, nothing to export today")
    result = landing.land(unknown, write("a", json_lines([traces(span())])))
    assert [each.status for each in result.files] == ["unreadable", "landed"]
    assert "tried: feedback_events, otlp_json, otlp_protobuf" in result.files[0].note
    assert result.exit_code == 3


def test_nothing_readable_is_exit_code_one(landing: Landing, write: Write) -> None:
    assert landing.land(write("notes.txt", b"dear diary")).exit_code == 1


def test_files_of_a_folder_that_are_no_exports_do_no_harm(landing: Landing, write: Write) -> None:
    write("notes.txt", b"dear diary")
    folder = write("a", json_lines([traces(span())])).parent
    assert landing.land(folder).exit_code == 0


def test_an_empty_file_is_nothing_to_land(landing: Landing, write: Write) -> None:
    result = landing.land(write("empty.jsonl", b""))
    assert (result.files[0].status, result.exit_code) == ("empty", 0)


def test_the_rest_of_a_truncated_line_lands_once_it_is_there(
    landing: Landing, write: Write
) -> None:
    whole = json_lines([traces(span(1)), traces(span(2))])
    landing.land(write("active.jsonl", whole[:-40]))
    assert len(landing.rows("spans")) == 1
    landing.land(write("active.jsonl", whole))
    assert len(landing.rows("spans")) == 2
