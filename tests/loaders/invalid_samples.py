"""What becomes of each malformed sample: how many records land, and what is rejected and where."""

from __future__ import annotations

from pathlib import Path

INVALID = Path(__file__).parent / "samples" / "invalid"

Rejects = list[tuple[str, int]]

# sample -> records landed, and the reason and record number of each reject
EXPECTED: dict[str, tuple[int, Rejects]] = {
    # Compression
    "damaged_gzip_checksum.jsonl.gz": (1, [("corrupt_compression", 0)]),
    "truncated.jsonl.gz": (342, [("corrupt_compression", 0), ("truncated_record", 343)]),
    "garbage_after_gzip.jsonl.gz": (1, [("corrupt_compression", 0)]),
    "garbage_after_zstd.jsonl.zst": (1, [("corrupt_compression", 0)]),
    "gzip_in_gzip.jsonl.gz": (1, []),
    # Lines
    "line_that_is_not_json.jsonl": (2, [("not_json", 2)]),
    "truncated_last_line.jsonl": (1, [("truncated_record", 2)]),
    "truncated_document.json": (0, [("truncated_record", 1)]),
    "nested_too_deeply.jsonl": (1, [("too_deep", 2)]),
    "single_quotes.jsonl": (1, [("not_json", 2)]),
    "python_literals.jsonl": (1, [("not_json", 2)]),
    "invalid_escape.jsonl": (1, [("not_json", 2)]),
    "comment.jsonl": (2, [("not_json", 1)]),
    # A line feed in a text makes two lines of one record: neither is JSON.
    "raw_line_feed_in_text.jsonl": (
        1,
        [("not_json", 2), ("not_an_export", 3), ("not_an_export", 3), ("not_json", 3)],
    ),
    # What is not JSON by the letter, but leaves no doubt, lands.
    "trailing_comma.jsonl": (2, []),
    "comma_after_each_line.jsonl": (2, []),
    "two_objects_on_a_line.jsonl": (2, []),
    "carriage_returns_only.jsonl": (2, []),
    "windows_line_ends.jsonl": (2, []),
    "blank_lines.jsonl": (2, []),
    "zero_bytes_between_lines.jsonl": (2, [("not_json", 2)]),
    "byte_order_mark_on_each_line.jsonl": (2, []),
    "raw_control_character_in_text.jsonl": (2, []),
    "zero_byte_in_text.jsonl": (2, []),
    "not_utf8.jsonl": (2, []),
    "lone_surrogate.jsonl": (2, []),
    # Messages
    "json_of_another_kind.jsonl": (
        1,
        [("not_an_export", 2), ("not_an_export", 3), ("not_an_export", 3)],
    ),
    "json_metrics.jsonl": (1, [("not_an_export", 2)]),
    "terminal_escapes_in_text.jsonl": (1, [("not_an_export", 2)]),
    "console_line_that_is_no_span.jsonl": (1, [("not_of_this_format", 2)]),
    "resource_spans_that_are_null.jsonl": (1, [("not_an_export", 2)]),
    "resource_spans_that_are_text.jsonl": (1, [("not_an_export", 2)]),
    "span_that_is_text.jsonl": (2, [("not_an_export", 2)]),
    # An export without records is whole: nothing is missing.
    "spans_that_are_null.jsonl": (1, []),
    "empty_lists.jsonl": (1, []),
    "empty_object.jsonl": (1, []),
    # Values: the record lands, what cannot be read of it is unknown.
    "nan_and_infinity.jsonl": (2, []),
    "huge_numbers.jsonl": (2, []),
    "number_too_large_for_a_double.jsonl": (2, []),
    "duplicate_keys.jsonl": (2, []),
    "duplicate_attributes.jsonl": (2, []),
    "attribute_without_key.jsonl": (2, []),
    "attribute_that_is_a_map.jsonl": (2, []),
    "attribute_without_value.jsonl": (2, []),
    "attribute_with_a_bare_value.jsonl": (2, []),
    "attribute_with_two_values.jsonl": (2, []),
    "unknown_kind_and_status.jsonl": (2, []),
    "name_that_is_a_number.jsonl": (2, []),
    "name_that_is_null.jsonl": (2, []),
    "name_that_is_a_list.jsonl": (2, []),
    "events_that_are_text.jsonl": (2, []),
    "event_without_anything.jsonl": (2, []),
    "names_with_quotes_and_sql.jsonl": (2, []),
    # Times and ids
    "times_that_are_no_numbers.jsonl": (2, []),
    "time_before_1970.jsonl": (2, []),
    "time_of_zero.jsonl": (2, []),
    "time_beyond_int64.jsonl": (2, []),
    "time_in_iso.jsonl": (2, []),
    "time_that_is_a_map.jsonl": (2, []),
    "end_before_start.jsonl": (2, []),
    "parent_is_itself.jsonl": (2, []),
    "missing_trace_id.jsonl": (1, [("missing_trace_id", 2)]),
    "zero_trace_id.jsonl": (1, [("missing_trace_id", 2)]),
    "unreadable_trace_id.jsonl": (1, [("bad_trace_id", 2)]),
    "missing_span_id.jsonl": (1, [("missing_span_id", 2)]),
    "unreadable_span_id.jsonl": (1, [("bad_span_id", 2)]),
    "ids_that_are_numbers.jsonl": (1, [("bad_trace_id", 2)]),
    "ids_that_are_null.jsonl": (1, [("missing_trace_id", 2)]),
    "ids_of_spaces.jsonl": (1, [("missing_trace_id", 2)]),
    "ids_with_sql.jsonl": (1, [("bad_trace_id", 2)]),
    # Protobuf
    "truncated_last_frame.lenpb": (1, [("truncated_record", 2)]),
    "truncated_varint_frame.binpb": (1, [("truncated_record", 2)]),
    "absurd_frame_length.lenpb": (1, [("truncated_record", 2)]),
    "absurd_varint_length.binpb": (1, [("truncated_record", 2)]),
    "endless_varint.binpb": (1, [("truncated_record", 2)]),
    "zero_length_frames.lenpb": (2, []),
    "frame_that_is_not_protobuf.lenpb": (2, [("not_protobuf", 2)]),
    "string_that_is_not_utf8.lenpb": (2, []),
    "damaged_zstd_frame.lenpb": (2, [("corrupt_compression", 2)]),
    "span_id_of_four_bytes.lenpb": (1, [("bad_span_id", 2)]),
    "metrics.binpb": (0, [("unknown_signal", 1)]),
    # Feedback
    "feedback_of_unknown_kind.jsonl": (1, [("bad_kind", 2)]),
    "feedback_of_unknown_source.jsonl": (1, [("bad_source", 2)]),
    "feedback_about_nothing.csv": (1, [("no_target", 2)]),
    "feedback_with_bad_time.csv": (1, [("bad_time", 2)]),
    "feedback_with_bad_score.csv": (1, [("bad_score", 2)]),
    "feedback_row_with_too_many_fields.csv": (1, [("not_a_row", 2)]),
}

# Files of which nothing can be read: named, with the reason, and not in the ledger.
UNREADABLE = (
    "html_error_page.jsonl",
    "csv_of_something_else.csv",
    "zip_file.jsonl",
    "parquet_file.jsonl",
    "only_white_space.jsonl",
    "utf16.jsonl",
    "truncated_utf16_bom.jsonl",
    "array_of_numbers.json",
    "empty.jsonl.gz",
    "gzip_header_only.jsonl.gz",
    "truncated.jsonl.zst",
    "truncated_message.binpb",
)

# What span 2 of a sample says where the defect was: what can be told from the file and no more.
SPAN_2: dict[str, dict[str, object]] = {
    "nan_and_infinity.jsonl": {"attributes": {"nan": "nan", "infinity": "-inf", "text": "inf"}},
    "duplicate_keys.jsonl": {"name": "span 2"},
    "duplicate_attributes.jsonl": {"attributes": {"a": "last"}},
    "attribute_that_is_a_map.jsonl": {"attributes": {"a": "1"}},
    "attribute_with_a_bare_value.jsonl": {"attributes": {"a": "bare"}},
    "attribute_without_value.jsonl": {"attributes": {"a": None, "b": None}},
    "attribute_without_key.jsonl": {"attributes": {}},
    "unknown_kind_and_status.jsonl": {"kind": "unspecified", "status_code": "unset"},
    "name_that_is_a_number.jsonl": {"name": "42"},
    "name_that_is_null.jsonl": {"name": ""},
    "name_that_is_a_list.jsonl": {"name": '["a","b"]'},
    "time_before_1970.jsonl": {"start_time_unix_nano": None},
    "time_of_zero.jsonl": {"start_time_unix_nano": None, "end_time_unix_nano": None},
    "time_beyond_int64.jsonl": {"start_time_unix_nano": None},
    "time_in_iso.jsonl": {"start_time_unix_nano": None},
    "time_that_is_a_map.jsonl": {"start_time_unix_nano": None},
    "end_before_start.jsonl": {"end_time_unix_nano": 1},
    "events_that_are_text.jsonl": {"events": [], "links": []},
    "parent_is_itself.jsonl": {"parent_span_id": f"{2:016x}"},
    "names_with_quotes_and_sql.jsonl": {
        "name": "Robert'); DROP TABLE spans;--",
        "attributes": {"a\"';--\n${x}": "../../etc/passwd"},
    },
}
