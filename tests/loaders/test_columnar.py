"""The columnar reader gives what the specification says, and leaves to the tolerant one what it
would get wrong."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from landed import Landing

from spanmart.formats._otlp.columnar import Columnar
from spanmart.landing.redactor import Redactor, Rule
from spanmart.redaction.identity import Identities
from spanmart.redaction.masking import mask_text
from spanmart.stages import measured, stage


def message(value: dict[str, Any], **more: Any) -> bytes:
    one = {
        "traceId": "0af7651916cd43dd8448eb211c80319c",
        "spanId": "00f067aa0ba902b7",
        "name": "chat",
        "startTimeUnixNano": "1790000000000000000",
        "endTimeUnixNano": "1790000001000000000",
        "attributes": [{"key": "n", "value": value}],
    }
    scope = {"scope": {"name": "s"}, "spans": [one | more]}
    return json.dumps({"resourceSpans": [{"scopeSpans": [scope]}]}).encode() + b"\n"


def attributes(messages: Any) -> list[Any]:
    spans = messages.column("resourceSpans").to_pylist()[0][0]["scopeSpans"][0]["spans"]
    return [each["value"] for each in spans[0]["attributes"]]


def test_integers_as_text_and_as_numbers_are_the_same() -> None:
    reader = Columnar()
    for written in ("12", 12):
        messages = reader.read(message({"intValue": written}), 1)
        assert messages is not None
        assert str(attributes(messages)[0]["intValue"]) == "12"


@pytest.mark.parametrize("written", [1.5, "1.5", 1e300, "12a", 12345678901234567890123])
def test_what_is_no_integer_is_not_made_one(written: object) -> None:
    messages = Columnar().read(message({"intValue": written}), 1)
    # As text it may pass: text is landed as it is. As a number it would have lost its fraction.
    assert messages is None or attributes(messages)[0]["intValue"] == written


@pytest.mark.parametrize("text", ["\x00", "a\x00b"])
def test_a_zero_byte_never_reaches_the_reader(text: str) -> None:
    escaped = message({"stringValue": text})
    assert b"\\u0000" in escaped
    assert Columnar().read(escaped, 1) is None
    assert Columnar().read(escaped.replace(b"\\u0000", b"\x00"), 1) is None


def test_a_zero_byte_is_found_wherever_pieces_meet() -> None:
    for before in range(65_530, 65_542):
        assert Columnar().read(b" " * before + message({"stringValue": "\x00"}), 1) is None


def test_lines_that_are_not_one_message_each_are_left() -> None:
    line = message({"stringValue": "a"}).rstrip(b"\n")
    assert Columnar().read(line + b" " + line + b"\n", 1) is None
    assert Columnar().read(line + b"\n\n", 2) is None
    assert Columnar().read(line + b"\n" + line, 2) is not None


def test_times_as_numbers_and_as_text_land_alike(landing: Landing, tmp_path: Any) -> None:
    start = 1_790_000_000_123_456_789
    for name, time in (("text", str(start)), ("number", start)):
        (tmp_path / name).write_bytes(message({"stringValue": name}, startTimeUnixNano=time))
        landing.land(tmp_path / name)
    assert {row["start_time_unix_nano"] for row in landing.rows("spans")} == {start}


def test_a_batch_of_texts_is_redacted_like_each_alone() -> None:
    texts = [
        "write to jane.doe@example.com",
        "nothing",
        None,
        "",
        json.dumps({"user_id": "u-1", "note": "call +49 30 901820"}),
        "password=hunter2hunter2 " * 40,
        "plain " * 200,
    ]
    redactor = Redactor(Identities(b"key"))
    content = redactor.add(pa.array(texts, pa.string()), Rule.CONTENT)
    names = redactor.add(pa.array(texts[::-1], pa.string()))
    redactor.run()
    hashed, _ = Identities(b"key").in_json(is_content=True)(str(texts[4]))
    alone = [None if text is None else mask_text(text) for text in texts]
    alone[4] = mask_text(hashed)
    assert content.texts.to_pylist() == alone
    assert names.texts.to_pylist()[::-1] == alone
    assert content.counts.tolist()[:4] == [1, 0, 0, 0]
    assert content.counts[5] == 40


def test_stages_add_up_and_cost_nothing_unasked() -> None:
    with stage("unasked"):
        pass
    with measured() as seconds, stage("outer"):
        sum(range(200_000))
        with stage("inner"):
            sum(range(200_000))
    assert set(seconds) == {"other", "outer", "inner"}
    assert all(each >= 0 for each in seconds.values())
    assert "unasked" not in seconds
