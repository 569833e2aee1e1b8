"""LangSmith's feedback records.

Who says it: `model` is an evaluator, `app` a person in LangSmith's interface. `api` is whatever the
application sent; there the key tells the user's own word (`user_score`) from an evaluation.
Feedback that names a run and no trace is taken to be on the root, where applications put it: a
root run's id is its trace's.
"""

from __future__ import annotations

from spanmart.formats._feedback_words import is_said_by_user, kind_of_user_feedback

_TEXTS = (
    *("id", "run_id", "trace_id", "key", "score", "comment", "created_at", "modified_at"),
    "session_id",
)
_DOCUMENTS = ("value", "correction", "feedback_source", "extra")
_SHAPE = (
    "{"
    + ", ".join(
        [
            *(f'"{each}": "VARCHAR"' for each in _TEXTS),
            *(f'"{each}": "JSON"' for each in _DOCUMENTS),
        ]
    )
    + "}"
)

FEEDBACK = f"""
read_feedback as (
    select
        * exclude (object),
        json_transform(object, '{_SHAPE}') as said
    from found
    where is_feedback
),

named_feedback as materialized (
    select
        record_number,
        named_id,
        sent_at_nanos,
        {", ".join(f"said(said.{each}) as {each}" for each in _TEXTS)},
        {", ".join(f"inner_json(said.{each}) as {each}" for each in _DOCUMENTS)}
    from read_feedback
),

judged as materialized (
    select
        *,
        case score
            when 'true' then 1
            when 'false' then 0
            else coalesce(
                try_cast(score as double),
                case when score is null then try_cast(value ->> '$' as double) end
            )
        end as number,
        case when json_type(value) = 'VARCHAR' then said(value ->> '$') end as words,
        case feedback_source ->> '$.type'
            when 'model' then 'evaluator'
            when 'app' then 'reviewer'
            else case when {is_said_by_user("key")} then 'user' else 'evaluator' end
        end as source
    from named_feedback
)

select
    record_number,
    coalesce(id, named_id) as feedback_id,
    coalesce(trace_id, run_id) as trace_id,
    run_id as span_id,
    coalesce(moment_nanos(created_at), sent_at_nanos) as time_unix_nano,
    nanos_timestamp(coalesce(moment_nanos(modified_at), moment_nanos(created_at)))
        as source_version_at,
    case
        when source = 'user' then {kind_of_user_feedback("key", "number", "words")}
        when number is null and words is null and said(correction ->> '$') is not null
            then 'correction'
        when source = 'reviewer' then 'reviewer_label'
        else 'evaluator_label'
    end as kind,
    source as feedback_source,
    feedback_source ->> '$.user_id' as author,
    number as score,
    -- A category; what is longer is prose.
    case when length(words) <= 64 then words end as label,
    nullif(concat_ws(
        chr(10),
        comment,
        case when length(words) > 64 then words end,
        said(correction ->> '$')
    ), '') as comment,
    case when source <> 'user' then key end as evaluator_name,
    map {{
        'langsmith.feedback.key': key,
        'langsmith.feedback.source': feedback_source ->> '$.type',
        'langsmith.project.id': session_id
    }} as attributes
from judged
where coalesce(run_id, trace_id) is not null
"""
