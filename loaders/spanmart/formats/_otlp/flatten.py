"""Nested OTLP messages to flat records: the one way in which spans and log records come out of
OTLP.

Works on what the JSON reader, the protobuf decoder and the tolerant path give alike: the same
nesting, and leaves that differ only in type (ids as text or bytes, times as text or integers).

The first pass over a batch is suspicious: whatever it cannot fully read marks its message as odd,
and odd messages go through the tolerant path. Only what is still unreadable there is rejected.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.formats import _ids
from spanmart.formats._otlp import values
from spanmart.records import Children, Index, KeyValues, Records
from spanmart.redaction import masking
from spanmart.rejects import Reason, Reject, excerpt
from spanmart.stages import stage

Mask = npt.NDArray[np.bool_]

_KINDS = pa.array(["unspecified", "internal", "server", "client", "producer", "consumer"])
_STATUS_CODES = pa.array(["unset", "ok", "error"])
_HEX = "^(?:0[xX])?[0-9a-fA-F]*$"
# Severity numbers come in fours; the text of the specification for each four.
_SEVERITIES = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")


@dataclass
class Flat:
    """Records of one signal, the messages that were not fully read, and the records that cannot
    be."""

    records: Records | None
    odd_messages: Mask
    rejects: list[Reject] = field(default_factory=list)


@dataclass(frozen=True)
class _Signal:
    table: str
    resources: str
    scopes: str
    records: str
    columns: Callable[[_Level, Callable[[Mask, Index], None]], _Columns]


@dataclass(frozen=True)
class _Level:
    """The elements of a list column, and for each the message and the parent it came from."""

    elements: pa.Array
    parent: Index
    message: Index

    def column(self, *path: str) -> pa.Array:
        return pc.struct_field(self.elements, list(path))

    def below(self, *path: str) -> _Level:
        lists = self.column(*path)
        parent = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)
        return _Level(pc.list_flatten(lists), parent, self.message[parent])


@dataclass(frozen=True)
class _Columns:
    columns: dict[str, pa.Array]
    events: Children | None = None
    links: Children | None = None
    body: pa.Array | None = None


def flatten(messages: pa.RecordBatch, signal: str, record_numbers: Index, last_word: bool) -> Flat:
    """The records of one signal (`spans` or `log_records`) in these messages.

    With `last_word` nothing is odd any more: records without a usable id become rejects.
    """
    with stage("flatten"):
        return _flattened(messages, _SIGNALS[signal], record_numbers, last_word)


def _flattened(
    messages: pa.RecordBatch, shape: _Signal, record_numbers: Index, last_word: bool
) -> Flat:
    odd = np.zeros(messages.num_rows, dtype=bool)

    def mark_odd(mask: Mask, message: Index) -> None:
        odd[message[mask]] = True

    top = messages.column(shape.resources)
    message = pc.list_parent_indices(top).to_numpy(zero_copy_only=False).astype(np.int64)
    resources = _Level(pc.list_flatten(top), message, message)
    # Old names (instrumentationLibrarySpans) leave this empty; so does a resource without records.
    mark_odd(_mask(pc.is_null(resources.column(shape.scopes))), resources.message)
    scopes = resources.below(shape.scopes)
    mark_odd(_mask(pc.is_null(scopes.column(shape.records))), scopes.message)
    rows = scopes.below(shape.records)
    if len(rows.elements) == 0:
        return Flat(None, odd)

    read = shape.columns(rows, mark_odd)
    columns = read.columns | {
        "scope_name": _none_if_empty(scopes.column("scope", "name")).take(pa.array(rows.parent)),
        "scope_version": _none_if_empty(scopes.column("scope", "version")).take(
            pa.array(rows.parent)
        ),
        "record_number": pa.array(record_numbers[rows.message]),
    }
    records = Records(
        table=shape.table,
        columns=pa.table(columns),
        attributes=_attributes(rows.column("attributes"), rows.message, mark_odd),
        resources=_attributes(
            resources.column("resource", "attributes"), resources.message, mark_odd
        ),
        resource_count=len(resources.elements),
        resource_index=scopes.parent[rows.parent],
        events=read.events,
        links=read.links,
        body=read.body,
    )
    if not last_word:
        mark_odd(_unusable(records), rows.message)
        return Flat(records, odd)
    return _without_unusable(records)


def _span_columns(rows: _Level, mark_odd: Callable[[Mask, Index], None]) -> _Columns:
    trace_id, source_trace_id = _id(rows.column("traceId"), _ids.trace_id, _ids.TRACE_ID_DIGITS)
    span_id, source_span_id = _id(rows.column("spanId"), _ids.span_id, _ids.SPAN_ID_DIGITS)
    parent, source_parent = _id(rows.column("parentSpanId"), _ids.span_id, _ids.SPAN_ID_DIGITS)
    columns = {
        "trace_id": trace_id,
        "span_id": span_id,
        # An unreadable parent is kept as it came: the span is then an orphan, which it is, not a
        # root.
        "parent_span_id": _none_if_empty(pc.coalesce(parent, source_parent)),
        "source_trace_id": source_trace_id,
        "source_span_id": source_span_id,
        "trace_state": _none_if_empty(rows.column("traceState")),
        "name": _text(rows.column("name")),
        "kind": _named(rows.column("kind"), _KINDS),
        "start_time_unix_nano": _nanos(rows.column("startTimeUnixNano"), rows.message, mark_odd),
        "end_time_unix_nano": _nanos(rows.column("endTimeUnixNano"), rows.message, mark_odd),
        "status_code": _named(rows.column("status", "code"), _STATUS_CODES),
        "status_message": _none_if_empty(rows.column("status", "message")),
        "flags": pc.fill_null(rows.column("flags").cast(pa.int64()), 0),
    }
    return _Columns(columns, _events(rows, mark_odd), _links(rows, mark_odd))


def _events(rows: _Level, mark_odd: Callable[[Mask, Index], None]) -> Children:
    events = rows.below("events")
    columns = {
        "time_unix_nano": _nanos(events.column("timeUnixNano"), events.message, mark_odd),
        "name": _text(events.column("name")),
    }
    attributes = _attributes(events.column("attributes"), events.message, mark_odd)
    return Children(events.parent, pa.table(columns), attributes)


def _links(rows: _Level, mark_odd: Callable[[Mask, Index], None]) -> Children:
    links = rows.below("links")
    trace_id, source_trace_id = _id(links.column("traceId"), _ids.trace_id, _ids.TRACE_ID_DIGITS)
    span_id, source_span_id = _id(links.column("spanId"), _ids.span_id, _ids.SPAN_ID_DIGITS)
    columns = {
        "trace_id": _none_if_empty(pc.coalesce(trace_id, source_trace_id)),
        "span_id": _none_if_empty(pc.coalesce(span_id, source_span_id)),
    }
    attributes = _attributes(links.column("attributes"), links.message, mark_odd)
    return Children(links.parent, pa.table(columns), attributes)


def _log_columns(rows: _Level, mark_odd: Callable[[Mask, Index], None]) -> _Columns:
    trace_id, source_trace_id = _id(rows.column("traceId"), _ids.trace_id, _ids.TRACE_ID_DIGITS)
    span_id, source_span_id = _id(rows.column("spanId"), _ids.span_id, _ids.SPAN_ID_DIGITS)
    time = _nanos(rows.column("timeUnixNano"), rows.message, mark_odd)
    observed = _nanos(rows.column("observedTimeUnixNano"), rows.message, mark_odd)
    body, odd = values.texts(rows.column("body"))
    mark_odd(odd, rows.message)
    columns = {
        # Not every log record belongs to a span: what cannot be read is kept as it came.
        "trace_id": _none_if_empty(pc.coalesce(trace_id, source_trace_id)),
        "span_id": _none_if_empty(pc.coalesce(span_id, source_span_id)),
        "event_name": _none_if_empty(rows.column("eventName")),
        "time_unix_nano": pc.coalesce(time, observed),
        "severity_text": pc.coalesce(
            _none_if_empty(rows.column("severityText")), _severity(rows.column("severityNumber"))
        ),
    }
    return _Columns(columns, body=body)


_SIGNALS = {
    "spans": _Signal("spans", "resourceSpans", "scopeSpans", "spans", _span_columns),
    "log_records": _Signal("log_records", "resourceLogs", "scopeLogs", "logRecords", _log_columns),
}


def _attributes(
    lists: pa.Array, message: Index, mark_odd: Callable[[Mask, Index], None]
) -> KeyValues:
    owner = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    pairs = pc.list_flatten(lists)
    key = pc.struct_field(pairs, "key")
    value, odd = values.texts(pc.struct_field(pairs, "value"))
    if value.null_count:
        # `{}` is a value that is not set, but so looks a value under a key that is spelled
        # otherwise.
        odd |= _mask(pc.is_null(value))
    mark_odd(odd, message[owner])
    attributes = KeyValues(owner, key, value)
    return attributes.take(_mask(pc.is_valid(key))) if key.null_count else attributes


def _id(
    column: pa.Array, one: Callable[[str], str | None], digits: int
) -> tuple[pa.Array, pa.Array]:
    """The canonical id ("" for none, null when unreadable), and the id as the source wrote it: but
    for secrets, which have been met where an id belongs."""
    source = _ids.hexadecimal(column) if pa.types.is_binary(column.type) else column
    source = pc.fill_null(source, "")
    canonical = _ids.canonical(source, one, digits)
    is_other = _mask(pc.not_equal(pc.fill_null(canonical, ""), source))
    if is_other.any():
        # An id that was read is no text if it is hexadecimal; some have the digits of a card.
        is_id = pc.and_(pc.is_valid(canonical), pc.match_substring_regex(source, _HEX))
        is_other &= ~_mask(is_id)
        masked = masking.mask(source.filter(is_other))
        if masked.counts is not None:
            source = pc.replace_with_mask(source, pa.array(is_other), masked.texts)
    return canonical, source


def _nanos(column: pa.Array, message: Index, mark_odd: Callable[[Mask, Index], None]) -> pa.Array:
    """Nanoseconds; null for 0, for none and for what no int64 can hold."""
    if pa.types.is_string(column.type):
        nanos = pl.Series(values=column).cast(pl.Int64, strict=False).to_arrow()
        unread = pc.and_(pc.is_null(nanos), pc.not_equal(pc.fill_null(column, ""), ""))
        if pc.any(unread).as_py():
            mark_odd(_mask(unread), message)
    else:
        nanos = pl.Series(values=column).cast(pl.Int64, strict=False).to_arrow()
    return pc.if_else(pc.greater(nanos, 0), nanos, pa.scalar(None, pa.int64()))


def _named(codes: pa.Array, names: pa.Array) -> pa.Array:
    """Enum numbers by name; a number that the specification does not know is the default."""
    codes = pc.fill_null(codes.cast(pa.int64()), 0)
    known = pc.and_(pc.greater_equal(codes, 0), pc.less(codes, len(names)))
    return names.take(pc.if_else(known, codes, 0))


def _severity(numbers: pa.Array) -> pa.Array:
    """The name of a severity number (1-24), for producers that send no text."""
    names = pa.array([None, *(name for name in _SEVERITIES for _ in range(4))], pa.string())
    return _named(numbers, names)


def _text(column: pa.Array) -> pa.Array:
    return pc.fill_null(column, "")


def _none_if_empty(column: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _unusable(records: Records) -> Mask:
    """Spans without an id of their own; a log record needs none."""
    if records.table != "spans":
        return np.zeros(len(records), dtype=bool)
    usable = [
        pc.fill_null(pc.not_equal(records.columns.column(name), ""), False)
        for name in ("trace_id", "span_id")
    ]
    return ~_mask(pc.and_(*usable))


def _without_unusable(records: Records) -> Flat:
    """Splits off the records that have no usable id: each is a reject with a reason."""
    nothing_odd = np.zeros(0, dtype=bool)
    unusable = _unusable(records)
    if not unusable.any():
        return Flat(records, nothing_odd)
    rejects = [
        Reject(row["record_number"], _reason(row), _shown(row))
        for row in records.columns.filter(pa.array(unusable)).to_pylist()
    ]
    return Flat(records.select(~unusable), nothing_odd, rejects)


def _reason(row: dict[str, Any]) -> Reason:
    if not row["trace_id"]:
        return Reason.BAD_TRACE_ID if row["trace_id"] is None else Reason.MISSING_TRACE_ID
    return Reason.BAD_SPAN_ID if row["span_id"] is None else Reason.MISSING_SPAN_ID


def _shown(row: dict[str, Any]) -> str:
    shown = {
        "traceId": row["source_trace_id"],
        "spanId": row["source_span_id"],
        "name": row["name"],
    }
    return excerpt(json.dumps(shown, ensure_ascii=False))


def _mask(array: pa.Array) -> Mask:
    mask: Mask = array.to_numpy(zero_copy_only=False).astype(bool)
    return mask
