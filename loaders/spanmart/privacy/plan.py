"""What has expired, found by DuckDB over the landing files. Nothing here writes.

This search and that for people and traces (subjects.py) fill the same tables: `doomed` (artifacts
whose content goes) and `doomed_rejects` (excerpts that go). Only ids leave the files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from spanmart.privacy.policy import Policy

EXPIRED, SUBJECT_REQUEST = "expired", "subject_request"


@dataclass(frozen=True)
class Group:
    """What goes of one retention class. Content counts once, whatever refers to it."""

    retention_class: str
    artifacts: int
    bytes: int
    landed_first: datetime | None


@dataclass
class Found:
    reason: str
    groups: list[Group] = field(default_factory=list)
    # Of a request: content that traces which nobody named refer to as well; it stays.
    shared: int = 0
    traces: int = 0
    rejects: int = 0

    @property
    def artifacts(self) -> int:
        return sum(each.artifacts for each in self.groups)

    @property
    def bytes(self) -> int:
        return sum(each.bytes for each in self.groups)


# Every reference to an artifact, with what may name a person or a trace.
REFERENCES = """
create view artifact_references as
    select trace_id, null as author_hash, null as conversation_id, null as request_id, landed_at,
        record_hash, unnest(artifact_refs).artifact_id as artifact_id
    from spans
    union all
    select trace_id, null, null, null, landed_at, record_hash, unnest(artifact_refs).artifact_id
    from log_records
    union all
    select trace_id, author_hash, conversation_id, request_id, landed_at, record_hash,
        unnest(artifact_refs).artifact_id
    from feedback
"""
DOOMED = """
create table doomed (
    artifact_id varchar, retention_class varchar, bytes bigint, landed_at timestamp
)
"""


def find_expired(connection: duckdb.DuckDBPyConnection, policy: Policy, as_of: datetime) -> Found:
    """Content whose last reference landed longer ago than its class keeps it."""
    connection.execute(REFERENCES)
    connection.execute(DOOMED)
    connection.execute("create table limits (retention_class varchar, landed_before timestamp)")
    classes = connection.execute("select distinct retention_class from artifacts").fetchall()
    for (name,) in classes:
        before = policy.retention.landed_before(name, as_of)
        if before is not None:
            connection.execute("insert into limits values (?, ?)", [name, before])
    connection.execute("""
        create table candidates as
        select
            artifacts.artifact_id,
            artifacts.retention_class,
            max(artifacts.bytes) as bytes,
            max(artifacts.landed_at) as landed_at,
            any_value(limits.landed_before) as landed_before
        from artifacts
        inner join limits on artifacts.retention_class is not distinct from limits.retention_class
        where artifacts.content is not null and artifacts.landed_at < limits.landed_before
        -- Content that landed twice may have two classes: each row ends with its own.
        group by artifacts.artifact_id, artifacts.retention_class
    """)
    # What is in use again counts from its last use: the newer trace has its own right to it.
    connection.execute("""
        insert into doomed
        with last_uses as (
            select artifact_id, max(landed_at) as landed_at
            from artifact_references
            where artifact_id in (select artifact_id from candidates)
            group by artifact_id
        )
        select
            candidates.artifact_id, candidates.retention_class, candidates.bytes,
            candidates.landed_at
        from candidates
        left join last_uses on candidates.artifact_id = last_uses.artifact_id
        where coalesce(last_uses.landed_at, candidates.landed_at) < candidates.landed_before
    """)
    before = policy.retention.landed_before(policy.retention.rejects, as_of)
    connection.execute(
        "create table doomed_rejects as select filename, load_id, record_number from rejects"
        " where record_redacted is not null and landed_at < cast(? as timestamp)",
        [before],
    )
    return found_so_far(connection, EXPIRED)


def files_of_doomed(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The artifact files that hold content which goes; asks the files for the last time."""
    connection.execute("""
        create table doomed_files as
        select artifacts.filename, artifacts.artifact_id
        from artifacts
        inner join (select distinct artifact_id, retention_class from doomed) as gone
            on artifacts.artifact_id = gone.artifact_id
            and artifacts.retention_class is not distinct from gone.retention_class
        where artifacts.content is not null
    """)
    rows = connection.execute("select distinct filename from doomed_files order by filename")
    return [path for (path,) in rows.fetchall()]


def doomed_in(connection: duckdb.DuckDBPyConnection, path: str) -> list[str]:
    """Ids of the artifacts in a file whose content goes."""
    rows = connection.execute("select artifact_id from doomed_files where filename = ?", [path])
    return [artifact_id for (artifact_id,) in rows.fetchall()]


def rejects_by_file(connection: duckdb.DuckDBPyConnection) -> dict[str, set[tuple[str, int]]]:
    """Load and record number of the rejects whose excerpt goes, by file."""
    found: dict[str, set[tuple[str, int]]] = {}
    rows = connection.execute("select filename, load_id, record_number from doomed_rejects")
    for path, load_id, number in rows.fetchall():
        found.setdefault(path, set()).add((load_id, number))
    return found


def found_so_far(connection: duckdb.DuckDBPyConnection, reason: str) -> Found:
    groups = connection.execute(
        "select coalesce(retention_class, 'none'), count(*), coalesce(sum(bytes), 0)::bigint,"
        " min(landed_at) from doomed group by all order by all"
    )
    return Found(
        reason,
        [Group(*row) for row in groups.fetchall()],
        rejects=count(connection, "doomed_rejects"),
    )


def count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = connection.execute(f"select count(*) from {relation}").fetchone()
    assert row is not None
    return int(row[0])
