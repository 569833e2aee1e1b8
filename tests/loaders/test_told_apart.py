"""`attribute_keys` and `resource_hash` of landed spans say of the maps beside them what is true."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
from landed import Landing, untrue
from otlp_samples import json_lines, span, traces

from spanmart.settings import Settings

Write = Callable[[str, bytes], Path]
SAMPLES = Path(__file__).parents[1] / "formats" / "samples"


def spans_of(landing: Landing, what: str) -> list[tuple[int, ...]]:
    path = str(landing.root / "spans" / "*" / "*.parquet")
    return duckdb.execute(f"select {what} from read_parquet(?)", [path]).fetchall()


def test_they_are_true_of_every_format(landing: Landing) -> None:
    landing.land(*(each for each in SAMPLES.glob("*/*") if not each.match("*.golden.json")))
    assert untrue(landing) == []
    spans, formats, keys, resources = spans_of(
        landing,
        "count(*), count(distinct source_format), count(distinct attribute_keys),"
        " count(distinct resource_hash)",
    )[0]
    # A landing in which they could not be wrong would prove nothing.
    assert spans > 100 and formats > 15 and keys > 50 and resources > 10, (
        f"{spans} spans of {formats} formats, {keys} lists of keys, {resources} resources"
    )


def test_they_are_true_of_what_was_derived_masked_and_moved_out(
    landing: Landing, write: Write
) -> None:
    answer = [{"role": "assistant", "parts": [], "finish_reason": "stop"}]
    one = span(
        1,
        {
            "z": "last of the alphabet, first here",
            "gen_ai.output.messages": json.dumps(answer),
            "user.id": "jane",
            "jane.roe@example.org": "a key that holds an address",
            "null": None,
        },
    )
    message = traces(one, span(2, {}))
    message.resource_spans[0].resource.Clear()
    landing.land(write("one.jsonl", json_lines([message])))
    assert untrue(landing) == []
    kinds = {row["attribute_keys"]: row["resource_hash"] for row in landing.rows("spans")}
    assert set(kinds.values()) == {""} and "" in kinds
    keys = max(kinds, key=len).split("\x1f")
    assert keys[0] == "z" and "spanmart.derived.finish_reasons" in keys
    assert "gen_ai.output.messages" not in keys and "jane.roe@example.org" not in keys


def test_a_key_that_holds_the_separator_is_still_one_piece(landing: Landing, write: Write) -> None:
    export = json_lines([traces(span(1, {"a": "1", "b\x1fc": "2", "d": "3"}))])
    landing.land(write("one.jsonl", export))
    (row,) = landing.rows("spans")
    assert list(row["attributes"]) == ["a", "b\x1fc", "d"]
    assert row["attribute_keys"] == "a\x1fb?c\x1fd"


def test_resources_are_told_apart_as_they_landed(landing: Landing, write: Write) -> None:
    said = ["jane.roe@example.org", "joe.doe@example.org", "nobody"]
    messages = [
        traces(span(number), resource={"service.name": "web", "owner": text})
        for number, text in enumerate(said, 1)
    ]
    landing.land(write("one.jsonl", json_lines(messages)))
    # Another file, another batch, other encodings of the same.
    landing.land(write("two.jsonl", json_lines([traces(span(4), resource={"owner": "nobody"})])))
    landing.land(write("three.jsonl", json_lines([messages[2], messages[0], traces(span(5))])))
    assert untrue(landing) == []
    by_span = {row["span_id"][-1]: row["resource_hash"] for row in landing.rows("spans")}
    assert by_span["1"] == by_span["2"]
    assert len({by_span[each] for each in "134"}) == 3 and len(by_span) == 5


def test_one_resource_redacted_in_two_ways_is_two(landing: Landing, write: Write) -> None:
    for number, keys in enumerate([(), ("owner",)], 1):
        export = json_lines([traces(span(number), resource={"owner": "jane"})])
        landing.land(write("one.jsonl", export), settings=Settings(identity_keys=keys))
    one, other = landing.rows("spans")
    assert one["resource_attributes"] != other["resource_attributes"]
    assert one["resource_hash"] != other["resource_hash"]


def test_they_are_true_of_what_is_written_again_without_duplicates(
    landing: Landing, write: Write
) -> None:
    old = [traces(span(number, {f"k{number % 3}": "v"})) for number in range(1, 9)]
    landing.land(write("old.jsonl", json_lines(old)))
    new = [traces(span(number, {f"k{number % 5}": "v"})) for number in range(1, 17)]
    landing.land(write("new.jsonl", json_lines(new)))
    assert untrue(landing) == []
    assert 16 < len(landing.rows("spans")) < 24
