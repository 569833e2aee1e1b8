"""Assessments of MLflow's traces as feedback."""

from __future__ import annotations

from spanmart.formats._feedback_words import is_said_by_user, kind_of_user_feedback
from spanmart.formats._mlflow.traces import TRACES

# A longer word is no label but a text.
_LABEL_CHARS = 100

FEEDBACK = f"""
with
{TRACES},
assessments as (
    select
        record_number,
        trace_id,
        elements(inner_json(info -> 'assessments')) as assessments_of_trace,
        unnest(assessments_of_trace) as assessment
    from traces
),
valued as (
    select
        *,
        assessment ->> 'assessment_id' as id,
        coalesce(assessment ->> 'assessment_name', assessment ->> 'name') as name,
        upper(assessment ->> '$.source.source_type') as source_type,
        assessment ->> '$.source.source_id' as source_id,
        (assessment -> 'expectation') is not null as is_expectation,
        coalesce(
            assessment -> '$.feedback.value',
            assessment -> '$.expectation.value',
            assessment -> '$.expectation.serialized_value.value'
        ) as value,
        case json_type(value)
            when 'BOOLEAN' then cast((value ->> '$') = 'true' as double)
            else try_cast(value ->> '$' as double)
        end as number,
        case
            when json_type(value) in ('VARCHAR', 'BOOLEAN') and number is null
                or json_type(value) = 'BOOLEAN'
                then value ->> '$'
        end as words,
        said(assessment ->> 'rationale') as rationale
    from assessments
    -- Another one overrides it, and is in the list.
    where coalesce(assessment ->> 'valid', 'true') <> 'false'
)
select
    record_number,
    -- What overrides another is a version of it, and so is what overrides that.
    list_reduce(
        [id] || list_transform(assessments_of_trace, lambda each: each ->> 'assessment_id'),
        lambda found, _: coalesce(
            list_filter(
                assessments_of_trace, lambda each: (each ->> 'assessment_id') = found
            )[1] ->> 'overrides',
            found
        )
    ) as feedback_id,
    trace_id,
    said(assessment ->> 'span_id') as span_id,
    moment_nanos(assessment ->> 'create_time') as time_unix_nano,
    nanos_timestamp(coalesce(
        moment_nanos(assessment ->> 'last_update_time'), moment_nanos(assessment ->> 'create_time')
    )) as source_version_at,
    case
        when source_type <> 'HUMAN' then 'evaluator_label'
        when is_expectation or not {is_said_by_user("name")} then 'reviewer_label'
        else {kind_of_user_feedback("name", "number", "words")}
    end as kind,
    case
        when source_type <> 'HUMAN' then 'evaluator'
        when is_expectation or not {is_said_by_user("name")} then 'reviewer'
        else 'user'
    end as feedback_source,
    case when source_type = 'HUMAN' then source_id end as author,
    -- An expectation is what would be right, no judgement of what was answered.
    case when not is_expectation then number end as score,
    case when not is_expectation and length(words) <= {_LABEL_CHARS} then words end as label,
    nullif(concat_ws(chr(10), rationale, case
        when is_expectation or length(words) > {_LABEL_CHARS} then value ->> '$'
    end), '') as comment,
    name as evaluator_name,
    map {{
        'mlflow.assessment.kind': case when is_expectation then 'expectation' end,
        'mlflow.assessment.source_type': source_type,
        'mlflow.assessment.source_id': case when source_type <> 'HUMAN' then source_id end,
        'mlflow.assessment.error': coalesce(
            assessment ->> '$.feedback.error.error_code', assessment ->> '$.error.error_code'
        ),
        'metadata': said(assessment ->> 'metadata')
    }} as attributes
from valued
"""
