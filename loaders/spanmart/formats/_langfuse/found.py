"""Containers of Langfuse objects, and what of them a record rightly holds nothing of."""

from __future__ import annotations

from spanmart.formats._requests import IS_EMPTY, REQUESTS

# found: record_number, kind ('observation', 'trace', 'score'), object JSON, and for an event of the
# ingestion API its type and when it was made; for a recorded request when it was sent. An event
# says what is new: a create is followed by updates, so each is a part of its observation or trace.
FOUND = f"""
{REQUESTS},

typed_bodies as (
    select
        *,
        json_type(
            body, ['$', '$.data', '$.batch', '$.trace', '$.observations[0]', '$.scores[0]']
        ) as kinds
    from requests
),

elements as materialized (
    select
        record_number,
        sent_at_nanos,
        unnest(
            case
                when kinds[1] = 'ARRAY' then try_cast(body as json[])
                when kinds[2] = 'ARRAY' then try_cast(body -> '$.data' as json[])
                when kinds[3] = 'ARRAY'
                    then try_cast(body -> '$.batch' as json[])
                when kinds[4] = 'OBJECT'
                    then list_concat(
                        [body -> '$.trace'],
                        try_cast(body -> '$.trace.scores' as json[]),
                        try_cast(body -> '$.trace.corrections' as json[]),
                        try_cast(body -> '$.observations' as json[])
                    )
                -- A whole trace of the API; in a list of traces these are ids.
                when kinds[5] = 'OBJECT'
                    or kinds[6] = 'OBJECT'
                    then list_concat(
                        [body],
                        try_cast(body -> '$.observations' as json[]),
                        try_cast(body -> '$.scores' as json[])
                    )
                when kinds[1] = 'OBJECT' then [body]
            end
        ) as element,
        kinds[1] = 'OBJECT' and coalesce(kinds[2], kinds[3], kinds[4], kinds[5]) is null as is_alone
    from typed_bodies
),

opened as materialized (
    select
        record_number,
        sent_at_nanos,
        is_alone,
        case when is_event then element -> '$.body' else element end as object,
        case when is_event then element ->> '$.type' end as event_type,
        case when is_event then iso_nanos(element ->> '$.timestamp') end as event_nanos
    from (
        select
            *,
            regexp_full_match(element ->> '$.type', '[a-z]+-(create|update|log)')
            and json_type(element -> '$.body') = 'OBJECT' as is_event
        from elements
    )
),

found as materialized (
    select
        record_number,
        object,
        event_type,
        event_nanos,
        sent_at_nanos,
        case
            when event_type like 'score-%' then 'score'
            when event_type like 'trace-%' then 'trace'
            when event_type = 'sdk-log' then null
            when event_type is not null then 'observation'
            when coalesce(members[1], members[2]) is not null then 'observation'
            when coalesce(members[3], members[4], members[5], members[6], members[7]) is not null
                then 'score'
            when members[8] is not null
                and coalesce(members[9], members[10], members[11]) is not null then 'trace'
            -- What stands among others and has no ids becomes a reject.
            when not is_alone then 'observation'
        end as kind
    from (
        select
            *,
            json_type(object, [
                '$.start_time', '$.startTime',
                '$.data_type', '$.dataType', '$.value', '$.string_value', '$.stringValue',
                '$.id', '$.timestamp', '$.created_at', '$.createdAt'
            ]) as members
        from opened
    )
)
"""

# An empty page, a manifest of the blob export, what an SDK logs of itself, and a score of a data
# set's run, which judges no request.
NOTHING = f"""(
    {IS_EMPTY}
    or json_array_length(row -> '$.data') = 0
    or json_array_length(row -> '$.batch') = 0
    or (json_type(row -> '$.files') = 'ARRAY' and (row ->> '$.exportSource') is not null)
    or (row ->> '$.type') = 'sdk-log'
    or coalesce(row ->> '$.dataset_run_id', row ->> '$.datasetRunId', '') <> ''
)"""
