"""Containers of LangSmith's runs and feedback, and what rightly holds neither."""

from __future__ import annotations

from spanmart.formats._requests import IS_EMPTY, PARTS, REQUESTS

_UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
# Members of a run that a multipart body sends as parts of their own, and that JSON columns of the
# bulk export hold as texts.
DOCUMENTS = ("inputs", "outputs", "extra", "events", "error")

# found: record_number, operation ('post', 'patch'; NULL for a run as it is), named_id, object JSON,
# the documents of a multipart run JSON, and when it was sent. `is_feedback` tells the two apart.
FOUND = f"""
{REQUESTS},

{PARTS},

typed_bodies as (
    select
        *,
        json_type(body, ['$.runs', '$.post', '$.patch', '$']) as kinds
    from requests
),

elements as materialized (
    select
        record_number,
        sent_at_nanos,
        path,
        unnest(
            case
                when kinds[4] = 'ARRAY' then try_cast(body as json[])
                when kinds[1] = 'ARRAY' then try_cast(body -> '$.runs' as json[])
                when kinds[2] = 'ARRAY' or kinds[3] = 'ARRAY'
                    then list_concat(
                        coalesce(try_cast(body -> '$.post' as json[]), []),
                        coalesce(try_cast(body -> '$.patch' as json[]), [])
                    )
                when kinds[4] = 'OBJECT' then [body]
            end
        ) as object,
        unnest(
            case
                when kinds[2] = 'ARRAY' or kinds[3] = 'ARRAY'
                    then list_concat(
                        list_transform(
                            coalesce(try_cast(body -> '$.post' as json[]), []), lambda _: 'post'
                        ),
                        list_transform(
                            coalesce(try_cast(body -> '$.patch' as json[]), []), lambda _: 'patch'
                        )
                    )
                else list_resize(
                    [case
                        when regexp_matches(path, 'runs/{_UUID}$') then 'patch'
                        when path is not null then 'post'
                    end],
                    case
                        when kinds[4] = 'ARRAY' then json_array_length(body)
                        when kinds[1] = 'ARRAY' then json_array_length(body -> '$.runs')
                        else 1
                    end,
                    case when path is not null then 'post' end
                )
            end
        ) as operation,
        kinds[4] = 'OBJECT' and coalesce(kinds[1], kinds[2], kinds[3]) is null as is_alone
    from typed_bodies
),

named_parts as (
    select
        *,
        split_part(name, '.', 1) as operation,
        split_part(name, '.', 2) as named_id,
        split_part(name, '.', 3) as member
    from parts
),

multipart as materialized (
    select
        record_number,
        min(sent_at_nanos) as sent_at_nanos,
        operation,
        named_id,
        any_value(body) filter (where member = '') as object,
        {
    ", ".join(
        f"any_value(body) filter (where member = '{each}') as {each}_part" for each in DOCUMENTS
    )
}
    from named_parts
    where operation in ('post', 'patch', 'feedback')
    group by record_number, operation, named_id
),

found as materialized (
    select
        record_number,
        sent_at_nanos,
        operation,
        nullif(regexp_extract(path, 'runs/({_UUID})$', 1), '') as named_id,
        object,
        is_alone,
        {", ".join(f"cast(null as json) as {each}_part" for each in DOCUMENTS)},
        coalesce(object ->> '$.key', '') <> '' and (object ->> '$.run_type') is null as is_feedback
    from elements
    union all
    select
        record_number,
        sent_at_nanos,
        operation,
        named_id,
        object,
        false as is_alone,
        {", ".join(f"{each}_part" for each in DOCUMENTS)},
        operation = 'feedback' as is_feedback
    from multipart
)
"""

# An empty page or batch, and feedback on an experiment, which judges no request.
NOTHING = f"""(
    {IS_EMPTY}
    or json_array_length(row -> '$.runs') = 0
    or coalesce(json_array_length(row -> '$.post'), json_array_length(row -> '$.patch'))
        + coalesce(json_array_length(row -> '$.patch'), 0) = 0
    or (
        (row ->> '$.key') is not null
        and (row ->> '$.feedback_source') is not null
        and (row ->> '$.run_id') is null
        and (row ->> '$.trace_id') is null
    )
)"""
