"""The shipped exports: whole, small, of many producers and encodings, and as their README says."""

from __future__ import annotations

import gzip
import json
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
import zstandard
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
EXPORTS = EXAMPLES / "exports"


def content(path: Path) -> bytes:
    raw = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(raw)
    if path.suffix == ".zst":
        return zstandard.ZstdDecompressor().decompressobj().decompress(raw)
    return raw


def messages(path: Path) -> Iterator[bytes]:
    data, place = content(path), 0
    if ".be32." in path.name:
        while place < len(data):
            (length,) = struct.unpack_from(">I", data, place)
            yield data[place + 4 : place + 4 + length]
            place += 4 + length
    elif ".varint." in path.name:
        while place < len(data):
            length = shift = 0
            while True:
                byte = data[place]
                place += 1
                length |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
            yield data[place : place + length]
            place += length
    else:
        yield data


def trace_ids(path: Path) -> set[str]:
    if ".jsonl" in path.name:
        text = content(path).decode()
        return {found.lower() for found in re.findall(r'"traceId": ?"([0-9a-fA-F]{32})"', text)}
    return {
        span.trace_id.hex()
        for message in messages(path)
        for resource in ExportTraceServiceRequest.FromString(message).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }


SPAN_FILES = sorted(EXPORTS.glob("*/spans.*"))


def test_there_are_enough_producers_and_encodings() -> None:
    assert len({path.parent for path in SPAN_FILES}) >= 6
    encodings = {re.sub(r"^spans\.otlp\.|\.(gz|zst)$", "", path.name) for path in SPAN_FILES}
    assert encodings == {"jsonl", "pb", "varint.pb", "be32.pb"}
    assert {path.suffix for path in SPAN_FILES} >= {".gz", ".zst", ".pb"}


def test_they_are_small() -> None:
    assert sum(path.stat().st_size for path in EXPORTS.rglob("*") if path.is_file()) < 4_000_000


@pytest.mark.parametrize("path", SPAN_FILES, ids=lambda path: path.parent.name)
def test_every_export_holds_a_whole_run(path: Path) -> None:
    assert 24 <= len(trace_ids(path)) <= 40


def test_feedback_is_about_traces_that_are_there() -> None:
    known = {trace_id for path in SPAN_FILES for trace_id in trace_ids(path)}
    lines = (EXPORTS / "feedback.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    assert len(events) > 100
    assert {event["trace_id"] for event in events} <= known
    assert len({event["feedback_id"] for event in events}) == len(events)


def test_the_setting_names_what_the_exports_carry() -> None:
    setting = yaml.safe_load((EXAMPLES / "vars.yml").read_text())["attribute_aliases"]
    exported = b"".join(content(path) for path in SPAN_FILES)
    for keys in setting.values():
        for key in keys:
            assert key.encode() in exported, key


def test_the_readme_lists_every_folder() -> None:
    text = (EXAMPLES / "README.md").read_text()
    listed = set(re.findall(r"^\| `([a-z0-9_]+)` \|", text, re.MULTILINE))
    assert listed == {path.name for path in EXPORTS.iterdir() if path.is_dir()}
