"""What a data-subject request names: the content of people and of traces. Nothing here writes."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from spanmart.privacy.plan import (
    DOOMED,
    REFERENCES,
    SUBJECT_REQUEST,
    Found,
    count,
    found_so_far,
)


def find_named(
    connection: duckdb.DuckDBPyConnection, people: Sequence[str], traces: Sequence[str]
) -> Found:
    """Content of the named traces, and of every trace and comment that names one of the people.

    `people` are keyed hashes (h1_ and 32 hex digits), `traces` normalised trace ids: both have
    their shape, because they go into patterns. A trace names a person when the hash stands
    anywhere in an attribute of one of its records.
    """
    connection.execute(REFERENCES)
    connection.execute(DOOMED)
    pattern = "|".join(people) or "a^"
    connection.execute("create table named_traces (trace_id varchar)")
    if traces:
        connection.executemany("insert into named_traces values (?)", [[each] for each in traces])
    attributes = {
        "spans": ("attributes", "resource_attributes", "events", "links"),
        "log_records": ("attributes", "resource_attributes"),
        "feedback": ("attributes",),
    }
    if people:
        for table in ("spans", "log_records"):
            text = " || ".join(
                f"coalesce(cast({each} as varchar), '')" for each in attributes[table]
            )
            connection.execute(
                f"insert into named_traces select distinct trace_id from {table}"
                f" where trace_id is not null and regexp_matches({text}, ?)",
                [pattern],
            )
    # Feedback may know a conversation or a request only; whichever attribute holds it.
    connection.execute("""
        create table named_values as
        select distinct unnest(map_values(attributes)) as value
        from spans
        where trace_id in (select trace_id from named_traces)
    """)
    connection.execute(
        """
        create table named_feedback as
        select record_hash
        from feedback
        where trace_id in (select trace_id from named_traces)
            or regexp_matches(coalesce(author_hash, '') || cast(attributes as varchar), ?)
            or (
                trace_id is null
                and (
                    conversation_id in (select value from named_values)
                    or request_id in (select value from named_values)
                )
            )
        """,
        [pattern],
    )
    connection.execute(
        """
        create table named_artifacts as
        with referred as (
            select
                artifact_id,
                bool_or(
                    coalesce(trace_id in (select trace_id from named_traces), false)
                    or record_hash in (select record_hash from named_feedback)
                ) as is_named,
                bool_and(
                    coalesce(trace_id in (select trace_id from named_traces), false)
                    or record_hash in (select record_hash from named_feedback)
                ) as is_named_only
            from artifact_references
            group by artifact_id
        ),
        -- Content that names the person is about the person, whoever else refers to it.
        speaking as (
            select distinct artifact_id from artifacts
            where content is not null and regexp_matches(content, ?)
        )
        select
            artifacts.artifact_id,
            artifacts.retention_class,
            max(artifacts.bytes) as bytes,
            max(artifacts.landed_at) as landed_at,
            bool_or(coalesce(referred.is_named_only, false) or speaking.artifact_id is not null)
                as is_doomed
        from artifacts
        left join referred on artifacts.artifact_id = referred.artifact_id
        left join speaking on artifacts.artifact_id = speaking.artifact_id
        where artifacts.content is not null
            and (referred.is_named or speaking.artifact_id is not null)
        group by artifacts.artifact_id, artifacts.retention_class
        """,
        [pattern],
    )
    connection.execute("""
        insert into doomed
        select artifact_id, retention_class, bytes, landed_at from named_artifacts where is_doomed
    """)
    # A record that could not be read belongs to no trace; it is found by the ids in its text.
    connection.execute(
        r"""
        create table doomed_rejects as
        select filename, load_id, record_number
        from rejects
        where record_redacted is not null
            and (
                regexp_matches(record_redacted, ?)
                or list_has_any(
                    regexp_extract_all(lower(record_redacted), '[0-9a-f]{32}'),
                    (select list(trace_id) from named_traces)
                )
            )
        """,
        [pattern],
    )
    found = found_so_far(connection, SUBJECT_REQUEST)
    found.shared = count(connection, "named_artifacts where not is_doomed")
    # Of the traces that were named or found, those that are there.
    found.traces = count(
        connection,
        """(
            select trace_id from spans union select trace_id from log_records
            union select trace_id from feedback
        ) where trace_id in (select trace_id from named_traces)""",
    )
    return found
