"""What is over a bound is cut with a mark or left out, counted on its record, and nothing else
changes."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from otlp_samples import START, attributes, json_lines, log_record, logs, span, traces

from spanmart.bounds import READING, Bounds
from spanmart.formats._otlp import json_reader
from spanmart.landing import limits
from spanmart.landing.limits import cut, limited
from spanmart.privacy.unusable import UnusableSetting
from spanmart.records import Records
from spanmart.redaction.masking import mask_text
from spanmart.rejects import Reason

SMALL = Bounds(
    value_bytes=200, text_bytes=100, key_bytes=64, attributes=5, events=3, links=2,
    resource_attributes=4,
)  # fmt: skip


def read(*messages: object) -> Records:
    [records] = next(json_reader.read(io.BytesIO(json_lines(messages)))).records  # type: ignore[arg-type]
    return records


def attributes_of(records: Records) -> list[dict[str, str | None]]:
    return [dict(row) for row in records.attributes.to_maps(len(records)).to_pylist()]


def test_records_within_the_bounds_come_back_as_they_are() -> None:
    records = read(traces(span(1, {"a": "x" * 200}), span(2)))
    same, counts = limited(records, SMALL)
    assert same is records
    assert not counts


def test_a_long_value_is_cut_with_a_mark_and_counted_on_its_record() -> None:
    records = read(traces(span(1, {"a": "short"}), span(2, {"a": "é" * 500, "b": "x" * 201})))
    new, counts = limited(records, SMALL)
    first, second = attributes_of(new)
    assert first == {"a": "short"}
    assert second[limits.CUT_VALUES] == "2"
    assert counts == {limits.CUT_VALUES: 2}
    for key, letter, size in (("a", "é", 2), ("b", "x", 1)):
        text = second[key]
        assert text is not None
        kept = text.count(letter)
        left_out = (500 if key == "a" else 201) * size - kept * size
        assert text == letter * kept + f"…[cut: {left_out:,} bytes]"
        assert 150 < len(text.encode()) <= 200


def test_surplus_attributes_events_and_links_are_left_out_and_counted() -> None:
    event = Span.Event(time_unix_nano=START, name="chunk", attributes=attributes(a=1))
    link = Span.Link(trace_id=b"\x01" * 16, span_id=b"\x02" * 8)
    big = span(2, {f"k{n}": n for n in range(9)}, events=[event] * 7, links=[link] * 3)
    new, counts = limited(read(traces(span(1, {"a": 1}), big, span(3, events=[event] * 3))), SMALL)
    assert attributes_of(new) == [
        {"a": "1"},
        {f"k{n}": str(n) for n in range(5)}
        | {
            limits.DROPPED_ATTRIBUTES: "4",
            limits.DROPPED_EVENTS: "4",
            limits.DROPPED_LINKS: "1",
        },
        {},
    ]
    assert counts == {
        limits.DROPPED_ATTRIBUTES: 4,
        limits.DROPPED_EVENTS: 4,
        limits.DROPPED_LINKS: 1,
    }
    assert new.events is not None and new.links is not None
    assert new.events.owner.tolist() == [1, 1, 1, 2, 2, 2]
    assert new.events.columns.num_rows == 6
    assert new.events.attributes.owner.tolist() == list(range(6))
    assert new.links.owner.tolist() == [1, 1]


def test_what_is_cut_in_an_event_is_counted_on_its_span() -> None:
    event = Span.Event(name="n" * 300, attributes=attributes(a="x" * 300))
    new, counts = limited(read(traces(span(1), span(2, events=[event]))), SMALL)
    assert attributes_of(new) == [{}, {limits.CUT_VALUES: "2"}]
    assert counts == {limits.CUT_VALUES: 2}
    assert new.events is not None
    assert "…[cut: " in new.events.columns.column("name")[0].as_py()


def test_resources_names_bodies_and_keys_have_bounds_too() -> None:
    about: dict[str, object] = {f"k{n}": "v" for n in range(6)}
    new, counts = limited(read(traces(span(1, name="n" * 500), resource=about)), SMALL)
    resource = dict(new.resources.to_maps(1).to_pylist()[0])
    assert resource == {f"k{n}": "v" for n in range(4)} | {limits.DROPPED_ATTRIBUTES: "2"}
    assert len(new.columns.column("name")[0].as_py().encode()) <= 100
    assert counts == {limits.DROPPED_ATTRIBUTES: 2, limits.CUT_VALUES: 1}

    new, counts = limited(read(traces(span(1, {"k" * 100: "v"}))), SMALL)
    assert counts == {limits.CUT_VALUES: 1}
    assert all(len(key.encode()) <= 64 for key in new.attributes.key.to_pylist())

    body = attributes(body="b" * 300)[0].value
    new, counts = limited(read(logs(log_record(body=body))), SMALL)
    assert counts == {limits.CUT_VALUES: 1}
    assert new.body is not None and len(new.body[0].as_py().encode()) <= 200


SECRETS = {
    "api key": "sk-proj-Zx81" + "kQ3vT9wLm2" * 4,
    "e-mail": "margaret.holloway@example-mail.com",
    "card": "4111 1111 1111 1111",
    "token": "ghp_" + "A1b2C3d4E5f6" * 3,
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFU",
}


@pytest.mark.parametrize("name", SECRETS)
def test_no_part_of_a_secret_is_left_by_a_cut_through_it(name: str) -> None:
    secret = SECRETS[name]
    assert secret not in mask_text(f"see {secret} there"), "the detectors know it when it is whole"
    before = "lorem ipsum " * 20 + "w" * 100 + " "
    text = before + secret + " dolor" * 500
    for most in range(len(before) - 10, len(before) + len(secret) + 60):
        shown = mask_text(cut(text, most))
        longest = max(length for length in range(len(secret) + 1) if secret[:length] in shown)
        assert longest <= 3, shown[-80:]


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=70, max_size=400),
    st.integers(64, 300),
)
@settings(max_examples=150, deadline=None)
def test_a_cut_text_is_the_start_of_the_text_and_fits(text: str, most: int) -> None:
    new = cut(text, most)
    assert len(new.encode()) <= max(most, 0) or new == text
    if len(text.encode()) <= most:
        assert new == text
    else:
        kept, _, mark = new.rpartition("…[cut: ")
        assert text.startswith(kept)
        left_out = int(mark.removesuffix(" bytes]").replace(",", ""))
        assert left_out == len(text.encode()) - len(kept.encode())


def test_the_mark_of_a_cut_is_no_secret() -> None:
    for size in (1, 999, 12_345, 1_234_567, 4_111_111_111_111_111):
        assert mask_text(limits._mark(size)) == limits._mark(size)


def test_bounds_come_from_the_environment_and_wrong_ones_are_named() -> None:
    given_bounds = Bounds.from_environment({"SPANMART_MAX_EVENTS": "7", "OTHER": "x"})
    assert given_bounds == replace(Bounds(), events=7)
    for text in ("", "-1", "many", "0", "1e3", str(1 << 31)):
        with pytest.raises(UnusableSetting, match="SPANMART_MAX_EVENTS"):
            Bounds.from_environment({"SPANMART_MAX_EVENTS": text})
    with pytest.raises(UnusableSetting, match="value_bytes"):
        Bounds.from_environment({"SPANMART_MAX_VALUE_BYTES": "10"})


@pytest.mark.parametrize(("depth", "rejected"), [(9, []), (12, [Reason.TOO_DEEP])])
def test_nesting_beyond_the_bound_is_a_reject(depth: int, rejected: list[Reason]) -> None:
    value: object = "leaf"
    for _ in range(depth):
        value = {"k": value}
    token = READING.set(Bounds(depth=10))
    try:
        content = io.BytesIO(json_lines([traces(span(1, {"v": value})), traces(span(2))]))
        batches = list(json_reader.read(content))
    finally:
        READING.reset(token)
    assert [each.reason for batch in batches for each in batch.rejects] == rejected
    landed = sum(len(each) for batch in batches for each in batch.records)
    assert landed == 2 - len(rejected)


def test_looking_at_lengths_costs_no_copy() -> None:
    """Columns that hold nothing over the bounds are handed on, not rebuilt."""
    records = read(traces(*[span(n, {"a": "x" * 100}) for n in range(1, 50)]))
    new, _ = limited(records, replace(SMALL, events=1))
    assert (
        new.attributes.value.buffers()[2].address == records.attributes.value.buffers()[2].address
    )
    assert isinstance(new.attributes.value, pa.Array)
    assert np.shares_memory(new.attributes.owner, records.attributes.owner)
