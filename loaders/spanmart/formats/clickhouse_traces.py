"""Dumps of the table `otel_traces`, as OpenTelemetry's ClickHouse exporter fills it: Parquet,
JSONEachRow, CSV with names; and the Parquet of otlp2parquet, which names the same columns.

Attributes are maps from text to text: every value is written as a text, arrays as JSON. In CSV,
ClickHouse writes maps and arrays in its own quoted form, `{'key':'it\\'s'}`. Tables whose
attributes have ClickHouse's type JSON give objects inside objects, which are dotted names again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import PARQUET_MAGIC, Container, Head, Verdict, look
from spanmart.formats._sql import reading
from spanmart.formats._streams import rejoined
from spanmart.records import Batch

ABOUT = About(
    title="ClickHouse table otel_traces (Parquet, JSONEachRow, CSV), otlp2parquet",
    status=Status.BY_SPECIFICATION,
    record_key="trace id and span id",
    version="a row never changes; a row that was inserted twice is there twice",
)

_LOOKED_AT_BYTES = 4096
# A text in ClickHouse's quotes, and the escapes in it. U+0001 holds the place of a backslash.
_QUOTED = r"'((?:[^'\\]|\\.)*)'".replace("'", "''")
_BRACED = r"\{(?:[^'}]|'(?:[^'\\]|\\.)*')*\}".replace("'", "''")
_ESCAPES = {
    "\\\\": "chr(1)",
    "\\''": "''''",
    "\\n": "chr(10)",
    "\\t": "chr(9)",
    "\\r": "chr(13)",
    "\\b": "chr(8)",
    "\\f": "chr(12)",
    "\\0": "''",
}


def _unescaped(text: str) -> str:
    for escaped, plain in _ESCAPES.items():
        text = f"replace({text}, '{escaped}', {plain})"
    return f"replace({text}, chr(1), '\\')"


def _texts(value: str) -> str:
    """The elements of an array, the keys and values of a map in turn."""
    return f"""list_transform(
        regexp_extract_all({value} ->> '$', '{_QUOTED}', 1), lambda quoted: {_unescaped("quoted")}
    )"""


def _list(value: str) -> str:
    return f"to_json({_texts(value)})"


def _map(value: str) -> str:
    texts = _texts(value)
    return f"""to_json(keyed(list_transform(
        list_zip(
            list_filter({texts}, lambda key_text, key_place: key_place % 2 = 1),
            list_filter({texts}, lambda value_text, value_place: value_place % 2 = 0)
        ),
        lambda zipped: {{'key': zipped[1], 'value': zipped[2]}}
    )))"""


def _maps(value: str) -> str:
    return f"""to_json(list_transform(
        regexp_extract_all({value} ->> '$', '{_BRACED}'),
        lambda braced: {_map("to_json(braced)")}
    ))"""


def _nested(column: str, field: str) -> str:
    """A column of a Nested one: `Events.Name`, otlp2parquet's `EventsName`, or a field of it."""
    return f"""inner_json(coalesce(
        row -> '{column}.{field}',
        row -> '{column}{field}',
        case when (row -> '{column}') is not null then to_json(list_transform(
            elements(row -> '{column}'), lambda nested_one: nested_one -> '{field}'
        )) end
    ))"""


_DECODED = f"""
with
decoded as materialized (
    select
        record_number,
        row,
        moment_nanos(row ->> 'Timestamp') as start_time_unix_nano,
        inner_json(row -> 'SpanAttributes') as attributes,
        inner_json(row -> 'ResourceAttributes') as resource_attributes,
        {_nested("Events", "Timestamp")} as event_times,
        {_nested("Events", "Name")} as event_names,
        {_nested("Events", "Attributes")} as event_attributes,
        {_nested("Links", "TraceId")} as link_traces,
        {_nested("Links", "SpanId")} as link_spans,
        {_nested("Links", "Attributes")} as link_attributes
    from records
    where row ->> 'TraceId' is not null
)
"""
_FORMS = {
    _map: ("attributes", "resource_attributes"),
    _list: ("event_times", "event_names", "link_traces", "link_spans"),
    _maps: ("event_attributes", "link_attributes"),
}
_FROM_TEXT = ",\n            ".join(
    f"case when json_type({column}) = 'VARCHAR' then {form(column)} else {column} end as {column}"
    for form, columns in _FORMS.items()
    for column in columns
)
# What is a text in ClickHouse's form as the JSON that it would be elsewhere.
_DECODED_OF_CSV = f"""
{_DECODED.replace("decoded as materialized", "texts as materialized")},
decoded as materialized (
    select
        * replace (
            {_FROM_TEXT}
        )
    from texts
)
"""
_SELECT = """
select
    record_number,
    row ->> 'TraceId' as trace_id,
    row ->> 'SpanId' as span_id,
    row ->> 'ParentSpanId' as parent_span_id,
    nullif(row ->> 'TraceState', '') as trace_state,
    row ->> 'SpanName' as name,
    regexp_replace(upper(row ->> 'SpanKind'), '^SPAN_KIND_', '') as kind,
    start_time_unix_nano,
    try(start_time_unix_nano + nanos_of(row ->> 'Duration', 1)) as end_time_unix_nano,
    regexp_replace(upper(row ->> 'StatusCode'), '^STATUS_CODE_', '') as status_code,
    nullif(row ->> 'StatusMessage', '') as status_message,
    nullif(row ->> 'ScopeName', '') as scope_name,
    nullif(row ->> 'ScopeVersion', '') as scope_version,
    dotted_texts(attributes) as attributes,
    map_concat(
        map {'service.name': nullif(row ->> 'ServiceName', '')}, dotted_texts(resource_attributes)
    ) as resource_attributes,
    list_transform(elements(event_names), lambda event, event_place: {
        'time_unix_nano': moment_nanos(event_times ->> (event_place - 1)),
        'name': event ->> '$',
        'attributes': dotted_texts(inner_json(event_attributes -> (event_place - 1)))
    }) as events,
    list_transform(elements(link_spans), lambda link, link_place: {
        'trace_id': link_traces ->> (link_place - 1),
        'span_id': link ->> '$',
        'attributes': dotted_texts(inner_json(link_attributes -> (link_place - 1)))
    }) as links
from decoded
"""
SPANS = _DECODED + _SELECT
# What reads texts takes a third of a second to plan: only files of CSV pay it.
SPANS_OF_CSV = _DECODED_OF_CSV + _SELECT


def sniff(head: Head) -> Verdict:
    return head.has("Timestamp", "TraceId", "SpanId", "SpanName", "SpanAttributes")


def read(stream: BinaryIO) -> Iterator[Batch]:
    first = stream.read(_LOOKED_AT_BYTES)
    if first[:4] == PARQUET_MAGIC:
        stream.seek(0)
        return reading.read(stream, reading.Queries(spans=SPANS))
    is_json = look(first).container is Container.JSON
    queries = reading.Queries(spans=SPANS if is_json else SPANS_OF_CSV)
    return reading.read(rejoined(first, stream), queries)
