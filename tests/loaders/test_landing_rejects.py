"""What cannot be read is named and counted, and the rest of the file lands. Never a traceback."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from invalid_samples import EXPECTED, INVALID, SPAN_2, UNREADABLE
from landed import Landing
from make_invalid_samples import SAMPLES
from otlp_samples import json_lines, span, traces

from spanmart.rejects import Reason

Write = Callable[[str, bytes], Path]

# No small file holds them; the tests of what bounds them do (test_otlp_documents, of inflating).
WITHOUT_SAMPLE = {"record_too_large", "out_of_order", "decompressed_too_large"}


@pytest.mark.parametrize("sample", EXPECTED)
def test_a_damaged_file_lands_all_but_its_damage(landing: Landing, sample: str) -> None:
    landed, rejected = EXPECTED[sample]
    result = landing.land(INVALID / sample)
    assert result.total("records_landed") == landed
    assert result.total("records_read") == landed + len(rejected)
    if landed:
        table = "feedback" if sample.startswith("feedback") else "spans"
        there = landing.rows(table)
        assert len(there) == landed
        # What can be told of a record with a defect is told, and no more.
        told = SPAN_2.get(sample, {})
        spans_2 = [row for row in there if row.get("span_id") == f"{2:016x}"]
        assert all({name: row[name] for name in told} == told for row in spans_2)
        assert spans_2 or not told
    rows = landing.rows("rejects", keep_lineage=True)
    assert sorted((row["reason_code"], row["record_number"]) for row in rows) == sorted(rejected)
    assert result.exit_code == (3 if rejected else 0)
    codes = {reason.code: reason for reason in Reason}
    for row in rows:
        assert row["reason"].startswith(codes[row["reason_code"]].value)
        assert row["source_file"].endswith(sample)
        assert row["load_id"] == landing.rows("loads", keep_lineage=True)[0]["load_id"]


@pytest.mark.parametrize("sample", UNREADABLE)
def test_a_file_of_something_else_is_named_with_a_reason(landing: Landing, sample: str) -> None:
    result = landing.land(INVALID / sample)
    assert [each.status for each in result.files] == ["unreadable"]
    assert result.files[0].note
    assert result.exit_code == 1
    assert landing.rows("loads") == []


@pytest.mark.parametrize("sample", ["gzip_header_only.jsonl.gz", "truncated.jsonl.zst"])
def test_a_compressed_file_that_ends_before_it_shows_anything_is_called_damaged(
    landing: Landing, sample: str
) -> None:
    [found] = landing.land(INVALID / sample).files
    assert found.note.startswith("corrupt_compression: the compressed data ends early")


@pytest.mark.parametrize("padding", [1, 511, 1 << 17])
def test_zeros_behind_gzip_are_no_damage(landing: Landing, write: Write, padding: int) -> None:
    whole = [json_lines([traces(span(number))]) for number in (1, 2)]
    padded = b"".join(gzip.compress(each) + bytes(padding) for each in whole)
    assert landing.land(write("padded.gz", padded)).exit_code == 0
    assert len(landing.rows("spans")) == 2


def test_what_stands_before_a_fault_in_gzip_lands(landing: Landing, write: Write) -> None:
    lines = json_lines([traces(span(number)) for number in range(1, 41)])
    # Stored, not compressed: 20 lines in, the header of a block that there is no kind of.
    place = len(lines) // 2
    cut = gzip.compress(lines[:place], compresslevel=0)[:-8]
    broken = cut[:10] + b"\x00" + cut[11:] + b"\x07"
    result = landing.land(write("broken.gz", broken))
    assert result.files[0].load is not None
    reasons = {each.reason for each in result.files[0].load.rejects}
    assert Reason.CORRUPT_COMPRESSION in reasons
    assert len(landing.rows("spans")) == lines[:place].count(b"\n")


def test_every_sample_is_expected_and_every_reason_has_a_sample() -> None:
    files = {path.name for path in INVALID.iterdir()}
    assert files == EXPECTED.keys() | set(UNREADABLE)
    met = {code for _, rejects in EXPECTED.values() for code, _ in rejects}
    assert met | WITHOUT_SAMPLE == {reason.code for reason in Reason}


def test_the_samples_are_what_their_script_writes() -> None:
    assert SAMPLES.keys() <= EXPECTED.keys() | set(UNREADABLE)
    for name, content in SAMPLES.items():
        # Parquet and zstd write what their version writes.
        if not name.endswith((".zst", "parquet_file.jsonl")):
            assert (INVALID / name).read_bytes() == content, name


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
    assert "otlp_protobuf (no OTLP messages)" in result.files[0].note
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
