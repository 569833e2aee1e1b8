"""The relation `traces`, a row a trace, whatever it came in: common table expressions."""

from __future__ import annotations

# MLflow 2 has lists of {"key", "value"} where MLflow 3 has objects.
_TEXTS = """
    case when json_type({0}) = 'ARRAY'
        then keyed(list_transform(elements({0}), lambda each: {{
            'key': each ->> 'key', 'value': each ->> 'value'
        }}))
        else texts_of({0})
    end
"""

TRACES = f"""
documents as (
    select
        record_number,
        row,
        unnest(coalesce(elements(row -> 'traces'), [inner_json(row -> 'trace'), row])) as document,
        -- A trace stands before its row of a frame; the row is there for what has no trace.
        unnest(range(coalesce(len(elements(row -> 'traces')), 2))) as place,
        (row -> 'traces') is null as is_one
    from records
),
chosen as (
    select *
    from documents
    where not is_one or json_type(document) = 'OBJECT'
    qualify not is_one or row_number() over (partition by record_number order by place) = 1
),
infos as (
    select
        record_number,
        place,
        is_one,
        coalesce(document -> 'info', document -> 'trace_info', document) as info,
        coalesce(
            elements(inner_json(document -> 'data') -> 'spans'),
            elements(inner_json(document -> 'spans')),
            case when is_one then elements(inner_json(row -> 'spans')) end,
            []
        ) as spans
    from chosen
),
traces as (
    select
        record_number,
        place,
        info,
        spans,
        -- The id that the spans have is the one that OpenTelemetry knows; MLflow 2 has another.
        coalesce(
            spans[1] ->> '$.context.trace_id', spans[1] ->> 'trace_id',
            info ->> 'trace_id', info ->> 'request_id'
        ) as trace_id,
        {_TEXTS.format("(info -> 'tags')")} as tags,
        {_TEXTS.format("coalesce(info -> 'trace_metadata', info -> 'request_metadata')")}
            as metadata
    from infos
    -- What is in a page and is no trace is a reject of its own.
    where trace_id is not null or not is_one
)
"""
