"""A document of any size gives the records that a parser of the whole document gives."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from otlp_samples import span, to_json, traces, varied_spans

from spanmart.formats._otlp import documents, json_cursor, json_reader, tolerant
from spanmart.formats._otlp.brackets import brackets
from spanmart.records import Batch
from spanmart.rejects import Reason

Json = dict[str, Any]

# (resource, scope, record) as JSON, in the order of the file.
Found = list[tuple[str, str, str]]

TEXTS = ["plain", '"', "\\", '\\"', "}{][", '{"a":[', "\\\\", "é🙂", "\n\t", "", "," * 30, "x" * 90]


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes at which a document of a few KB is a big one."""
    monkeypatch.setattr(json_cursor, "WINDOW_BYTES", 256)
    monkeypatch.setattr(documents, "WINDOW_BYTES", 256)
    monkeypatch.setattr(documents, "_PIECE_BYTES", 100)
    monkeypatch.setattr(documents, "_BLOCK_BYTES", 500)


def pieces(content: bytes) -> tuple[list[bytes], list[Any]]:
    """The lines that are given to the reader of lines, and the rejects."""
    lines: list[bytes] = []

    def read_lines(block: bytes, first_number: int) -> Batch:
        assert first_number == len(lines) + rejected() + 1
        assert block.endswith(b"\n")
        lines.extend(block.removesuffix(b"\n").split(b"\n"))
        return Batch()

    rejects: list[Any] = []

    def rejected() -> int:
        return len(rejects)

    for batch in documents.read(content[:100], io.BytesIO(content[100:]), read_lines):
        rejects.extend(batch.rejects)
    return lines, rejects


def records(documents: list[Any]) -> Found:
    """The oracle: what a whole document holds, whatever the order and spelling of its keys."""
    return [
        (_shown(resource.get("resource")), _shown(_scope(scope)), _shown(record))
        for document in documents
        for resource in _any(document, "resourceSpans", "resource_spans", "batches", "resourceLogs")
        for scope in _any(resource, "scopeSpans", "instrumentationLibrarySpans", "scopeLogs")
        for record in _any(scope, "spans", "logRecords")
    ]


def _any(owner: Json, *names: str) -> Iterator[Json]:
    for name in owner:
        if name in names:
            yield from owner[name]


def _scope(scope: Json) -> Any:
    return scope.get("scope", scope.get("instrumentationLibrary"))


def _shown(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, list):
        return [shuffled(each, chance) for each in value]
    if not isinstance(value, dict):
        return value
    keys = list(value)
    chance.shuffle(keys)
    return {key: shuffled(value[key], chance) for key in keys}


def a_document(chance: random.Random) -> Json:
    def span_like() -> Json:
        return {
            "spanId": f"{chance.getrandbits(64):016x}",
            "name": chance.choice(TEXTS),
            "attributes": [
                {"key": chance.choice(TEXTS), "value": {"stringValue": chance.choice(TEXTS)}}
                for _ in range(chance.randrange(4))
            ],
        }

    def scope() -> Json:
        named = {"scope": {"name": chance.choice(TEXTS)}} if chance.random() < 0.8 else {}
        return named | {"spans": [span_like() for _ in range(chance.randrange(8))]}

    def resource() -> Json:
        key = chance.choice(["scopeSpans", "instrumentationLibrarySpans"])
        about = {"resource": {"attributes": [{"key": chance.choice(TEXTS)}]}, "schemaUrl": "]}"}
        if chance.random() < 0.2:
            del about["resource"]
        return about | {key: [scope() for _ in range(chance.randrange(4))]}

    key = chance.choice(["resourceSpans", "batches"])
    return {key: [resource() for _ in range(chance.randrange(4))], "other": [1, {"a": "}"}, None]}


SPACINGS = [{}, {"indent": 2}, {"indent": 0}, {"separators": (",", ":")}, {"ensure_ascii": False}]


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("seed", range(150))
def test_a_document_in_pieces_holds_the_records_of_the_whole(seed: int) -> None:
    chance = random.Random(seed)
    whole = [shuffled(a_document(chance), chance) for _ in range(chance.randrange(1, 4))]
    spacing = chance.choice(SPACINGS)
    if chance.random() < 0.4:
        content = json.dumps(whole, **spacing).encode()
    else:
        content = b"\n".join(json.dumps(each, **spacing).encode() for each in whole)
    lines, rejects = pieces(content)
    assert rejects == []
    assert sorted(records([json.loads(line) for line in lines])) == sorted(records(whole))
    # A line is a piece, but for the resource around it and one record that is longer.
    assert all(len(line) < 3_000 for line in lines)


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("seed", range(150))
def test_a_truncated_document_gives_what_is_whole_and_one_reject(seed: int) -> None:
    chance = random.Random(seed)
    whole = a_document(chance)
    content = json.dumps(whole, **chance.choice(SPACINGS)).encode()
    cut = content[: chance.randrange(1, len(content) - 1)].rstrip()
    lines, rejects = pieces(cut)
    assert [each.reason for each in rejects] == [Reason.TRUNCATED_RECORD]
    there = records([json.loads(line) for line in lines])
    # With its keys in order, a record that is whole is there (but for those of a scope that has
    # none, which cannot be told from one that is yet to come), and nothing else is.
    assert there == [each for each in records([whole]) if each in there]
    missing = len(records([whole])) - len(there)
    ends = [place for place in range(len(cut)) if cut.startswith(b'"spanId"', place)]
    assert missing <= len(records([whole])) - max(len(ends) - 1, 0) or "null" in str(
        [each[:2] for each in records([whole])]
    )


@given(st.text(alphabet='{}[]"\\a,', max_size=60), st.integers(0, 60))
@settings(max_examples=300, deadline=None)
def test_brackets_are_those_outside_strings_however_the_text_is_cut(text: str, cut: int) -> None:
    expected, depth, in_string, escaping = [], 0, False, False
    for place, letter in enumerate(text):
        was_escaping, escaping = escaping, letter == "\\" and not escaping
        if letter == '"' and not was_escaping:
            in_string = not in_string
        elif letter in "{}[]" and not in_string:
            depth += 1 if letter in "{[" else -1
            expected.append((place, depth))
    first = brackets(text[:cut].encode())
    second = brackets(text[cut:].encode(), first.in_string, first.is_escaping)
    found = list(zip(first.places.tolist(), first.depths.tolist(), strict=True))
    found += [
        (place + len(text[:cut]), depth + first.depth)
        for place, depth in zip(second.places.tolist(), second.depths.tolist(), strict=True)
    ]
    assert found == expected
    assert (second.in_string, second.is_escaping) == (in_string, escaping)


@pytest.mark.usefixtures("small_windows")
def test_a_big_document_reads_as_a_small_one_does() -> None:
    message = to_json(
        traces(*[each for number in range(20) for each in varied_spans(2 * number + 1)])
    )
    content = json.dumps(message, indent=1).encode()

    def names(batches: Iterator[Batch]) -> list[str]:
        return [
            name
            for batch in batches
            for each in batch.records
            for name in each.columns.column("name").to_pylist()
        ]

    small = names(json_reader.read(io.BytesIO(content)))
    big = names(documents.read(b"", io.BytesIO(content), json_reader.read_lines))
    assert len(small) == 40
    assert big == small


def test_one_odd_span_of_a_document_costs_its_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_PIECE_BYTES", 2000)
    parsed: list[bytes] = []
    parse = tolerant.parse
    monkeypatch.setattr(tolerant, "parse", lambda line: parsed.append(line) or parse(line))
    message: Any = to_json(traces(*[span(number) for number in range(1, 501)]))
    message["resourceSpans"][0]["scopeSpans"][0]["spans"][250]["kind"] = "SPAN_KIND_CLIENT"
    content = io.BytesIO(json.dumps(message).encode())
    batches = list(documents.read(b"", content, json_reader.read_lines))
    assert sum(len(each) for batch in batches for each in batch.records) == 500
    # The odd piece, and those of the few that were tried together with it.
    assert 0 < len(b"".join(parsed)) < 8 * 2500


@pytest.mark.usefixtures("small_windows")
def test_a_record_over_the_bound_is_rejected_and_the_others_land(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from spanmart.bounds import READING, Bounds

    huge = span(2, {"text": 'a"}]\\' * 2000})
    content = json.dumps(to_json(traces(span(1), huge, span(3)))).encode()
    token = READING.set(Bounds(record_bytes=2000))
    try:
        lines, rejects = pieces(content)
    finally:
        READING.reset(token)
    assert [each.reason for each in rejects] == [Reason.RECORD_TOO_LARGE]
    assert [
        json.loads(each[2])["name"] for each in records([json.loads(one) for one in lines])
    ] == [
        "span 1",
        "span 3",
    ]


@pytest.mark.usefixtures("small_windows")
def test_records_too_far_before_their_resource_are_rejected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(documents, "_WAITING_BYTES", 1000)
    message = to_json(traces(*[span(number) for number in range(1, 200)]))
    [resource] = message["resourceSpans"]  # type: ignore[misc]
    late = {
        "resourceSpans": [{"scopeSpans": resource["scopeSpans"], "resource": resource["resource"]}]
    }
    lines, rejects = pieces(json.dumps(late).encode())
    assert {each.reason for each in rejects} == {Reason.OUT_OF_ORDER}
    there = records([json.loads(line) for line in lines])
    assert 0 < len(there) < 199
    # None lands without the resource that it has.
    assert {each[0] for each in there} == {_shown(resource["resource"])}


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize(
    ("content", "reasons"),
    [
        (b'{"a": 1} stray\n{"a": 1}', [Reason.NOT_JSON]),
        (b'{"resourceSpans": [}\n{"a": 1}', [Reason.NOT_JSON]),
        (b"[" * 1000, [Reason.NOT_JSON]),
        (b"{" * 1000, [Reason.NOT_JSON]),
        (b'{"resourceSpans": [' + b"[" * 1000, [Reason.NOT_JSON]),
        (b"]\n{]\n" * 500, [Reason.NOT_JSON] * documents._MAX_STRAY_TEXTS),
        (b'{"' + b"a" * 1000, [Reason.NOT_JSON]),
        (b'{"a": "' + b"\\\\" * 1000, [Reason.TRUNCATED_RECORD]),
        (b'{"a": tru', [Reason.TRUNCATED_RECORD]),
        (b'{"resourceSpans": [1, "' + b"x" * 1000 + b'", {}], "a": 1}', [Reason.NOT_JSON]),
        (b" \n", []),
        (b"", []),
    ],
)
def test_text_that_is_no_document_ends_in_rejects(content: bytes, reasons: list[Reason]) -> None:
    _, rejects = pieces(content)
    assert [each.reason for each in rejects] == reasons
