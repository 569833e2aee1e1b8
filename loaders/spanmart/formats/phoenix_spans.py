"""Spans of Arize Phoenix, in whatever form its client and its REST API give them:

    dataframe  `get_spans_dataframe` saved as Parquet, JSON Lines or CSV: `context.span_id`,
               `attributes.<name>`; lists and dicts are nested (in CSV as Python's repr of them)
    span       `get_spans`, or a page {"data": [span...]} of /v1/projects/<p>/spans; the names of
               its attributes are dotted down to the leaf
    otlp       a page of /v1/projects/<p>/spans/otlpv1: spans of OTLP with snake_case names
    trace      `get_traces`, with spans that have no attributes, or without any

Phoenix takes the attributes of OpenInference apart into a tree and reads those that are JSON texts.
Here they get back the names that OpenInference gave them, so that a span is the same in each form.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import CLAIMED, Head, Verdict, declined
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="Phoenix spans: dataframe (Parquet, JSON Lines, CSV), get_spans, REST pages, get_traces",
    status=Status.RECORDED,
    record_key="trace id and span id",
    version="a span never changes; one of get_traces is a part of the one with attributes",
)

_DATAFRAME = ("context.trace_id", "start_time", "status_code")
_SPAN = ("context", "span_kind", "parent_id", "attributes")
_OTLP_SPAN = ("trace_id", "span_id", "start_time_unix_nano", "attributes")
_TRACE = ("trace_id", "project_id", "start_time", "spans")

# Lists of OpenInference. Where one is a text, it is Python's repr of it (CSV, exports of old).
_LISTS = (
    r"llm\.(?:input|output)_messages|llm\.(?:tools|prompts|choices)|tag\.tags"
    r"|retrieval\.documents|reranker\.(?:input|output)_documents|embedding\.embeddings"
    r"|(?:trace\.|session\.)?(?:annotations|evaluations)|(?:in|out)put\.(?:images|audio|videos?)"
)
# Objects that OpenInference writes as JSON texts and Phoenix reads. Each is one attribute.
_OBJECTS = r"(?:.*?\.)?metadata|llm\.prompt_template\.variables|tool\.parameters"

# A value of OTLP, whose other kinds are there as null.
_SCALAR = """
    coalesce(
        nullif({0} -> 'string_value', 'null'), nullif({0} -> 'int_value', 'null'),
        nullif({0} -> 'double_value', 'null'), nullif({0} -> 'bool_value', 'null')
    )
"""
_OTLP_PAIRS = f"""
    list_transform(elements({{0}}), lambda each: {{{{
        'key': each ->> 'key',
        'value': coalesce(
            {_SCALAR.format("(each -> 'value')")},
            to_json(list_transform(
                elements(each -> '$.value.array_value.values'),
                lambda one: {_SCALAR.format("one")}
            )),
            nullif(each -> '$.value.kvlist_value', 'null')
        )
    }}}})
"""


_ONE_LEVEL_FLATTENED = f"""
    select
        span_number,
        unnest(case
            when regexp_full_match(key, '{_OBJECTS}') then [{{'key': key, 'value': value}}]
            else flattened(key, value)
        end, recursive := true)
"""

SPANS = rf"""
with
documents as (
    select
        record_number,
        elements(row -> 'data') is not null as is_page,
        unnest(coalesce(elements(row -> 'data'), [row])) as document
    from records
),
items as (
    select
        record_number,
        document,
        case
            when (document -> 'project_id') is not null then 'trace'
            when (document -> 'context.trace_id') is not null then 'dataframe'
            when (document -> 'start_time_unix_nano') is not null then 'otlp'
            -- What is in a page and is none of these is a reject of its own.
            when (document -> 'context') is not null or is_page then 'span'
        end as form,
        unnest(
            case when form = 'trace' then elements(document -> 'spans') else [document] end
        ) as item
    from documents
    where form is not null
),
spans as (
    select
        *,
        row_number() over () as span_number,
        {{
            'openinference.span.kind': to_json(nullif(item ->> 'span_kind', 'UNKNOWN')),
            'spanmart.record.is_partial': case when form = 'trace' then to_json('true') end
        }} as own
    from items
),
pairs as (
    select
        span_number,
        unnest(members(to_json(own)) || case form
            when 'otlp' then {_OTLP_PAIRS.format("item -> 'attributes'")}
            when 'dataframe' then list_transform(
                list_filter(members(item), lambda each: starts_with(each.key, 'attributes.')),
                lambda each: {{'key': each.key[12:], 'value': each.value}}
            )
            else members(item -> 'attributes')
        end, recursive := true)
    from spans
),
read_pairs as (
    select
        span_number,
        key,
        case
            when json_type(value) = 'VARCHAR' and regexp_full_match(key, '{_LISTS}|{_OBJECTS}')
                then coalesce(json_of_repr(value ->> '$'), value)
            else value
        end as value
    from pairs
    where key is not null and value <> 'null'
),
-- A message, the tool calls in it, and what is in those.
once as ({_ONE_LEVEL_FLATTENED} from read_pairs),
twice as ({_ONE_LEVEL_FLATTENED} from once),
thrice as ({_ONE_LEVEL_FLATTENED} from twice),
-- `metadata.tenant` was a member of the JSON that `metadata` is.
leaves as (
    select
        span_number,
        nullif(regexp_extract(key, '^({_OBJECTS})\.(.+)$', 1), '') as object_key,
        regexp_extract(key, '^({_OBJECTS})\.(.+)$', 2) as inner_key,
        coalesce(object_key, key) as key,
        value
    from thrice
    where value <> 'null'
),
whole as (
    select
        span_number,
        key,
        coalesce(
            '{{' || string_agg(to_json(inner_key) || ':' || value, ',' order by inner_key)
                filter (where object_key is not null) || '}}',
            -- A column of a dataframe that is empty in some rows is one of floats.
            max(case
                when json_type(value) = 'DOUBLE' or contains(key, 'token_count')
                    then regexp_replace(value ->> '$', '\.0$', '')
                else value ->> '$'
            end)
        ) as value
    from leaves
    group by span_number, key
),
attributes as (
    select
        span_number,
        map_from_entries(list({{'key': key, 'value': value}} order by key)) as attributes
    from whole
    group by span_number
)
select
    spans.record_number,
    coalesce(
        item ->> '$.context.trace_id', item ->> 'context.trace_id', item ->> 'trace_id',
        document ->> 'trace_id'
    ) as trace_id,
    coalesce(
        item ->> '$.context.span_id', item ->> 'context.span_id', item ->> 'span_id',
        item ->> '__index_level_0__'
    ) as span_id,
    said(coalesce(item ->> 'parent_id', item ->> 'parent_span_id')) as parent_span_id,
    item ->> 'name' as name,
    moment_nanos(coalesce(item ->> 'start_time', item ->> 'start_time_unix_nano'))
        as start_time_unix_nano,
    moment_nanos(coalesce(item ->> 'end_time', item ->> 'end_time_unix_nano'))
        as end_time_unix_nano,
    case coalesce(item ->> 'status_code', item ->> '$.status.code')
        when '1' then 'ok' when '2' then 'error' else item ->> 'status_code'
    end as status_code,
    said(coalesce(item ->> 'status_message', item ->> '$.status.message')) as status_message,
    'phoenix.spans' as scope_name,
    attributes.attributes,
    list_transform(
        elements(case
            when json_type(item -> 'events') = 'VARCHAR' then json_of_repr(item ->> 'events')
            else item -> 'events'
        end),
        lambda event: {{
            'time_unix_nano':
                moment_nanos(coalesce(event ->> 'timestamp', event ->> 'time_unix_nano')),
            'name': event ->> 'name',
            'attributes': case
                when json_type(event -> 'attributes') = 'ARRAY' then keyed(list_transform(
                    {_OTLP_PAIRS.format("event -> 'attributes'")},
                    lambda pair: {{'key': pair.key, 'value': pair.value ->> '$'}}
                ))
                else texts_of(event -> 'attributes')
            end
        }}
    ) as events
from spans
left join attributes on spans.span_number = attributes.span_number
order by spans.span_number
"""
# A trace says of itself only what its spans say; a page may be empty.
_SAYS_NOTHING = """
    (row -> 'project_id') is not null
    or (row -> '$.data[0].project_id') is not null
    or (row -> 'data') = '[]'
"""


def sniff(head: Head) -> Verdict:
    found = head.has(*_DATAFRAME) | (head.has(*_SPAN) & head.has_no("resource")) | head.has(*_TRACE)
    return found or (_is_page(head) if "data" in head.names else found)


def _is_page(head: Head) -> Verdict:
    pages = [record["data"] for record in head.records if isinstance(record.get("data"), list)]
    elements = [each for page in pages for each in page[:1] if isinstance(each, dict)]
    if any(set(form) <= set(each) for each in elements for form in (_SPAN, _OTLP_SPAN, _TRACE)):
        return CLAIMED
    return declined("no page of spans or traces of Phoenix")


def read(stream: BinaryIO) -> Iterator[Batch]:
    return reading.read(stream, reading.Queries(spans=SPANS, nothing=_SAYS_NOTHING))
