"""Evaluation tables as Arize takes and gives them: a row a span, columns `eval.<name>.label`,
`.score` and `.explanation`, and `context.span_id`.

[arize `log_evaluations`, Arize AX docs.] `trace_eval.` judges the trace and `session_eval.` the
session. The table says no time unless it has a column for it, nor who judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import CLAIMED, Head, Verdict, declined
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="Evaluation tables with eval.<name>.label, .score and .explanation (Arize)",
    status=Status.BY_SPECIFICATION,
    record_key="span, trace or session id, and name of the evaluation",
    version="a time column, if there is one",
)
_COLUMN = re.compile(r"(?:trace_|session_)?eval\..+\.(?:label|score|explanation)")
_ID_COLUMNS = (
    *("context.span_id", "context.trace_id", "span_id", "trace_id"),
    *("attributes.session.id", "session_id", "session.id"),
)
# Such a table is one of spans, which may have evaluations beside them.
_OF_SPANS = ("parent_id", "span_kind", "start_time")

_JUDGEMENTS = r"""
with members as materialized (
    select
        record_number,
        unnest(map_entries(texts_of(row))) as member
    from records
),

judged as (
    select
        record_number,
        coalesce(regexp_extract(member.key, '^(trace|session)_eval\.', 1), '') as judges,
        regexp_extract(member.key, '^(?:trace_|session_)?eval\.(.+)\.[a-z]+$', 1) as name,
        max(said(member.value)) filter (where ends_with(member.key, '.label')) as label,
        max(said(member.value)) filter (where ends_with(member.key, '.score')) as said_score,
        max(said(member.value)) filter (where ends_with(member.key, '.explanation')) as explanation
    from members
    where regexp_full_match(
        member.key, '(?:trace_|session_)?eval\..+\.(?:label|score|explanation)'
    )
    group by all
),

targets as materialized (
    select
        record_number,
        unnest(json_transform(row, '{
            "context.span_id": "VARCHAR", "span_id": "VARCHAR", "context.trace_id": "VARCHAR",
            "trace_id": "VARCHAR", "attributes.session.id": "VARCHAR", "session_id": "VARCHAR",
            "session.id": "VARCHAR", "timestamp": "VARCHAR", "created_at": "VARCHAR",
            "updated_at": "VARCHAR", "evaluated_at": "VARCHAR"
        }'))
    from records
),

placed as (
    select
        record_number,
        judges,
        name,
        nullif(lower(label), 'nan') is not null as has_label,
        label,
        case lower(said_score) when 'true' then 1 when 'false' then 0 when 'nan' then null
            else try_cast(said_score as double) end as score,
        explanation,
        coalesce(said("context.trace_id"), said(trace_id)) as trace_id,
        case when judges = '' then coalesce(said("context.span_id"), said(span_id)) end as span_id,
        coalesce(said("attributes.session.id"), said(session_id), said("session.id")) as session_id,
        coalesce(
            moment_nanos(evaluated_at), moment_nanos(updated_at), moment_nanos(created_at),
            moment_nanos("timestamp")
        ) as judged_nanos
    from judged
    inner join targets using (record_number)
)

select
    record_number,
    md5(concat_ws(' ', judges, coalesce(span_id, ''), coalesce(trace_id, ''),
        coalesce(session_id, ''), name)) as feedback_id,
    case when judges <> 'session' then trace_id end as trace_id,
    span_id,
    session_id as conversation_id,
    'evaluator_label' as kind,
    'evaluator' as feedback_source,
    case when has_label then label end as label,
    score,
    name as evaluator_name,
    explanation as comment,
    judged_nanos as time_unix_nano,
    nanos_timestamp(judged_nanos) as source_version_at
from placed
where has_label or score is not null
"""


def sniff(head: Head) -> Verdict:
    if not any(_COLUMN.fullmatch(name) for name in head.names):
        return declined("no eval.<name>.label, .score or .explanation")
    if not any(name in head.names for name in _ID_COLUMNS):
        return declined(f"none of {', '.join(_ID_COLUMNS)}")
    return head.has_no(*_OF_SPANS) & CLAIMED


def read(stream: BinaryIO) -> Iterator[Batch]:
    # A span that was not judged.
    nothing = "regexp_matches(row, '\"(trace_|session_)?eval\\.') or contains(row, '_id\"')"
    return reading.read(stream, reading.Queries(feedback=_JUDGEMENTS, nothing=nothing))
