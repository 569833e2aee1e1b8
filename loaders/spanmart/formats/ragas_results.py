"""Result tables of RAGAS: a row a sample, a column a metric (`EvaluationResult.to_pandas()`).

[ragas 0.1 to 0.3.] A metric is a column of numbers that is none of the sample's own: aspect critics
have any name. Which trace a sample was, RAGAS does not know: a table needs a column for it, which
`trace_id`, `span_id`, `conversation_id`, `session_id`, `thread_id` and `request_id` are; a row
without one is rejected. Texts of the samples are not landed: they are in the trace.
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
    title="RAGAS result tables with an id column (CSV, Parquet or JSON)",
    status=Status.BY_SPECIFICATION,
    record_key="trace, span, conversation or request id, and metric",
    version="evaluated_at, if there is such a column",
)

# What tells such a table: metrics that RAGAS ships, beside a sample.
_METRIC = re.compile(
    r"(?:faithfulness|answer_(?:relevancy|correctness|similarity|accuracy)|response_relevancy"
    r"|(?:llm_|non_llm_|id_based_)?context_(?:precision|recall|relevance|relevancy|utilization"
    r"|entity_recall)|context_entity_recall|factual_correctness|semantic_similarity"
    r"|noise_sensitivity|response_groundedness|nv_[a-z_]+|tool_call_(?:accuracy|f1)"
    r"|topic_adherence|agent_goal_accuracy|summary_score|harmfulness|correctness|maliciousness"
    r"|coherence|conciseness|rubrics?_score|simple_criteria|aspect_critic)"
    r"(?:_with(?:out)?_reference|_with_human_feedback)?(?:\(.*\))?"
)
# Of the sample and of the table, and what numbers of a run are no judgement.
_NO_METRIC = (
    "user_input|question|query|retrieved_contexts|contexts|response|answer|reference"
    "|ground_truths?|reference_contexts|(retrieved|reference)_context_ids|multi_responses"
    "|reference_tool_calls|rubrics?|summary|persona_name|query_(style|length)|synthesizer_name"
    "|episode_done|evolution_type|metadata|index|level_0|id|row|seed|unnamed.*|__index.*"
    "|.*(_id|_ids|id|_at|_ms|_s|time|timestamp|date|tokens|token_count|cost|latency|duration"
    "|_reason|_explanation|version)|"
)

_JUDGEMENTS = f"""
with samples as materialized (
    select
        record_number,
        texts_of(row) as members,
        unnest(json_transform(row, '{{
            "trace_id": "VARCHAR", "traceId": "VARCHAR", "context.trace_id": "VARCHAR",
            "span_id": "VARCHAR", "context.span_id": "VARCHAR", "conversation_id": "VARCHAR",
            "session_id": "VARCHAR", "thread_id": "VARCHAR", "request_id": "VARCHAR",
            "evaluated_at": "VARCHAR", "created_at": "VARCHAR", "timestamp": "VARCHAR"
        }}'))
    from records
),

judged as (
    select
        record_number,
        members,
        coalesce(said(trace_id), said("traceId"), said("context.trace_id")) as trace_id,
        coalesce(said(span_id), said("context.span_id")) as span_id,
        coalesce(said(conversation_id), said(session_id), said(thread_id)) as conversation_id,
        said(request_id) as request_id,
        coalesce(
            moment_nanos(evaluated_at), moment_nanos(created_at), moment_nanos("timestamp")
        ) as judged_nanos,
        unnest(list_filter(
            map_entries(members),
            lambda member: not regexp_full_match(lower(trim(member.key)), '{_NO_METRIC}')
                and case lower(member.value) when 'true' then true when 'false' then true
                    else isfinite(try_cast(member.value as double)) end
        )) as metric
    from samples
)

select
    record_number,
    md5(concat_ws(' ', coalesce(span_id, ''), coalesce(trace_id, ''),
        coalesce(conversation_id, ''), coalesce(request_id, ''), metric.key)) as feedback_id,
    trace_id,
    span_id,
    conversation_id,
    request_id,
    'evaluator_label' as kind,
    'evaluator' as feedback_source,
    case lower(metric.value) when 'true' then 1 when 'false' then 0
        else try_cast(metric.value as double) end as score,
    metric.key as evaluator_name,
    coalesce(said(members[metric.key || '_reason']), said(members[metric.key || '_explanation']))
        as comment,
    judged_nanos as time_unix_nano,
    nanos_timestamp(judged_nanos) as source_version_at
from judged
"""


def sniff(head: Head) -> Verdict:
    if not ({"user_input", "question"} & head.names):
        return declined("no user_input and no question")
    if not any(_METRIC.fullmatch(name) for name in head.names):
        return declined("no metric of RAGAS")
    return CLAIMED


def read(stream: BinaryIO) -> Iterator[Batch]:
    # A sample of which every metric failed.
    nothing = "coalesce(row -> 'user_input', row -> 'question') is not null"
    return reading.read(stream, reading.Queries(feedback=_JUDGEMENTS, nothing=nothing))
