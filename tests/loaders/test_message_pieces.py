"""Big protobuf messages: cut between records, within bounds, and nothing lost or landed twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from google.protobuf.message import Message
from landed import Landing
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, TracesData
from otlp_samples import (
    attributes,
    length_prefixed,
    log_record,
    logs,
    span,
    traces,
    varint_delimited,
)

from spanmart.bounds import Bounds
from spanmart.formats._otlp import frames, protobuf_reader
from spanmart.formats._otlp.message_pieces import TooLarge, pieces
from spanmart.settings import Settings

Write = Callable[[str, bytes], Path]
# A message may be four times as large as a record.
SMALL = Settings(bounds=Bounds(record_bytes=500))


def message(sizes: list[list[list[int]]]) -> TracesData:
    """Resources of scopes of spans, each span with a text of that many bytes."""
    number = iter(range(1, 1000))
    return TracesData(
        resource_spans=[
            ResourceSpans(
                resource=Resource(attributes=attributes(resource=place)),
                schema_url=f"https://resource/{place}",
                scope_spans=[
                    ScopeSpans(
                        scope=InstrumentationScope(name=f"scope {place}.{inner}"),
                        spans=[span(next(number), {"text": "x" * size}) for size in spans],
                    )
                    for inner, spans in enumerate(scopes)
                ],
            )
            for place, scopes in enumerate(sizes)
        ]
    )


def spans_of(data: TracesData) -> Counter[bytes]:
    """Every span with all that is said around it."""
    return Counter(
        resource.resource.SerializeToString()
        + resource.schema_url.encode()
        + scope.scope.SerializeToString()
        + each.SerializeToString()
        for resource in data.resource_spans
        for scope in resource.scope_spans
        for each in scope.spans
    )


SHAPES = [
    [[[50] * 30]],
    [[[10], [20] * 9, []], [], [[300, 10, 300]]],
    [[[1000]], [[1] * 100]],
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("piece_bytes", [1, 300, 100_000])
def test_the_pieces_together_are_the_message(
    shape: list[list[list[int]]], piece_bytes: int
) -> None:
    whole = message(shape)
    found: Counter[bytes] = Counter()
    for piece in pieces(whole.SerializeToString(), piece_bytes, record_bytes=5000):
        assert isinstance(piece, bytes)
        part = TracesData.FromString(piece)
        found += spans_of(part)
        largest = max((len(each) for each in spans_of(part)), default=0)
        assert sum(map(len, spans_of(part).elements())) <= 3 * (piece_bytes + largest)
    assert found == spans_of(whole)


def test_logs_are_cut_alike() -> None:
    whole = logs(*(log_record(time_unix_nano=number) for number in range(1, 20)))
    cut = list(pieces(whole.SerializeToString(), 200, record_bytes=5000))
    assert len(cut) > 3
    times = [
        record.time_unix_nano
        for piece in cut
        if isinstance(piece, bytes)
        for record in LogsData.FromString(piece).resource_logs[0].scope_logs[0].log_records
    ]
    assert times == list(range(1, 20))


def test_a_record_over_the_bound_is_left_out_and_said_to_be() -> None:
    cut = list(pieces(message([[[10, 900, 10]]]).SerializeToString(), 1, record_bytes=500))
    assert [isinstance(each, TooLarge) for each in cut] == [False, True, False]


@pytest.mark.parametrize("cut_off", [1, 7, 100])
def test_a_damaged_message_stays_in_one_piece(cut_off: int) -> None:
    damaged = message([[[50] * 30]]).SerializeToString()[:-cut_off]
    assert list(pieces(damaged, 100, 5000)) == [damaged]


@pytest.mark.parametrize("encode", [length_prefixed, varint_delimited])
def test_frames_over_the_bound_are_rejected_and_those_behind_them_land(
    landing: Landing, write: Write, encode: Callable[[list[Message]], bytes]
) -> None:
    data = encode([traces(span(1)), traces(span(2, {"text": "x" * 4200})), traces(span(3))])
    result = landing.land(write("a", data), settings=SMALL)
    assert [row["span_id"][-1] for row in landing.rows("spans")] == ["1", "3"]
    [reject] = landing.rows("rejects", keep_lineage=True)
    assert (reject["reason_code"], reject["record_number"]) == ("record_too_large", 2)
    assert result.exit_code == 3


def test_a_frame_that_grows_beyond_the_bound_is_not_inflated(
    landing: Landing, write: Write
) -> None:
    bomb = zstandard.compress(traces(span(2, {"text": "x" * 50_000_000})).SerializeToString())
    frames_ = [traces(span(1)).SerializeToString(), bomb, traces(span(3)).SerializeToString()]
    data = b"".join(len(each).to_bytes(4) + each for each in frames_)
    landing.land(write("a", data), settings=SMALL)
    assert len(landing.rows("spans")) == 2
    [reject] = landing.rows("rejects")
    assert reject["reason_code"] == "record_too_large"
    assert "decompressed more than 2,000 bytes" in reject["reason"]


def test_a_bare_message_is_read_in_parts_and_is_one_record(
    landing: Landing, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "_BARE_BYTES", 200)
    monkeypatch.setattr(protobuf_reader, "BATCH_BYTES", 400)
    whole = message([[[50] * 9], [[10]], [[20, 30]]])
    landing.land(write("a", whole.SerializeToString()), settings=SMALL)
    assert len(landing.rows("spans")) == 12
    rows = landing.rows("spans", keep_lineage=True)
    assert {row["record_number"] for row in rows} == {1}


def test_what_is_whole_of_a_bare_message_that_is_cut_off_lands(
    landing: Landing, write: Write
) -> None:
    # Long enough that the first bytes do not show the cut.
    data = message([[[3000] * 30], [[10]]]).SerializeToString()
    result = landing.land(write("a", data[:-5]))
    assert len(landing.rows("spans")) == 30
    assert result.files[0].load is not None
    [reject] = result.files[0].load.rejects
    assert (reject.reason.code, reject.record_number) == ("truncated_record", 1)
