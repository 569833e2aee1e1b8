"""Langfuse's scores as feedback.

Who says it: ANNOTATION is a person who reviews, EVAL a model or a program. API is whatever the
application sent, and so is what was posted; there the name tells the user's own word
(`user_feedback`, `csat`) from an evaluation.
"""

from __future__ import annotations

from spanmart.formats._feedback_words import is_said_by_user, kind_of_user_feedback

_MEMBERS = {
    **dict.fromkeys(("id", "name", "value", "source", "comment", "timestamp"), "VARCHAR"),
    **dict.fromkeys(("traceId", "observationId", "sessionId", "datasetRunId"), "VARCHAR"),
    **dict.fromkeys(("stringValue", "longStringValue", "dataType", "createdAt"), "VARCHAR"),
    **dict.fromkeys(("updatedAt", "authorUserId", "environment"), "VARCHAR"),
    **dict.fromkeys(("metadata", "subject"), "JSON"),
}


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


_SHAPE = ", ".join(
    f'"{name}": "{kind}"'
    for camel, kind in _MEMBERS.items()
    for name in dict.fromkeys([camel, _snake(camel)])
)
_COLUMNS = ",\n        ".join(
    f"coalesce(said(said.{_snake(camel)}), said(said.{camel})) as {_snake(camel)}"
    for camel in _MEMBERS
)

FEEDBACK = f"""
read_scores as (
    select
        * exclude (object),
        json_transform(object, '{{{_SHAPE}}}') as said
    from found
    where kind = 'score'
),

named as (
    select
        record_number, event_nanos, sent_at_nanos,
        {_COLUMNS}
    from read_scores
),

-- The third version of the API says what is judged in one object.
targeted as materialized (
    select
        * replace (
            coalesce(trace_id, subject ->> '$.traceId',
                case when subject ->> '$.kind' = 'trace' then subject ->> '$.id' end) as trace_id,
            coalesce(
                observation_id,
                case when subject ->> '$.kind' = 'observation' then subject ->> '$.id' end
            ) as observation_id,
            coalesce(
                session_id, case when subject ->> '$.kind' = 'session' then subject ->> '$.id' end
            ) as session_id,
            coalesce(
                data_type,
                case
                    when value in ('true', 'false') then 'BOOLEAN'
                    when try_cast(value as double) is null then 'CATEGORICAL'
                    else 'NUMERIC'
                end
            ) as data_type
        )
    from named
),

judged as materialized (
    select
        *,
        case
            when data_type in ('NUMERIC', 'BOOLEAN') then
                case value when 'true' then 1 when 'false' then 0 else try_cast(value as double) end
        end as score,
        -- The number of a category is its place in a list, and no measure.
        case
            when data_type in ('NUMERIC', 'BOOLEAN') then null
            else coalesce(
                string_value,
                long_string_value,
                case when try_cast(value as double) is null then value end
            )
        end as words
    from targeted
),

sourced as materialized (
    select
        *,
        case
            when source = 'EVAL' then 'evaluator'
            when source = 'ANNOTATION' then 'reviewer'
            when {is_said_by_user("name")} then 'user'
            else 'evaluator'
        end as feedback_source
    from judged
)

select
    record_number,
    id as feedback_id,
    trace_id_of(trace_id) as trace_id,
    span_id_of(observation_id) as span_id,
    session_id as conversation_id,
    coalesce(
        moment_nanos(timestamp), moment_nanos(created_at), event_nanos, sent_at_nanos
    ) as time_unix_nano,
    nanos_timestamp(coalesce(moment_nanos(updated_at), event_nanos, moment_nanos(timestamp)))
        as source_version_at,
    case
        when data_type = 'CORRECTION' then 'correction'
        when feedback_source = 'user' then {kind_of_user_feedback("name", "score", "words")}
        when feedback_source = 'reviewer' then 'reviewer_label'
        when data_type = 'TEXT' then 'free_text'
        else 'evaluator_label'
    end as kind,
    feedback_source,
    author_user_id as author,
    score,
    case when data_type = 'CATEGORICAL' then words end as label,
    -- A text is prose, and a correction the answer as it should have been.
    case
        when data_type in ('TEXT', 'CORRECTION') then concat_ws(chr(10), words, comment)
        else comment
    end as comment,
    case when feedback_source <> 'user' then name end as evaluator_name,
    map {{
        'langfuse.score.name': name,
        'langfuse.score.source': source,
        'langfuse.environment': environment,
        'metadata': said(inner_json(metadata) ->> '$')
    }} as attributes
from sourced
where coalesce(trace_id, session_id) is not null or dataset_run_id is null
"""
