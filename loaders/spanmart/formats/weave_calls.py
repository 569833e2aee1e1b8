"""Calls of W&B Weave: JSON Lines, CSV and Parquet of its export, answers of calls/stream_query, and
the halves that its SDK sends, `{"start": {...}}` and `{"end": {...}}`, alone or in a batch.

A call is a span. The usage in a call's summary is that of its model calls and of all calls below
it: the models count it where no call below has any. Columns of CSV are members joined with dots,
`summary.usage.gpt-4.1.prompt_tokens`. The half that ends a call names no trace: it is known where
the half that began it is in the same batch, and else the half is a reject. Looking further, what
lands would depend on how files are cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import CLAIMED, Container, Head, Verdict, declined
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="W&B Weave calls (JSONL, CSV, Parquet, SDK halves)",
    status=Status.BY_SPECIFICATION,
    record_key="trace id and call id; feedback: its id",
    version="deleted_at, else ended_at, else started_at",
)

# What is counted of each model: the names of OpenAI and of Anthropic, each as it came.
_COUNTS = {
    "gen_ai.usage.input_tokens": ("prompt_tokens", "input_tokens"),
    "gen_ai.usage.output_tokens": ("completion_tokens", "output_tokens"),
    "gen_ai.usage.total_tokens": ("total_tokens",),
    "gen_ai.usage.cache_read.input_tokens": (
        *("prompt_tokens_details.cached_tokens", "input_tokens_details.cached_tokens"),
        "cache_read_input_tokens",
    ),
    "gen_ai.usage.cache_write.input_tokens": ("cache_creation_input_tokens",),
    "gen_ai.usage.reasoning.output_tokens": (
        *("completion_tokens_details.reasoning_tokens", "output_tokens_details.reasoning_tokens"),
    ),
}


def _sum(pairs: str, names: tuple[str, ...]) -> str:
    """SQL: the sum over the models of the first of these counts that each has, as text."""
    first = "coalesce(" + ", ".join(f"one.counts['{name}']" for name in names) + ")"
    return f"""cast(list_sum(list_transform(
        {pairs}, lambda one: try_cast({first} as hugeint)
    )) as varchar)"""


_USAGE = ",\n        ".join(
    f"'{name}': {_sum('models', counts)}" for name, counts in _COUNTS.items()
)
# An operation that is a call of a provider's SDK, by the name that Weave's integrations give it.
_LLM_OPS = "chat|completion|messages|responses|generate|converse|invoke_model"

_CALLS = """
with
given as (
    select
        record_number,
        unnest(coalesce(
            list_transform(
                elements(row -> 'batch'), lambda one: coalesce(one -> 'req', one)
            ),
            [row]
        )) as given
    from records
),
calls as (
    select
        record_number,
        coalesce(given -> 'start', given -> 'end', given) as call,
        (given -> 'start') is not null or (given -> 'end') is not null as is_half
    from given
),
named as materialized (
    -- Members that CSV joined with dots, as the objects that they were.
    select
        record_number,
        is_half,
        call,
        coalesce(call ->> 'trace_id', begun.trace_id) as trace_id,
        call ->> 'id' as id,
        coalesce(inner_json(call -> 'attributes'), {attributes}) as attributes,
        coalesce(inner_json(call -> 'inputs'), {inputs}) as inputs,
        coalesce(inner_json(call -> 'output'), {output}) as output,
        {counts} as counts,
        coalesce(
            call ->> '$.summary.weave.status',
            inner_json(call -> 'summary') ->> '$.weave.status',
            call ->> 'summary.weave.status'
        ) as status,
        coalesce(
            inner_json(call -> 'summary') -> '$.weave.costs', {costs}
        ) as costs,
        coalesce(
            inner_json(call -> 'summary') -> '$.weave.feedback',
            inner_json(call -> 'summary.weave.feedback'), inner_json(call -> 'feedback')
        ) as feedback,
        said(call ->> 'exception') as exception,
        iso_nanos(call ->> 'started_at') as started_at,
        iso_nanos(call ->> 'ended_at') as ended_at,
        iso_nanos(call ->> 'deleted_at') as deleted_at
    from calls
    left join (
        select
            record_number as begun_number,
            call ->> 'id' as begun_id,
            any_value(call ->> 'trace_id') as trace_id
        from calls
        where is_half and call ->> 'trace_id' is not null
        group by all
    ) as begun
        on call ->> 'trace_id' is null
            and call ->> 'id' = begun_id
            and record_number = begun_number
)
"""


def _joined(prefix: str) -> str:
    """SQL: the members of a call whose names begin so, as an object."""
    return f"""
        case when contains(cast(json_keys(call) as varchar), '{prefix}') then to_json(keyed(
            list_transform(
                list_filter(json_keys(call), lambda name: starts_with(name, '{prefix}')),
                lambda name: {{
                    'key': substr(name, {len(prefix) + 1}), 'value': member(call, name) ->> '$'
                }}
            )
        )) end
    """


# `{"gpt-4.1": {"prompt_tokens": 1}}`, or `{"gpt-4.1.prompt_tokens": 1}`: a model and what was
# counted. A model's name may have dots; the name of a count is known.
_PER_MODEL = r"""
    list_transform(
        list_filter(
            map_entries(dotted_texts({0})),
            -- A table has a column for each model, NULL where another one was called.
            lambda pair: pair.value is not null and regexp_matches(pair.key, '{1}')
        ),
        lambda pair: {{
            'model': regexp_extract(pair.key, '{1}', 1),
            'name': regexp_extract(pair.key, '{1}', 2),
            'value': pair.value
        }}
    )
"""
_COUNT_NAMES = "|".join(name.replace(".", "[.]") for names in _COUNTS.values() for name in names)
_COUNT_PATTERN = rf"^(.+?)[.]((?:{_COUNT_NAMES}))$"
_COST_PATTERN = r"^(.+)[.](\w+_total_cost)$"

_NAMED = _CALLS.format(
    attributes=_joined("attributes."),
    inputs=_joined("inputs."),
    output=_joined("output."),
    counts=_PER_MODEL.format(
        "coalesce(inner_json(call -> 'summary') -> 'usage', " + _joined("summary.usage.") + ")",
        _COUNT_PATTERN,
    ),
    costs=_joined("summary.weave.costs."),
)

SPANS = f"""
{_NAMED},
described as materialized (
    select
        *,
        regexp_extract(call ->> 'op_name', '([^/:]+):[^/:]*$', 1) as op_name,
        list_transform(
            list_distinct(list_transform(counts, lambda one: one.model)),
            lambda model: {{
                'model': model,
                'counts': map_from_entries(list_transform(
                    list_filter(counts, lambda one: one.model = model),
                    lambda one: {{'key': one.name, 'value': one.value}}
                ))
            }}
        ) as models,
        {_PER_MODEL.format("costs", _COST_PATTERN)} as prices
    from named
)
select
    record_number,
    trace_id,
    id as span_id,
    call ->> 'parent_id' as parent_span_id,
    coalesce(said(call ->> 'display_name'), nullif(op_name, ''), call ->> 'op_name') as name,
    started_at as start_time_unix_nano,
    ended_at as end_time_unix_nano,
    nanos_timestamp(coalesce(deleted_at, ended_at, started_at)) as source_version_at,
    case
        when exception is not null or status = 'error' then 'error'
        when status = 'success' then 'ok'
    end as status_code,
    error_line(exception) as status_message,
    'weave.calls' as scope_name,
    map {{
        {_USAGE},
        'gen_ai.usage.cost': cast(list_sum(list_transform(
            prices, lambda one: try_cast(one.value as decimal(38, 12))
        )) as varchar),
        'llm.model_name': case when len(models) = 1 then models[1].model end,
        'gen_ai.provider.name': nullif(lower(regexp_extract(
            op_name, '^(?i:(openai|anthropic|mistral|cohere|groq|bedrock))[._]', 1)), ''),
        'openinference.span.kind': case
            when coalesce(attributes ->> '$.weave.kind', attributes ->> 'kind')
                in ('llm', 'tool', 'agent')
                then upper(coalesce(attributes ->> '$.weave.kind', attributes ->> 'kind'))
            when regexp_matches(op_name, '(?i)embed') then 'EMBEDDING'
            when regexp_matches(op_name, '^\\w+[._].*({_LLM_OPS})') and len(models) = 1
                then 'LLM'
            when regexp_matches(op_name, '(?i)(scorer|[._]score$)') then 'EVALUATOR'
        end,
        'gen_ai.response.model': case when len(models) = 1 then output ->> 'model' end,
        'gen_ai.response.finish_reasons': nullif(cast(to_json(list_filter(
            list_concat(
                list_transform(
                    elements(output -> 'choices'), lambda choice: choice ->> 'finish_reason'
                ),
                [output ->> 'stop_reason']
            ),
            lambda reason: reason is not null
        )) as varchar), '[]'),
        'gen_ai.conversation.id': said(call ->> 'thread_id'),
        'user.id': said(call ->> 'wb_user_id'),
        'error.type': error_class(exception),
        'exception.stacktrace': case when contains(exception, chr(10)) then exception end,
        'input.value': said(inputs ->> '$'),
        'output.value': said(output ->> '$'),
        'metadata': nullif(
            case when json_type(attributes) = 'OBJECT'
                then cast(json_merge_patch(attributes, json '{{"weave": null}}') as varchar)
            end,
            '{{}}'
        ),
        'weave.op_name': call ->> 'op_name',
        'weave.project_id': call ->> 'project_id',
        'weave.turn_id': said(call ->> 'turn_id'),
        'weave.run_id': said(call ->> 'wb_run_id'),
        'spanmart.record.is_partial': case when is_half then 'true' end,
        'spanmart.record.is_deleted': case when deleted_at is not null then 'true' end
    }} as attributes
from described
where id is not null
"""

FEEDBACK = f"""
{_NAMED},
remarks as (
    select record_number, trace_id, id, unnest(elements(feedback)) as remark
    from named
),
said_of as (
    select *, remark ->> 'feedback_type' as feedback_type, remark -> 'payload' as payload
    from remarks
)
select
    record_number,
    remark ->> 'id' as feedback_id,
    trace_id,
    id as span_id,
    iso_nanos(remark ->> 'created_at') as time_unix_nano,
    case
        when starts_with(feedback_type, 'wandb.reaction') then 'thumbs'
        when starts_with(feedback_type, 'wandb.note') then 'free_text'
        when starts_with(feedback_type, 'wandb.annotation') then 'reviewer_label'
        else 'evaluator_label'
    end as kind,
    case
        when regexp_matches(feedback_type, '^wandb[.](reaction|note)') then 'user'
        when starts_with(feedback_type, 'wandb.annotation') then 'reviewer'
        else 'evaluator'
    end as feedback_source,
    coalesce(remark ->> 'creator', remark ->> 'wb_user_id') as author,
    case
        when payload ->> 'alias' = ':thumbs_up:' or payload ->> 'emoji' in ('👍', ':+1:') then 1
        when payload ->> 'alias' = ':thumbs_down:' or payload ->> 'emoji' in ('👎', ':-1:') then 0
        else coalesce(
            try_cast(payload ->> 'value' as double), try_cast(payload ->> 'output' as double)
        )
    end as score,
    coalesce(
        payload ->> 'emoji',
        case
            when try_cast(payload ->> 'value' as double) is null
                and json_type(payload -> 'value') in ('VARCHAR', 'BOOLEAN') then payload ->> 'value'
        end
    ) as label,
    coalesce(
        payload ->> 'note',
        case
            when json_type(payload -> 'output') in ('OBJECT', 'ARRAY') then payload ->> 'output'
        end
    ) as comment,
    nullif(regexp_replace(
        feedback_type, '^wandb[.](reaction|note|annotation|runnable)[.]?[0-9]*', ''), ''
    ) as evaluator_name
from said_of
where feedback_type is not null
"""


def sniff(head: Head) -> Verdict:
    if head.container is not Container.JSON:
        return head.has("id", "op_name", "trace_id", "started_at")
    if any(map(_is_call, _calls(head))):
        return CLAIMED
    return declined("no call: id, project_id and op_name")


def read(stream: BinaryIO) -> Iterator[Batch]:
    return reading.read(stream, reading.Queries(spans=SPANS, feedback=FEEDBACK))


def _calls(head: Head) -> Iterator[Mapping[str, Any]]:
    for record in head.records:
        batch = record.get("batch")
        for one in batch if isinstance(batch, list) else [record]:
            given = one.get("req", one) if isinstance(one, dict) else {}
            if isinstance(given, dict):
                call = given.get("start", given.get("end", given))
                yield call if isinstance(call, dict) else {}


def _is_call(call: Mapping[str, Any]) -> bool:
    begun = {"id", "op_name", "started_at"} <= call.keys()
    ended = {"id", "project_id", "ended_at", "summary"} <= call.keys()
    return begun or ended
