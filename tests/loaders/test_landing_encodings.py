"""The same records in any encoding and compression land as the same rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from google.protobuf.message import Message
from landed import SECRET, Landing, Row
from otlp_samples import (
    COMPRESSIONS,
    ENCODINGS,
    json_lines,
    log_record,
    logs,
    recursive_spans,
    span,
    traces,
    varied_spans,
)

Write = Callable[[str, bytes], Path]

TRACES = [traces(*varied_spans(1)), traces(*recursive_spans(11)), traces(*varied_spans(21))]
LOGS = [
    logs(
        log_record({"event.name": "app.started", "n": 1}, severity_text="INFO"),
        log_record({}, severity_number=17, observed_time_unix_nano=5, time_unix_nano=0),
    ),
]

MESSAGES: dict[str, list[Message]] = {"traces": TRACES, "logs": LOGS}


def rows_of(landing: Landing, path: Path) -> dict[str, list[Row]]:
    result = landing.land(path)
    assert result.exit_code == 0, [each.note for each in result.files]
    return {table: landing.rows(table) for table in ("spans", "log_records", "artifacts")}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[Row]]]:
    """The rows of plain JSON Lines, which the tests below read one by one."""
    rows = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPANMART_HASH_KEY", SECRET)
        for name, messages in MESSAGES.items():
            folder = tmp_path_factory.mktemp(name)
            (folder / "export").write_bytes(json_lines(messages))
            rows[name] = rows_of(Landing(folder / "landing"), folder / "export")
    return rows


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", MESSAGES)
def test_every_encoding_and_compression_gives_the_same_rows(
    landing: Landing,
    write: Write,
    expected: dict[str, dict[str, list[Row]]],
    name: str,
    encoding: str,
    compression: str,
) -> None:
    content = COMPRESSIONS[compression](ENCODINGS[encoding](MESSAGES[name]))
    # A name that says nothing: detection sees content only.
    assert rows_of(landing, write("other", content)) == expected[name]
    assert expected[name]["spans" if name == "traces" else "log_records"]


def test_values_land_as_the_documented_texts(landing: Landing, write: Write) -> None:
    landing.land(write("a", json_lines([traces(*varied_spans())])))
    row = next(row for row in landing.rows("spans") if row["name"] == "span 1")
    assert row["attributes"] == {
        "text": 'quotes " back\\slash \n Größe 日本語 🙂',
        "empty": "",
        "int": "9007199254740993",
        "negative": "-5",
        "zero": "0",
        "double": "0.1",
        "whole": "2",
        "tiny": "1e-9",
        "true": "true",
        "false": "false",
        "bytes": "AP8Q",
        "strings": '["a","b\\"","c\\\\"]',
        "numbers": "[1,-2,9007199254740993]",
        "mixed": '["a",1,0.5,true,"AQ=="]',
        "nothing": "[]",
        "not set": None,
    }
    assert row["events"] == [
        {"time_unix_nano": 1790000000123456794, "name": "retry", "attributes": {"attempt": "2"}}
    ]
    assert row["links"] == [{"trace_id": "01" * 16, "span_id": "02" * 8, "attributes": {}}]
    assert (row["status_code"], row["status_message"], row["kind"]) == (
        "error",
        "no luck",
        "client",
    )
    assert row["resource_attributes"] == {"service.name": "copilot"}
    assert (row["scope_name"], row["scope_version"], row["flags"]) == ("tests", "1.2", 257)
    assert row["parent_span_id"] is None


def test_recursive_values_are_not_lost(landing: Landing, write: Write) -> None:
    landing.land(write("a", json_lines([traces(*recursive_spans())])))
    attributes = {row["name"]: row["attributes"] for row in landing.rows("spans")}
    assert attributes == {
        "span 11": {
            "tree": '{"a":[1,{"b":"c"}],"n":1152921504606846976}',
            "matrix": '[[1,2],["x"]]',
        },
        "span 12": {"rows": '[{"id":"kb-1","score":0.5}]', "plain": "kept"},
    }


def test_one_file_may_hold_traces_and_logs(landing: Landing, write: Write) -> None:
    both = json_lines([traces(span())]).strip()[:-1] + b"," + json_lines(LOGS).strip()[1:]
    result = landing.land(write("both.json", both))
    assert (len(landing.rows("spans")), len(landing.rows("log_records"))) == (1, 2)
    assert result.total("records_landed") == 3


def test_frames_of_one_file_may_hold_traces_and_logs(landing: Landing, write: Write) -> None:
    landing.land(write("both.binpb", ENCODINGS["length_prefixed"]([traces(span()), *LOGS])))
    assert (len(landing.rows("spans")), len(landing.rows("log_records"))) == (1, 2)


def test_the_record_number_is_the_line(landing: Landing, write: Write) -> None:
    landing.land(
        write("a", b"\n" + json_lines([traces(span(1))]) + b"\n\n" + json_lines([traces(span(2))]))
    )
    numbers = {
        row["name"]: row["record_number"] for row in landing.rows("spans", keep_lineage=True)
    }
    assert numbers == {"span 1": 2, "span 2": 5}


def test_a_message_larger_than_a_block_lands_whole(
    landing: Landing, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spanmart.formats._otlp.json_reader.BLOCK_BYTES", 500)
    spans = [span(number, {"n": number}) for number in range(1, 41)]
    content = json_lines([traces(*spans[:20]), *(traces(each) for each in spans[20:])])
    landing.land(write("a", content))
    assert {row["attributes"]["n"] for row in landing.rows("spans")} == {
        str(n) for n in range(1, 41)
    }
