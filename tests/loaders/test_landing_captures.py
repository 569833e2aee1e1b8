"""Real exports of real libraries land whole: counted against the files themselves, encoding against
encoding."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from landed import Landing
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "captures"
FILES = sorted(CAPTURES.glob("*/*.otlp*.jsonl"))
PROTOBUF = sorted(CAPTURES.glob("*/*.lenpb"))

pytestmark = [
    pytest.mark.skipif(not FILES, reason="the captured exports (../shared/captures) are not there"),
]


def records_in(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    """Spans and log records by plain JSON, knowing nothing of the loader."""
    for line in path.read_text(encoding="utf-8").splitlines():
        document = json.loads(line)
        for top, middle, leaf in (
            ("resourceSpans", "scopeSpans", "spans"),
            ("resourceLogs", "scopeLogs", "logRecords"),
        ):
            for resource in document.get(top, []):
                for scope in resource[middle]:
                    for record in scope[leaf]:
                        yield leaf, record


def spans_in_protobuf(path: Path) -> Iterator[str]:
    data = path.read_bytes()
    position = 0
    while position < len(data):
        length = shift = 0
        while True:
            byte = data[position]
            position += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        message = TracesData.FromString(data[position : position + length])
        position += length
        for resource in message.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    yield span.span_id.hex()


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_record_of_a_capture_lands(landing: Landing, path: Path) -> None:
    result = landing.land(path)
    assert result.exit_code == 0
    found = list(records_in(path))
    spans = [str(record["spanId"]) for leaf, record in found if leaf == "spans"]
    assert sorted(row["span_id"] for row in landing.rows("spans")) == sorted(spans)
    # Evaluations are feedback; the captures hold none.
    assert len(landing.rows("log_records")) == len(found) - len(spans)
    attributes = {
        str(record["spanId"]): {each["key"] for each in record.get("attributes", [])}  # type: ignore[attr-defined]
        for leaf, record in found
        if leaf == "spans"
    }
    for row in landing.rows("spans"):
        refs = [ref["attribute_key"] for ref in row["artifact_refs"]]
        own = {key for key in row["attributes"] if not key.startswith("spanmart.derived.")}
        on_span = own | {key for key in refs if not key.startswith("event:")}
        assert on_span == attributes[row["span_id"]]


@pytest.mark.parametrize("path", PROTOBUF, ids=lambda path: path.parent.name)
def test_protobuf_and_json_lines_of_a_capture_give_the_same_rows(
    new_landing: Callable[[], Landing], path: Path
) -> None:
    protobuf, lines = new_landing(), new_landing()
    protobuf.land(path)
    lines.land(path.with_suffix(".jsonl"))
    rows = protobuf.rows("spans")
    assert sorted(row["span_id"] for row in rows) == sorted(spans_in_protobuf(path))
    assert rows == lines.rows("spans")
    assert protobuf.rows("artifacts") == lines.rows("artifacts")


def test_landing_a_capture_in_both_encodings_lands_it_once(landing: Landing) -> None:
    path = PROTOBUF[0]
    landing.land(path)
    result = landing.land(path.with_suffix(".jsonl"))
    assert result.total("records_landed") == 0
    assert result.total("records_duplicate") == len(landing.rows("spans"))


def test_every_reference_has_its_artifact(landing: Landing) -> None:
    landing.land(CAPTURES)
    parquet = str(landing.root / "{}" / "*" / "*.parquet")
    missing = duckdb.execute(
        "select count(*) from"
        " (select unnest(artifact_refs).artifact_id as artifact_id from read_parquet(?))"
        " where artifact_id not in (select artifact_id from read_parquet(?))",
        [parquet.format("spans"), parquet.format("artifacts")],
    ).fetchone()
    assert missing == (0,)
    twice = duckdb.execute(
        "select count(*) - count(distinct artifact_id) from read_parquet(?)",
        [parquet.format("artifacts")],
    ).fetchone()
    assert twice == (0,)
    for load in landing.rows("loads"):
        parts = (load["records_landed"], load["records_duplicate"], load["records_rejected"])
        assert load["records_read"] == sum(parts)
