"""Whatever a file holds: no exception, an end, a balanced ledger, a readable landing, no secret.

Runs a bounded number of examples; `SPANMART_FUZZ_EXAMPLES=5000 pytest tests/loaders/test_fuzz.py`
runs it longer.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from invalid_samples import INVALID
from landed import Landing
from otlp_samples import (
    ENCODINGS,
    attributes,
    log_record,
    logs,
    recursive_spans,
    span,
    traces,
    varied_spans,
)

EXAMPLES = int(os.environ.get("SPANMART_FUZZ_EXAMPLES", "60"))
# Every table that holds text from outside.
TABLES = ("spans", "log_records", "feedback", "artifacts", "rejects", "loads")
# A GitHub token: known by its form alone, wherever it stands on its own.
SECRET = "ghp_" + "Zx81kQ3vT9wLm2Rb7Yc5" + "Nd4Hf6Js8Kg0Pq1W"
SHOWN = re.compile(rf"(?<![A-Za-z0-9_]){SECRET}(?![A-Za-z0-9_])")

MESSAGES = [
    traces(*varied_spans(), span(3, {"note": f"use {SECRET} for it"}, name=f"call {SECRET} now")),
    traces(*recursive_spans(), span(4, {SECRET: "key", "input": f'{{"token": "{SECRET}"}}'})),
    logs(log_record(body=attributes(body=f"failed with {SECRET} today")[0].value)),
]
FEEDBACK = (
    b"occurred_at,trace_id,kind,source,score,comment\n"
    b"2026-01-02T03:04:05Z,0af7651916cd43dd8448eb211c80319c,rating,user,4,it shows "
    + SECRET.encode()
    + b" there\n"
)
WHOLE = [encode(MESSAGES[:2]) for encode in ENCODINGS.values()] + [
    ENCODINGS["json_lines"](MESSAGES),
    ENCODINGS["length_prefixed"](MESSAGES[2:]),
    FEEDBACK,
]
SAMPLES = WHOLE + [path.read_bytes() for path in sorted(INVALID.iterdir())]
TOKENS = [
    *(bytes([each]) for each in b'{}[]"\\,:\n\r\x00\xff'),
    *(b"", b"\xef\xbb\xbf", b"null", b"true", b"NaN", b"1e999", b"-1", b"9" * 25, b"\\u0000"),
    *(b"\\ud800", b'""', b"{}", b"[]", b"[" * 2000, b'{"a":' * 2000, b"\xff" * 4, b"\x0a" * 9),
    *(b"x" * 5000, b'"resourceSpans":', b'"spans":[', b'"kvlistValue":{"values":['),
    *(b"\x28\xb5\x2f\xfd", b"\x1f\x8b"),
]

# Where (a share of the length), how much goes, and what comes instead.
EDIT = st.tuples(
    st.floats(0, 1, exclude_max=True),
    st.sampled_from([0, 0, 1, 1, 2, 8, 100]),
    st.one_of(st.sampled_from(TOKENS), st.binary(max_size=8)),
)


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """A sample with a few edits, perhaps with another behind it, cut, and compressed."""
    content = draw(st.sampled_from(SAMPLES))
    for place, gone, new in draw(st.lists(EDIT, min_size=0, max_size=4)):
        start = int(place * len(content))
        content = content[:start] + new + content[start + gone :]
    content += draw(st.sampled_from([b"", b"", b"\n"]))
    content += draw(st.sampled_from([b""] * len(SAMPLES) + SAMPLES))
    content = draw(st.sampled_from([bytes, bytes, gzip.compress, zstandard.compress]))(content)
    kept = draw(st.sampled_from([1.0, 1.0, 1.0, 0.99, 0.9, 0.5]))
    return content[: int(kept * len(content))]


NAMES = st.sampled_from(
    [
        *("resourceSpans", "resource_spans", "batches", "resourceLogs", "resource", "scopeSpans"),
        *("scopeLogs", "spans", "logRecords", "instrumentationLibrarySpans", "scope", "name"),
        *("version", "attributes", "key", "value", "stringValue", "intValue", "doubleValue"),
        *("boolValue", "bytesValue", "arrayValue", "kvlistValue", "values", "traceId", "spanId"),
        *("parentSpanId", "kind", "status", "code", "message", "startTimeUnixNano", "events"),
        *("timeUnixNano", "links", "body", "flags", "severityNumber"),
    ]
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from([SECRET, "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7", "NaN"]),
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)


@st.composite
def structures(draw: st.DrawFn) -> bytes:
    """OTLP/JSON in which anything may stand anywhere."""
    attribute = st.one_of(JSON, st.fixed_dictionaries({"key": LEAVES, "value": JSON}))
    record = st.fixed_dictionaries(
        {"traceId": LEAVES, "spanId": LEAVES},
        optional={
            "name": JSON,
            "kind": JSON,
            "startTimeUnixNano": JSON,
            "attributes": st.one_of(JSON, st.lists(attribute, max_size=3)),
            "events": JSON,
            "links": JSON,
            "status": JSON,
            "flags": JSON,
            "body": JSON,
        },
    )
    records = st.one_of(JSON, st.lists(st.one_of(JSON, record), max_size=3))
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        scope = {"scope": draw(JSON), draw(st.sampled_from(["spans", "logRecords"])): draw(records)}
        resource = {
            "resource": draw(JSON),
            draw(st.sampled_from(["scopeSpans", "scopeLogs", "scope_spans"])): [scope, draw(JSON)],
        }
        top = draw(st.sampled_from(["resourceSpans", "resourceLogs", "batches"]))
        lines.append(json.dumps({top: [resource]}, indent=draw(st.sampled_from([None, None, 1]))))
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def rows_of(landing: Landing, table: str) -> list[dict[str, Any]]:
    files = sorted((landing.root / table).glob("*/*.parquet"))
    return [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]


def check(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export"
        path.write_bytes(content)
        landing = Landing(Path(folder) / "landing")
        result = landing.land(path)
        [file] = result.files
        assert "cannot be landed" not in file.note, file.note
        assert not SHOWN.search(file.note)
        if file.status != "landed":
            return
        rows = {table: rows_of(landing, table) for table in TABLES}
        [load] = rows["loads"]
        landed = sum(len(rows[table]) for table in ("spans", "log_records", "feedback"))
        assert load["records_landed"] == landed
        assert load["records_rejected"] == len(rows["rejects"])
        assert load["records_read"] == (
            load["records_landed"] + load["records_duplicate"] + load["records_rejected"]
        )
        for table in TABLES:
            assert not SHOWN.search(repr(rows[table])), table


BOUNDED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="SPANMART_FUZZ_EXAMPLES" not in os.environ,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.heavy
@BOUNDED
@given(mutations())
def test_no_mutation_of_a_file_breaks_landing(content: bytes) -> None:
    check(content)


@pytest.mark.heavy
@BOUNDED
@given(structures())
def test_no_structure_of_json_breaks_landing(content: bytes) -> None:
    check(content)


def test_the_planted_secret_is_there_to_be_found() -> None:
    """The files that are mutated hold the secret as it is; without masks the search finds it."""
    readable = [each for each in WHOLE if SHOWN.search(each.decode("utf-8", "replace"))]
    assert len(readable) >= len(WHOLE) - 2  # the zstd ones hide it
