"""Annotations of Arize Phoenix: of spans, documents, traces and sessions, and notes.

    annotation  `get_span_annotations`, or a page {"data": [annotation...]} of
                /v1/projects/<p>/{span,trace,session}_annotations; what was sent to make one
    dataframe   `get_span_annotations_dataframe` and the others, saved as JSON Lines, CSV or
                Parquet: `annotation_name`, `result.label`, `result.score`, `result.explanation`

Phoenix knows a person (HUMAN) but not whether that is the app's user or a reviewer. Who annotates
in Phoenix itself (source APP) reviews; of what an application sends, the name tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._feedback_words import is_said_by_user, kind_of_user_feedback
from spanmart.formats._head import CLAIMED, Head, Verdict, declined
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="Phoenix annotations: get_*_annotations, their dataframes, REST pages",
    status=Status.RECORDED,
    record_key="what it is about, name and identifier: Phoenix overwrites by them",
    version="updated_at",
)

_TARGETS = ("span_id", "trace_id", "session_id")

FEEDBACK = f"""
with
annotations as (
    select
        record_number,
        elements(row -> 'data') is not null as is_page,
        unnest(coalesce(elements(row -> 'data'), [row])) as annotation
    from records
),
named as (
    select
        record_number,
        annotation ->> 'trace_id' as trace_id,
        annotation ->> 'span_id' as span_id,
        annotation ->> 'session_id' as session_id,
        coalesce(annotation ->> 'name', annotation ->> 'annotation_name') as name,
        upper(annotation ->> 'annotator_kind') as annotator,
        annotation ->> 'source' as made_in,
        said(annotation ->> 'identifier') as identifier,
        annotation ->> 'document_position' as position,
        dict_of(annotation -> 'metadata') as metadata,
        annotation ->> 'user_id' as user_id,
        annotation ->> 'id' as id,
        try_cast(coalesce(
            annotation ->> '$.result.score', annotation ->> 'result.score', annotation ->> 'score'
        ) as double) as score,
        said(coalesce(
            annotation ->> '$.result.label', annotation ->> 'result.label', annotation ->> 'label'
        )) as label,
        said(coalesce(
            annotation ->> '$.result.explanation',
            annotation ->> 'result.explanation',
            annotation ->> 'explanation'
        )) as explanation,
        moment_nanos(annotation ->> 'created_at') as created_at,
        moment_nanos(annotation ->> 'updated_at') as updated_at
    from annotations
    where is_page or (annotation -> 'annotator_kind') is not null
)
select
    record_number,
    -- Ids of Phoenix are numbers of one server: what it overwrites by is the same on each.
    md5(concat_ws(
        chr(31), coalesce(span_id, trace_id, session_id), name, coalesce(identifier, ''), position
    )) as feedback_id,
    trace_id,
    span_id,
    session_id as conversation_id,
    coalesce(created_at, updated_at) as time_unix_nano,
    nanos_timestamp(updated_at) as source_version_at,
    case
        when annotator <> 'HUMAN' then 'evaluator_label'
        when name = 'note' then 'free_text'
        when made_in = 'APP' or not {is_said_by_user("name")} then 'reviewer_label'
        else {kind_of_user_feedback("name", "score", "label")}
    end as kind,
    case
        when annotator <> 'HUMAN' then 'evaluator'
        when name = 'note' or made_in = 'APP' or not {is_said_by_user("name")} then 'reviewer'
        else 'user'
    end as feedback_source,
    case when annotator = 'HUMAN'
        then coalesce(user_id, metadata ->> 'user_id', metadata ->> 'user')
    end as author,
    score,
    label,
    explanation as comment,
    name as evaluator_name,
    map {{
        'phoenix.annotation.id': id,
        'phoenix.annotation.identifier': identifier,
        'phoenix.annotation.source': made_in,
        'phoenix.annotator_kind': annotator,
        'phoenix.document_position': position,
        'metadata': said(metadata ->> '$')
    }} as attributes
from named
"""


def sniff(head: Head) -> Verdict:
    target = head.has("span_id") | head.has("trace_id") | head.has("session_id")
    name = head.has("name") | head.has("annotation_name")
    found = head.has("annotator_kind") & name & target
    return found or (_is_page(head) if "data" in head.names else found)


def _is_page(head: Head) -> Verdict:
    pages = [record["data"] for record in head.records if isinstance(record.get("data"), list)]
    first = [each for page in pages for each in page[:1] if isinstance(each, dict)]
    if any("annotator_kind" in each and any(of in each for of in _TARGETS) for each in first):
        return CLAIMED
    return declined("no page of annotations of Phoenix")


def read(stream: BinaryIO) -> Iterator[Batch]:
    queries = reading.Queries(feedback=FEEDBACK, nothing="(row -> 'data') = '[]'")
    return reading.read(stream, queries)
