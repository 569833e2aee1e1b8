"""What a format's SELECT gave, as records that landing takes, and rejects for what it cannot use.

Columns that a SELECT may give (all but `record_number` may be left out, in any order):

    spans      trace_id, span_id, parent_span_id (in any spelling of formats/_ids.py), name,
               source_trace_id, source_span_id (where the source's own ids had to be turned into
               these by SQL: trace_id_of, span_id_of),
               kind (internal, server, client, producer, consumer), trace_state, flags,
               start_time_unix_nano, end_time_unix_nano BIGINT, status_code (unset, ok, error),
               status_message, scope_name, scope_version, source_version_at TIMESTAMP (UTC),
               attributes, resource_attributes MAP(VARCHAR, VARCHAR),
               events  LIST(STRUCT(time_unix_nano BIGINT, name VARCHAR, attributes MAP)),
               links   LIST(STRUCT(trace_id VARCHAR, span_id VARCHAR, attributes MAP))
    log_records  trace_id, span_id, event_name, time_unix_nano, severity_text, scope_name,
               scope_version, attributes, resource_attributes, body
    feedback   the fields of feedback.Feedback, occurred_at as BIGINT nanoseconds in
               time_unix_nano, source_version_at, attributes MAP, comment
    vendor_usage  the columns of schemas.VENDOR_USAGE, the member of an organisation in author

A value of a map that is NULL is an attribute that is not there.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.feedback import KINDS, SOURCES
from spanmart.formats import _ids
from spanmart.records import NO_KEY_VALUES, Children, KeyValues, Mask, Records
from spanmart.redaction import masking
from spanmart.rejects import Reason, Reject, excerpt

_TEXT, _NANOS, _WHEN = pa.string(), pa.int64(), pa.timestamp("us")
_MAP = pa.map_(_TEXT, _TEXT)
_EVENT = pa.struct([("time_unix_nano", _NANOS), ("name", _TEXT), ("attributes", _MAP)])
_LINK = pa.struct([("trace_id", _TEXT), ("span_id", _TEXT), ("attributes", _MAP)])

COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "spans": {
        **dict.fromkeys(("trace_id", "span_id", "parent_span_id", "trace_state", "name"), _TEXT),
        **dict.fromkeys(("source_trace_id", "source_span_id"), _TEXT),
        **dict.fromkeys(("kind", "status_code", "status_message"), _TEXT),
        **dict.fromkeys(("scope_name", "scope_version"), _TEXT),
        **dict.fromkeys(("start_time_unix_nano", "end_time_unix_nano", "flags"), _NANOS),
        **dict.fromkeys(("attributes", "resource_attributes"), _MAP),
        "source_version_at": _WHEN,
        "events": pa.list_(_EVENT),
        "links": pa.list_(_LINK),
    },
    "log_records": {
        **dict.fromkeys(("trace_id", "span_id", "event_name", "severity_text"), _TEXT),
        **dict.fromkeys(("scope_name", "scope_version", "body"), _TEXT),
        **dict.fromkeys(("attributes", "resource_attributes"), _MAP),
        "time_unix_nano": _NANOS,
    },
    "feedback": {
        **dict.fromkeys(("feedback_id", "trace_id", "span_id", "conversation_id"), _TEXT),
        **dict.fromkeys(("request_id", "kind", "feedback_source", "author", "label"), _TEXT),
        **dict.fromkeys(("evaluator_name", "evaluator_version", "comment"), _TEXT),
        "time_unix_nano": _NANOS,
        "score": pa.float64(),
        "attributes": _MAP,
        "source_version_at": _WHEN,
    },
    "vendor_usage": {
        **dict.fromkeys(("vendor", "kind", "api", "grouped_by", "project_id", "api_key_id"), _TEXT),
        **dict.fromkeys(("author", "model", "line_item", "service_tier", "api_source"), _TEXT),
        **dict.fromkeys(("amount", "currency"), _TEXT),
        **dict.fromkeys(("start_time_unix_nano", "end_time_unix_nano", "request_count"), _NANOS),
        **dict.fromkeys(("input_tokens", "cached_input_tokens", "output_tokens"), _NANOS),
        "cache_write_input_tokens": _NANOS,
        "is_batch": pa.bool_(),
        "attributes": _MAP,
        "source_version_at": _WHEN,
    },
}
_KINDS = pa.array(["internal", "server", "client", "producer", "consumer"])
_STATUS_CODES = pa.array(["ok", "error"])


def records_of(rows: pa.Table, table: str) -> tuple[Records, list[Reject]]:
    """Records of one landed table, and a reject for each row that lacks what none can lack.

    Raises TypeError for a column that the table does not have: a fault of the format.
    """
    known = COLUMNS[table]
    if unknown := set(rows.column_names) - {*known, "record_number"}:
        raise TypeError(f"{table} have no {', '.join(sorted(unknown))}")
    columns = {
        name: _typed(rows, name, known[name])
        for name in rows.column_names
        if name != "record_number"
    }
    columns["record_number"] = rows.column("record_number").combine_chunks().cast(_NANOS)
    make, faults = _TABLES[table]
    made = make(columns)
    return _split(made, faults(made))


def _typed(rows: pa.Table, name: str, wanted: pa.DataType) -> pa.Array:
    column = rows.column(name).combine_chunks()
    # A SELECT that says NULL for all rows gives a column without a type of its own.
    if column.null_count == len(column):
        return pa.nulls(len(column), wanted)
    return column if column.type.equals(wanted) else column.cast(wanted)


def _spans(columns: dict[str, pa.Array]) -> Records:
    rows = len(columns["record_number"])
    trace_id, source_trace_id = _own_id(columns, "trace", rows)
    span_id, source_span_id = _own_id(columns, "span", rows)
    parent, source_parent = _id(columns.pop("parent_span_id", None), "span", rows)
    events, links = columns.pop("events", None), columns.pop("links", None)
    return _with_attributes(
        "spans",
        columns
        | {
            "trace_id": trace_id,
            "span_id": span_id,
            # An unreadable parent is kept as it came: the span is then an orphan, not a root.
            "parent_span_id": _none_if_empty(pc.coalesce(parent, source_parent)),
            "source_trace_id": source_trace_id,
            "source_span_id": source_span_id,
            "name": _filled(columns.get("name"), "", rows),
            "kind": _one_of(columns.get("kind"), _KINDS, "unspecified", rows),
            "status_code": _one_of(columns.get("status_code"), _STATUS_CODES, "unset", rows),
            "start_time_unix_nano": _positive(columns.get("start_time_unix_nano"), rows),
            "end_time_unix_nano": _positive(columns.get("end_time_unix_nano"), rows),
            "flags": _filled(columns.get("flags"), 0, rows),
        },
        events=None if events is None else _children(events),
        links=None if links is None else _children(links),
    )


def _logs(columns: dict[str, pa.Array]) -> Records:
    rows = len(columns["record_number"])
    for name, of in (("trace_id", "trace"), ("span_id", "span")):
        canonical, source = _id(columns.get(name), of, rows)
        columns[name] = _none_if_empty(pc.coalesce(canonical, source))
    columns.setdefault("event_name", pa.nulls(rows, _TEXT))
    columns["time_unix_nano"] = _positive(columns.get("time_unix_nano"), rows)
    return _with_attributes("log_records", columns, body=columns.pop("body", None))


def _feedback(columns: dict[str, pa.Array]) -> Records:
    rows = len(columns["record_number"])
    for name, of in (("trace_id", "trace"), ("span_id", "span")):
        canonical, source = _id(columns.get(name), of, rows)
        columns[name] = _none_if_empty(pc.coalesce(canonical, source))
    for name, kind in COLUMNS["feedback"].items():
        if name not in columns and name not in ("attributes", "comment", "source_version_at"):
            columns[name] = pa.nulls(rows, kind)
    columns["time_unix_nano"] = _positive(columns["time_unix_nano"], rows)
    return _with_attributes("feedback", columns, body=columns.pop("comment", pa.nulls(rows, _TEXT)))


def _vendor_usage(columns: dict[str, pa.Array]) -> Records:
    rows = len(columns["record_number"])
    for name, kind in COLUMNS["vendor_usage"].items():
        if name not in columns and name != "attributes":
            columns[name] = pa.nulls(rows, kind)
    return _with_attributes("vendor_usage", columns)


def _with_attributes(table: str, columns: dict[str, pa.Array], **parts: Any) -> Records:
    rows = len(columns["record_number"])
    attributes = columns.pop("attributes", None)
    resources = columns.pop("resource_attributes", None)
    if table in ("spans", "log_records"):
        # Each record has a resource of its own; landing finds the equal ones.
        parts |= {
            "resources": NO_KEY_VALUES if resources is None else _pairs(resources),
            "resource_count": rows,
            "resource_index": np.arange(rows, dtype=np.int64),
        }
        for name in ("scope_name", "scope_version", "severity_text", "status_message"):
            if name == "severity_text" and table == "spans":
                continue
            if name == "status_message" and table != "spans":
                continue
            columns.setdefault(name, pa.nulls(rows, _TEXT))
        if table == "spans":
            columns.setdefault("trace_state", pa.nulls(rows, _TEXT))
    return Records(
        table=table,
        columns=pa.table(columns),
        attributes=NO_KEY_VALUES if attributes is None else _pairs(attributes),
        **parts,
    )


def _pairs(maps: pa.MapArray) -> KeyValues:
    """Maps in long form, without what is NULL."""
    maps = maps.fill_null([]) if maps.null_count else maps
    offsets = maps.offsets.to_numpy()
    owner = np.repeat(np.arange(len(maps), dtype=np.int64), np.diff(offsets))
    chosen = slice(int(offsets[0]), int(offsets[-1]) - int(offsets[0]))
    key = maps.keys.slice(chosen.start, chosen.stop).cast(_TEXT)
    value = maps.items.slice(chosen.start, chosen.stop).cast(_TEXT)
    pairs = KeyValues(owner, key, value)
    return pairs.take(_mask(pc.is_valid(value))) if value.null_count else pairs


def _children(lists: pa.ListArray) -> Children:
    lists = pa.array(lists) if not isinstance(lists, pa.Array) else lists
    owner = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    structs = pc.list_flatten(lists)
    columns = {}
    for each in structs.type:
        column = pc.struct_field(structs, each.name)
        if each.name == "name":
            column = pc.fill_null(column, "")
        elif each.name in ("trace_id", "span_id"):
            canonical, source = _id(column, each.name.removesuffix("_id"), len(column))
            column = _none_if_empty(pc.coalesce(canonical, source))
        elif each.name == "attributes":
            continue
        columns[each.name] = column
    attributes = _pairs(pc.struct_field(structs, "attributes"))
    return Children(owner, pa.table(columns), attributes)


def _own_id(columns: dict[str, pa.Array], of: str, rows: int) -> tuple[pa.Array, pa.Array]:
    """The id of each row, and as its source wrote it, if the SELECT says so."""
    canonical, source = _id(columns.pop(f"{of}_id", None), of, rows)
    given = columns.pop(f"source_{of}_id", None)
    if given is None:
        return canonical, source
    return canonical, pc.coalesce(_id(given, of, rows)[1], source)


def _id(column: pa.Array | None, of: str, rows: int) -> tuple[pa.Array, pa.Array]:
    """The canonical id ("" for none, null when unreadable), and the id as the source wrote it, but
    for secrets, which have been met where an id belongs."""
    source = _filled(column, "", rows)
    one, digits = {
        "trace": (_ids.trace_id, _ids.TRACE_ID_DIGITS),
        "span": (_ids.span_id, _ids.SPAN_ID_DIGITS),
    }[of]
    canonical = _ids.canonical(source, one, digits)
    unread = pc.is_null(canonical)
    if pc.any(unread).as_py():
        masked = masking.mask(source.filter(unread))
        if masked.counts is not None:
            source = pc.replace_with_mask(source, unread, masked.texts)
    return canonical, source


def _one_of(column: pa.Array | None, known: pa.Array, other: str, rows: int) -> pa.Array:
    texts = pc.utf8_lower(_filled(column, other, rows))
    return pc.if_else(pc.is_in(texts, known), texts, other)


def _positive(column: pa.Array | None, rows: int) -> pa.Array:
    if column is None:
        return pa.nulls(rows, _NANOS)
    return pc.if_else(pc.greater(column, 0), column, pa.scalar(None, _NANOS))


def _filled(column: pa.Array | None, value: Any, rows: int) -> pa.Array:
    return pa.repeat(value, rows) if column is None else pc.fill_null(column, value)


def _none_if_empty(column: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, _TEXT), column)


def _mask(array: pa.Array) -> Mask:
    mask: Mask = array.to_numpy(zero_copy_only=False).astype(bool)
    return mask


def _faults_of_spans(records: Records) -> list[tuple[Mask, Reason]]:
    faults = []
    for name, missing, bad in (
        ("trace_id", Reason.MISSING_TRACE_ID, Reason.BAD_TRACE_ID),
        ("span_id", Reason.MISSING_SPAN_ID, Reason.BAD_SPAN_ID),
    ):
        column = records.columns.column(name).combine_chunks()
        faults.append((_mask(pc.fill_null(pc.equal(column, ""), False)), missing))
        faults.append((_mask(pc.is_null(column)), bad))
    return faults


def _faults_of_feedback(records: Records) -> list[tuple[Mask, Reason]]:
    columns = records.columns
    # A span says of which trace it is: models look that up.
    targets = ("trace_id", "span_id", "conversation_id", "request_id")
    no_target = pc.is_null(pc.coalesce(*(columns.column(name) for name in targets)))
    # Tables of evaluations say no time. Only a conversation or request needs one: which of its
    # traces is meant, the time says.
    no_time = pc.is_null(columns.column("time_unix_nano"))
    no_id = pc.is_null(pc.coalesce(columns.column("trace_id"), columns.column("span_id")))
    score = columns.column("score").combine_chunks()
    is_odd = pc.invert(pc.fill_null(pc.is_finite(score), True))
    return [
        (_not_in(columns.column("kind"), KINDS), Reason.BAD_KIND),
        (_not_in(columns.column("feedback_source"), SOURCES), Reason.BAD_SOURCE),
        (_mask(no_target.combine_chunks()), Reason.NO_TARGET),
        (_mask(pc.and_(no_time, no_id).combine_chunks()), Reason.BAD_TIME),
        (_mask(is_odd), Reason.BAD_SCORE),
    ]


def _faults_of_vendor_usage(records: Records) -> list[tuple[Mask, Reason]]:
    bounds = [
        records.columns.column(name) for name in ("start_time_unix_nano", "end_time_unix_nano")
    ]
    is_timeless = pc.is_null(pc.add(*bounds))
    return [(_mask(is_timeless.combine_chunks()), Reason.BAD_TIME)]


def _no_faults(_: Records) -> list[tuple[Mask, Reason]]:
    return []


def _not_in(column: pa.ChunkedArray, known: tuple[str, ...]) -> Mask:
    return ~_mask(pc.is_in(column, pa.array(known)).combine_chunks())


def _split(records: Records, faults: list[tuple[Mask, Reason]]) -> tuple[Records, list[Reject]]:
    unusable = np.zeros(len(records), dtype=bool)
    rejects: list[Reject] = []
    for mask, reason in faults:
        for row in np.flatnonzero(mask & ~unusable).tolist():
            shown = records.columns.slice(row, 1).to_pylist()[0]
            number = shown.pop("record_number")
            rejects.append(Reject(number, reason, excerpt(_shown(shown))))
        unusable |= mask
    return (records.select(~unusable) if unusable.any() else records), rejects


def _shown(row: dict[str, Any]) -> str:
    """Ids and names of a row: enough to find it in its file."""
    names = ("source_trace_id", "source_span_id", "trace_id", "span_id", "name", "kind", "label")
    return json.dumps({name: row[name] for name in names if row.get(name)}, ensure_ascii=False)


_TABLES = {
    "spans": (_spans, _faults_of_spans),
    "log_records": (_logs, _no_faults),
    "feedback": (_feedback, _faults_of_feedback),
    "vendor_usage": (_vendor_usage, _faults_of_vendor_usage),
}
