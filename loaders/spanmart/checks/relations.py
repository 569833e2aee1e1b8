"""What shows only between rows: copies, parents, clocks, and artifacts that records refer to.

Ids are joined as 64-bit hashes: an eighth of the memory, and two of 50 million spans share one with
a chance of 1 in 15,000, which would make one orphan look at home.
"""

from __future__ import annotations

from spanmart.checks.expectations import Limits
from spanmart.checks.tables import Counts, Tables
from spanmart.landing.schemas import CONTENT_TABLES


def count_relations(tables: Tables, limits: Limits) -> Counts:
    _make_keys(tables)
    return {
        "spans.once_each": _copies(tables),
        **_parents(tables, limits),
        "spans.resources_told_apart": _resources(tables),
        "artifacts.referred_are_there": _missing_artifacts(tables),
    }


def _make_keys(tables: Tables) -> None:
    """Read once: the ids are most of what a spans file holds besides its attributes."""
    tables.connection.execute(
        """
        create temp table span_keys as
        select
            hash(trace_id, span_id) as span_key,
            case when parent_span_id is not null then hash(trace_id, parent_span_id) end
                as parent_key,
            hash(trace_id, span_id, record_hash) as record_key,
            cast(start_time_unix_nano as double) as started,
            cast(end_time_unix_nano as double) as ended,
            start_time_unix_nano
        from new_spans
        where trace_id is not null and span_id is not null
        """
    )


def _copies(tables: Tables) -> tuple[int, int]:
    rows, different = tables.one("select count(*), count(distinct record_key) from span_keys")
    copies = rows - different
    if tables.has_old("spans"):
        # Copies have equal times, so that most of what landed before is never read.
        copies += tables.one(
            """
            select count(*) from old_spans
            where
                (
                    start_time_unix_nano is null
                    or start_time_unix_nano between
                        (select min(start_time_unix_nano) from span_keys)
                        and (select max(start_time_unix_nano) from span_keys)
                )
                and hash(trace_id, span_id, record_hash) in (select record_key from span_keys)
            """
        )[0]
    return copies, rows


def _parents(tables: Tables, limits: Limits) -> Counts:
    connection = tables.connection
    connection.execute(
        """
        create temp table apart as
        select child.parent_key, child.started
        from span_keys as child
        anti join span_keys as parent on child.parent_key = parent.span_key
        where child.parent_key is not null
        """
    )
    connection.execute(
        "create temp table old_parents (span_key ubigint, started double, ended double)"
    )
    if tables.has_old("spans") and tables.one("select count(*) from apart")[0]:
        connection.execute(
            """
            insert into old_parents
            select
                hash(trace_id, span_id),
                cast(start_time_unix_nano as double),
                cast(end_time_unix_nano as double)
            from old_spans
            where hash(trace_id, span_id) in (select parent_key from apart)
            """
        )
    children = tables.one("select count(parent_key) from span_keys")[0]
    orphans = tables.one(
        "select count(*) from apart anti join old_parents on parent_key = span_key"
    )[0]
    slack = limits.clock_skew_seconds * 1e9
    skewed = pairs = 0
    for child, parent in (("span_keys", "span_keys"), ("apart", "old_parents")):
        found = tables.one(
            f"""
            select
                count(*) filter (
                    where child.started < parent.started - {slack}
                    or child.started > parent.ended + {slack}
                ),
                count(*)
            from {child} as child
            inner join {parent} as parent on child.parent_key = parent.span_key
            where child.started is not null and parent.started is not null
            """
        )
        skewed, pairs = skewed + found[0], pairs + found[1]
    return {"spans.parents_landed": (orphans, children), "spans.clocks_agree": (skewed, pairs)}


def _resources(tables: Tables) -> tuple[int, int]:
    """Of the different hashes of resources, those that stand beside more than one map."""
    shared, hashes = tables.one(
        """
        with resources as (
            select
                resource_hash,
                case when cardinality(resource_attributes) > 0 then hash(resource_attributes) else 0
                end as map_hash
            from new_spans
            where resource_hash is not null
        ),
        hashes as (
            select min(map_hash) <> max(map_hash) as is_shared from resources group by resource_hash
        )
        select count(*) filter (where is_shared), count(*) from hashes
        """
    )
    return shared, hashes


def _missing_artifacts(tables: Tables) -> tuple[int, int]:
    """Of the different artifacts that new records refer to, those that have no row at all."""
    referred = " union all ".join(
        f"select unnest(artifact_refs).artifact_id as artifact_id from new_{table}"
        for table in CONTENT_TABLES
    )
    tables.connection.execute(
        f"""
        create temp table referred as
        select distinct hash(artifact_id) as artifact_key from ({referred})
        where artifact_id is not null
        """
    )
    total = tables.one("select count(*) from referred")[0]
    missing = tables.one(
        """
        with present as (
            select hash(artifact_id) as artifact_key from new_artifacts
            union all
            select hash(artifact_id) as artifact_key from old_artifacts
        )
        select count(*) from referred anti join present using (artifact_key)
        """
    )[0]
    return missing, total
