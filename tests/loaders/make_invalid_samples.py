"""Writes the malformed samples: `python tests/loaders/make_invalid_samples.py`.

Each is one good file with one defect, which its name tells. The good records around the defect are
spans 1 and 2, so that what lands can be said beforehand (invalid_samples.py says it).
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from otlp_samples import (
    json_lines,
    length_prefixed,
    span,
    to_json,
    traces,
    varint,
    varint_delimited,
)

INVALID = Path(__file__).parent / "samples" / "invalid"


def line(number: int) -> bytes:
    return json_lines([traces(span(number))])


def document(number: int = 2, **fields: Any) -> dict[str, Any]:
    """A message as JSON, with fields of its one span replaced."""
    message: Any = to_json(traces(span(number)))
    message["resourceSpans"][0]["scopeSpans"][0]["spans"][0] |= fields
    return message  # type: ignore[no-any-return]


def as_line(message: Any) -> bytes:
    return json.dumps(message).encode() + b"\n"


def with_span(**fields: Any) -> bytes:
    """A good line, and one whose span has these fields."""
    return line(1) + as_line(document(**fields))


def with_text(old: bytes, new: bytes) -> bytes:
    """A good line, and one in which a part of the text is another."""
    changed = line(2).replace(old, new)
    assert changed != line(2)
    return line(1) + changed


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("spans.jsonl"), line(1))
    return file.getvalue()


def parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"trace_id": ["0af7651916cd43dd8448eb211c80319c"]}), file)
    return file.getvalue()


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


ZSTD = zstandard.compress(line(1) + line(2))
CONSOLE_SPAN = (
    b'{"name":"s","context":{"trace_id":"0x5b8efff798038103d269b633813fc60c",'
    b'"span_id":"0xeee19b7ec3c1b174","trace_state":"[]"},"kind":"SpanKind.INTERNAL",'
    b'"parent_id":null,"start_time":"2026-01-01T00:00:00.000000Z",'
    b'"end_time":"2026-01-01T00:00:01.000000Z","status":{"status_code":"UNSET"},'
    b'"attributes":{},"events":[],"links":[],"resource":{"attributes":{}}}\n'
)
FRAME = traces(span(1)).SerializeToString()

SAMPLES: dict[str, bytes] = {
    # Files that hold something else.
    "html_error_page.jsonl": b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>\n",
    "csv_of_something_else.csv": b"order_id,total\n1001,25.00\n1002,13.50\n",
    "zip_file.jsonl": zipped(),
    "parquet_file.jsonl": parquet(),
    "only_white_space.jsonl": b" \n\t\n\r\n",
    "utf16.jsonl": line(1).decode().encode("utf-16"),
    "json_metrics.jsonl": line(1) + b'{"resourceMetrics":[{"scopeMetrics":[{"metrics":[]}]}]}\n',
    "console_line_that_is_no_span.jsonl": CONSOLE_SPAN
    + b'{"name": "no ids", "kind": "SpanKind.CLIENT"}\n',
    "array_of_numbers.json": b"[1, 2, 3]\n",
    "truncated_utf16_bom.jsonl": b"\xff\xfe",
    # Compression.
    "empty.jsonl.gz": gzipped(b""),
    "garbage_after_gzip.jsonl.gz": gzipped(line(1)) + b"this is not gzip",
    "damaged_gzip_checksum.jsonl.gz": gzipped(line(1))[:-8] + bytes(8),
    "gzip_header_only.jsonl.gz": gzipped(line(1))[:10],
    "truncated.jsonl.zst": ZSTD[:-20],
    "garbage_after_zstd.jsonl.zst": zstandard.compress(line(1)) + b"this is not zstd",
    "gzip_in_gzip.jsonl.gz": gzipped(gzipped(line(1))),
    # Lines.
    "trailing_comma.jsonl": line(1) + line(2).rstrip()[:-1] + b",}\n",
    "comma_after_each_line.jsonl": line(1).rstrip() + b",\n" + line(2).rstrip() + b",\n",
    "single_quotes.jsonl": line(1) + line(2).replace(b'"', b"'"),
    "two_objects_on_a_line.jsonl": line(1).rstrip() + line(2),
    "carriage_returns_only.jsonl": line(1).replace(b"\n", b"\r") + line(2).replace(b"\n", b"\r"),
    "windows_line_ends.jsonl": (line(1) + b"\n" + line(2)).replace(b"\n", b"\r\n"),
    "blank_lines.jsonl": b"\n\n" + line(1) + b"   \n\n" + line(2) + b"\n",
    "byte_order_mark_on_each_line.jsonl": b"\xef\xbb\xbf" + line(1) + b"\xef\xbb\xbf" + line(2),
    "zero_bytes_between_lines.jsonl": line(1) + bytes(64) + b"\n" + line(2),
    "python_literals.jsonl": with_text(b'"name":"span 2"', b'"name":None'),
    "comment.jsonl": b"// exported at noon\n" + line(1) + line(2),
    "raw_line_feed_in_text.jsonl": with_text(b"span 2", b"span\n2"),
    "raw_control_character_in_text.jsonl": with_text(b"span 2", b"span\x012"),
    "zero_byte_in_text.jsonl": with_text(b"span 2", b"span\\u00002"),
    "invalid_escape.jsonl": with_text(b"span 2", b"span\\x2"),
    # Values.
    "nan_and_infinity.jsonl": line(1)
    + as_line(
        document(
            attributes=[
                {"key": "nan", "value": {"doubleValue": float("nan")}},
                {"key": "infinity", "value": {"doubleValue": float("-inf")}},
                {"key": "text", "value": {"doubleValue": "Infinity"}},
            ]
        )
    ),
    "huge_numbers.jsonl": with_span(
        flags=10**30,
        kind=10**20,
        attributes=[{"key": "n", "value": {"intValue": 10**40}}],
    ),
    "number_too_large_for_a_double.jsonl": with_text(b'"kind":3', b'"kind":1e999'),
    "duplicate_keys.jsonl": with_text(b'"name":"span 2"', b'"name":"first","name":"span 2"'),
    "duplicate_attributes.jsonl": with_span(
        attributes=[{"key": "a", "value": {"stringValue": text}} for text in ("first", "last")]
    ),
    "attribute_without_key.jsonl": with_span(attributes=[{"value": {"stringValue": "lost"}}]),
    "attribute_that_is_a_map.jsonl": with_span(attributes={"a": 1}),
    "attribute_without_value.jsonl": with_span(
        attributes=[{"key": "a"}, {"key": "b", "value": None}]
    ),
    "attribute_with_a_bare_value.jsonl": with_span(attributes=[{"key": "a", "value": "bare"}]),
    "attribute_with_two_values.jsonl": with_span(
        attributes=[{"key": "a", "value": {"stringValue": "s", "intValue": "5"}}]
    ),
    "unknown_kind_and_status.jsonl": with_span(kind="SPAN_KIND_TELEPATHY", status={"code": 99}),
    "name_that_is_a_number.jsonl": with_span(name=42),
    "name_that_is_null.jsonl": with_span(name=None),
    "name_that_is_a_list.jsonl": with_span(name=["a", "b"]),
    "span_that_is_text.jsonl": with_text(b'"spans":[{', b'"spans":["not a span",{'),
    "spans_that_are_null.jsonl": line(1) + b'{"resourceSpans":[{"scopeSpans":[{"spans":null}]}]}\n',
    "resource_spans_that_are_null.jsonl": line(1) + b'{"resourceSpans":null}\n',
    "resource_spans_that_are_text.jsonl": line(1) + b'{"resourceSpans":"none"}\n',
    "empty_lists.jsonl": line(1) + b'{"resourceSpans":[]}\n{"resourceSpans":[{"scopeSpans":[]}]}\n',
    "empty_object.jsonl": line(1) + b"{}\n",
    "events_that_are_text.jsonl": with_span(events="none", links=5),
    "event_without_anything.jsonl": with_span(events=[{}], links=[{}]),
    # Times and ids.
    "time_before_1970.jsonl": with_span(startTimeUnixNano="-5"),
    "time_of_zero.jsonl": with_span(startTimeUnixNano="0", endTimeUnixNano=0),
    "time_beyond_int64.jsonl": with_span(startTimeUnixNano="99999999999999999999"),
    "time_in_iso.jsonl": with_span(startTimeUnixNano="2026-09-21T14:13:20Z"),
    "time_that_is_a_map.jsonl": with_span(startTimeUnixNano={"seconds": 1}),
    "end_before_start.jsonl": with_span(endTimeUnixNano="1"),
    "ids_that_are_numbers.jsonl": with_span(traceId=12345, spanId=67),
    "ids_that_are_null.jsonl": with_span(traceId=None),
    "ids_of_spaces.jsonl": with_span(traceId=" " * 32),
    "ids_with_sql.jsonl": with_span(traceId="'; drop table spans; --"),
    "parent_is_itself.jsonl": with_span(parentSpanId=f"{2:016x}"),
    # Names from outside.
    "names_with_quotes_and_sql.jsonl": with_span(
        name="Robert'); DROP TABLE spans;--",
        attributes=[{"key": "a\"';--\n${x}", "value": {"stringValue": "../../etc/passwd"}}],
    ),
    "terminal_escapes_in_text.jsonl": line(1) + b'{"\\u001b[31mred\\u001b]0;title\\u0007": 1}\n',
    # Protobuf.
    "absurd_frame_length.lenpb": length_prefixed([traces(span(1))]) + b"\xff\xff\xff\xf0" + FRAME,
    "absurd_varint_length.binpb": varint_delimited([traces(span(1))]) + varint(1 << 62) + FRAME,
    "truncated_message.binpb": traces(span(1), span(2)).SerializeToString()[:-30],
    "zero_length_frames.lenpb": length_prefixed([traces(span(1))])
    + bytes(8)
    + length_prefixed([traces(span(2))]),
    "endless_varint.binpb": varint_delimited([traces(span(1))]) + b"\xff" * 20,
    "span_id_of_four_bytes.lenpb": length_prefixed(
        [traces(span(1)), traces(span(2, span_id=b"\x01" * 4))]
    ),
}


if __name__ == "__main__":
    for name, content in SAMPLES.items():
        (INVALID / name).write_bytes(content)
