"""Rows of Braintrust logs and experiments: JSON Lines, JSON, CSV or Parquet from its UI and SDK,
answers of its fetch (`events`) and BTQL (`data`) endpoints, and rows as the SDK sends them.

A row is a span. Rows that the SDK sends may be parts of one (`_is_merge`): each lands as such, and
the models join them. A row that says `_object_delete` lands with `spanmart.record.is_deleted` if it
names its span; one that does not cannot be told what to delete, and is a reject. Scores and
comments on a row are feedback on its span.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import CLAIMED, Container, Head, Verdict, declined
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="Braintrust rows of logs and experiments (JSONL, CSV, Parquet, API)",
    status=Status.BY_SPECIFICATION,
    record_key="root_span_id and span_id; a score: row id and name",
    version="_xact_id",
)

# A transaction id has 0x0DE1, seconds since 1970 in 32 bits, and a counter in 16, which is below
# 65,536 and serves as microseconds: later transactions have later times. Any other number is only
# compared with its like.
_VERSION = """
    case
        when try_cast(row ->> '_xact_id' as bigint) >> 48 = 3553
            then make_timestamp(
                ((try_cast(row ->> '_xact_id' as bigint) >> 16) & 4294967295) * 1000000
                + (try_cast(row ->> '_xact_id' as bigint) & 65535)
            )
        when try_cast(row ->> '_xact_id' as bigint) between 0 and 1000000000000000
            then make_timestamp(try_cast(row ->> '_xact_id' as bigint))
        else nanos_timestamp(iso_nanos(row ->> 'created'))
    end
"""
_KINDS = {
    "llm": "LLM",
    "tool": "TOOL",
    "function": "CHAIN",
    "task": "CHAIN",
    "eval": "CHAIN",
    "automation": "CHAIN",
    "score": "EVALUATOR",
    "classifier": "EVALUATOR",
}
_KIND_MAP = ", ".join(f"'{ours}': '{theirs}'" for ours, theirs in _KINDS.items())


def _whole(name: str) -> str:
    """A count. The SDK writes some as 120.0."""
    return f"regexp_replace(metrics ->> '{name}', '[.]0+$', '')"


# What the metadata of a call holds of its prompt: content, which is not left in an attribute.
_NOT_METADATA = '{"prompt": null, "tools": null, "functions": null, "response_format": null}'

_ROWS = f"""
with
pages as (
    select
        record_number,
        unnest(coalesce(
            elements(row -> 'events'), elements(row -> 'rows'), elements(row -> 'data'), [row]
        )) as row
    from records
),
spans as materialized (
    select
        record_number,
        row,
        {_VERSION} as source_version_at,
        row ->> 'root_span_id' as trace_id,
        row ->> 'span_id' as span_id,
        inner_json(row -> 'metadata') as metadata,
        inner_json(row -> 'metrics') as metrics,
        inner_json(row -> 'span_attributes') as about,
        inner_json(row -> 'scores') as scores,
        inner_json(row -> 'comments') as comments,
        said(row ->> 'error') as error,
        coalesce(row ->> '_object_delete' in ('true', 'True'), false) as is_deleted
    from pages
)
"""

SPANS = f"""
{_ROWS}
select
    record_number,
    trace_id,
    span_id,
    inner_json(row -> 'span_parents') ->> 0 as parent_span_id,
    coalesce(about ->> 'name', row ->> 'name') as name,
    -- Unknown where a part does not say it: it must not win over a part that does.
    case
        when about ->> 'type' = 'llm' then 'client'
        when about ->> 'type' is not null then 'internal'
    end as kind,
    epoch_nanos(metrics ->> 'start') as start_time_unix_nano,
    epoch_nanos(metrics ->> 'end') as end_time_unix_nano,
    source_version_at,
    case when error is not null then 'error' end as status_code,
    error_line(error) as status_message,
    'braintrust.rows' as scope_name,
    map_concat(
        map {{
            'openinference.span.kind': coalesce(
                case when about ->> 'purpose' = 'scorer' then 'EVALUATOR' end,
                map {{{_KIND_MAP}}}[about ->> 'type'],
                upper(about ->> 'type')
            ),
            'llm.model_name': metadata ->> 'model',
            'gen_ai.provider.name': metadata ->> 'provider',
            'gen_ai.request.temperature': metadata ->> 'temperature',
            'gen_ai.request.max_tokens': metadata ->> 'max_tokens',
            'gen_ai.response.finish_reasons': nullif(cast(to_json(list_filter(
                list_transform(
                    elements(inner_json(row -> 'output')), lambda choice: choice ->> 'finish_reason'
                ),
                lambda reason: reason is not null
            )) as varchar), '[]'),
            'gen_ai.usage.input_tokens': {_whole("prompt_tokens")},
            'gen_ai.usage.output_tokens': {_whole("completion_tokens")},
            'gen_ai.usage.total_tokens': {_whole("tokens")},
            'gen_ai.usage.cache_read.input_tokens': {_whole("prompt_cached_tokens")},
            'gen_ai.usage.cache_write.input_tokens': {_whole("prompt_cache_creation_tokens")},
            'spanmart.usage.cache_write_5m.input_tokens':
                coalesce(
                    {_whole("prompt_cache_creation_5m_tokens")},
                    {_whole("prompt_cache_creation_tokens_5m")}
                ),
            'spanmart.usage.cache_write_1h.input_tokens':
                coalesce(
                    {_whole("prompt_cache_creation_1h_tokens")},
                    {_whole("prompt_cache_creation_tokens_1h")}
                ),
            'gen_ai.usage.reasoning.output_tokens': {_whole("completion_reasoning_tokens")},
            'gen_ai.usage.audio.input_tokens': {_whole("prompt_audio_tokens")},
            'gen_ai.usage.audio.output_tokens': {_whole("completion_audio_tokens")},
            'gen_ai.usage.cost': metrics ->> 'estimated_cost',
            'spanmart.model.time_to_first_token_ms': cast(
                try_cast(metrics ->> 'time_to_first_token' as double) * 1000 as varchar),
            'gen_ai.prompt.name': coalesce(
                metadata ->> '$.prompt.name', metadata ->> '$.prompt.key',
                metadata ->> '$.prompt.id'
            ),
            'gen_ai.prompt.version': metadata ->> '$.prompt.version',
            'llm.prompt_template.variables': metadata ->> '$.prompt.variables',
            'gen_ai.tool.definitions': coalesce(metadata ->> 'tools', metadata ->> 'functions'),
            'llm.expected.output': said(row ->> 'expected'),
            'error.type': error_class(error),
            'exception.stacktrace': case when contains(error, chr(10)) then error end,
            'metadata': nullif(
                case when json_type(metadata) = 'OBJECT'
                    then cast(json_merge_patch(metadata, json '{_NOT_METADATA}') as varchar) end,
                '{{}}'
            ),
            'tag.tags': said(row ->> 'tags'),
            'braintrust.row.id': row ->> 'id',
            'braintrust.project_id': row ->> 'project_id',
            'braintrust.experiment_id': row ->> 'experiment_id',
            'braintrust.span.purpose': about ->> 'purpose',
            'spanmart.record.is_partial': case
                when row ->> '_is_merge' in ('true', 'True') or is_deleted then 'true'
            end,
            'spanmart.record.is_deleted': case when is_deleted then 'true' end
        }},
        case
            when about ->> 'type' = 'tool' then map {{
                'gen_ai.tool.name': about ->> 'name',
                'gen_ai.tool.call.arguments': said(row ->> 'input'),
                'gen_ai.tool.call.result': said(row ->> 'output')
            }}
            else map {{
                'input.value': said(row ->> 'input'), 'output.value': said(row ->> 'output')
            }}
        end
    ) as attributes
from spans
"""

FEEDBACK = f"""
{_ROWS},
single_scores as (
    select *, unnest(json_keys(scores)) as score_name
    from spans
    where json_type(scores) = 'OBJECT'
),
single_comments as (
    select *, unnest(elements(comments)) as remark
    from spans
)
select
    record_number,
    concat(row ->> 'id', '/', score_name) as feedback_id,
    trace_id,
    span_id,
    'evaluator_label' as kind,
    'evaluator' as feedback_source,
    cast(null as varchar) as author,
    coalesce(
        epoch_nanos(metrics ->> 'end'),
        iso_nanos(row ->> 'created'),
        -- A part that only adds a score says when it was written, and nothing else.
        case when year(source_version_at) > 2000 then epoch_us(source_version_at) * 1000 end
    ) as time_unix_nano,
    source_version_at,
    try_cast(member(scores, score_name) ->> '$' as double) as score,
    cast(null as varchar) as comment,
    score_name as evaluator_name
from single_scores
where member(scores, score_name) ->> '$' is not null
union all
select
    record_number,
    concat(row ->> 'id', '/', remark ->> 'id'),
    trace_id,
    span_id,
    'free_text',
    'reviewer',
    coalesce(remark ->> '$.user.id', remark ->> '$.user.email', remark ->> 'user'),
    iso_nanos(remark ->> 'created'),
    nanos_timestamp(iso_nanos(remark ->> 'created')),
    null,
    coalesce(remark ->> '$.comment.text', remark ->> 'text', remark ->> 'comment'),
    null
from single_comments
where coalesce(remark ->> '$.comment.text', remark ->> 'text', remark ->> 'comment') is not null
"""
NOTHING = "json_array_length(coalesce(row -> 'events', row -> 'data')) = 0"


def sniff(head: Head) -> Verdict:
    if head.container is not Container.JSON:
        return head.has("span_id", "root_span_id", "_xact_id") | head.has(
            "span_id", "root_span_id", "span_attributes"
        )
    if any(map(_is_row, _rows(head))):
        return CLAIMED
    return declined("no row: span_id and root_span_id, with _xact_id or span_parents")


def read(stream: BinaryIO) -> Iterator[Batch]:
    queries = reading.Queries(spans=SPANS, feedback=FEEDBACK, nothing=NOTHING)
    return reading.read(stream, queries)


def _rows(head: Head) -> Iterator[Mapping[str, Any]]:
    for record in head.records:
        page = next((record[name] for name in ("events", "rows", "data") if name in record), None)
        rows = page if isinstance(page, list) else [record]
        yield from (row for row in rows if isinstance(row, dict))


def _is_row(row: Mapping[str, Any]) -> bool:
    marks = {"_xact_id", "span_parents", "span_attributes", "_is_merge"}
    return {"span_id", "root_span_id"} <= row.keys() and bool(marks & row.keys())
