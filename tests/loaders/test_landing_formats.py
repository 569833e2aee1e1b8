"""The registry of formats: found by file name, told apart by content, never by order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from landed import Landing
from otlp_samples import ENCODINGS, json_lines, log_record, logs, span, traces

from spanmart import formats
from spanmart.formats._head import CLAIMED, Head

Write = Callable[[str, bytes], Path]


def test_every_module_is_a_format() -> None:
    assert {"feedback_events", "otlp_json", "otlp_protobuf"} <= set(formats.names())
    for name in formats.names():
        module = formats.named(name)
        assert callable(module.sniff) and callable(module.read) and module.ABOUT.title


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("message", [traces(span()), logs(log_record())], ids=["traces", "logs"])
def test_every_encoding_is_claimed_by_one_format(encoding: str, message: object) -> None:
    head = ENCODINGS[encoding]([message])  # type: ignore[list-item]
    expected = "otlp_json" if "json" in encoding and "zstd" not in encoding else "otlp_protobuf"
    assert formats.name_of(formats.detect(Head(head))) == expected


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"hello world\n",
        b"# A title\n\ntext\n",
        b"a,b,c\n1,2,3\n",
        b'{"name": "x", "kind": "y"}\n',
        b'{"data": [{"traceID": "1"}]}',
        b'[\n  {\n    "modelName": "gpt-4o",\n    "prices": {"input": 0.0000025}\n  }\n]\n',
        b"PAR1" + bytes(100),
        bytes(range(256)),
        b"\x00\x00\x00\x05hello",
        b"%PDF-1.7\n",
        b"SQLite format 3\x00" + bytes(100),
        b'{"comment": "a text with \\"resourceSpans\\": [ in it"}\n',
    ],
)
def test_other_files_are_claimed_by_none(head: bytes) -> None:
    with pytest.raises(formats.UnknownFormat, match=r"tried: .*otlp_json"):
        formats.detect(Head(head))


def test_two_claims_are_an_error_that_names_both(monkeypatch: pytest.MonkeyPatch) -> None:
    from spanmart.formats import feedback_events

    monkeypatch.setattr(feedback_events, "sniff", lambda head: CLAIMED)
    with pytest.raises(formats.AmbiguousFormat, match="feedback_events and by otlp_json"):
        formats.detect(Head(json_lines([traces(span())])))


def test_a_format_of_ones_own_comes_by_dotted_path(
    landing: Landing, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spanmart.formats import otlp_json

    own = ModuleType("acme.exports")
    own.sniff, own.read = otlp_json.sniff, otlp_json.read  # type: ignore[attr-defined]
    monkeypatch.setitem(__import__("sys").modules, "acme", ModuleType("acme"))
    monkeypatch.setitem(__import__("sys").modules, "acme.exports", own)
    landing.land(write("a", json_lines([traces(span())])), format="acme.exports")
    assert landing.rows("loads", keep_lineage=True)[0]["source_format"] == "acme.exports"


def test_a_format_that_is_not_there_is_an_error_that_names_those_that_are() -> None:
    with pytest.raises(formats.UnknownFormat, match=r"known: .*feedback_events"):
        formats.named("nope")
