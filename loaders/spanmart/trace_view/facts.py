"""Fetch all that the facts know of one trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from spanmart.warehouse.reading import NoWarehouse, Row, rows, tables

SCHEMA = "facts"
# Every span fact and what a reader calls its rows.
SPAN_FACTS = {
    "routing_span": "routing",
    "query_rewrite_span": "rewrite",
    "embedding_span": "embedding",
    "retrieval_span": "retrieval",
    "rerank_span": "rerank",
    "prompt_assembly_span": "prompt",
    "model_span": "model",
    "tool_planning_span": "planning",
    "tool_span": "tool",
    "postprocess_span": "check",
    "delivery_event": "delivery",
}
ANSWERS_SHOWN = 10


@dataclass
class Span:
    """A span of a fact: which kind of row it is, and the row."""

    kind: str
    row: Row


@dataclass
class Trace:
    """A request and everything that hangs on it."""

    request: Row
    spans: list[Span] = field(default_factory=list)
    documents: list[Row] = field(default_factory=list)
    feedback: list[Row] = field(default_factory=list)
    tags: list[Row] = field(default_factory=list)
    artifacts: list[Row] = field(default_factory=list)
    contents: dict[str, str] = field(default_factory=dict)


def find_trace_ids(connection: duckdb.DuckDBPyConnection, prefix: str) -> list[str]:
    """The ids that begin as given, one more than are shown at most; an exact one alone."""
    if "request_trace" not in tables(connection, SCHEMA):
        raise NoWarehouse("the warehouse has no facts yet: run `dbt build`")
    found = rows(
        connection,
        "select trace_id from facts.request_trace where starts_with(trace_id, ?) "
        "order by trace_id <> ?, trace_id limit ?",
        [prefix, prefix, ANSWERS_SHOWN + 1],
    )
    ids = [str(row["trace_id"]) for row in found]
    return [prefix] if prefix in ids else ids


def fetch(connection: duckdb.DuckDBPyConnection, trace_id: str) -> Trace:
    """The trace, from every fact that the warehouse has."""
    there = tables(connection, SCHEMA)

    def of_trace(table: str, order: str) -> list[Row]:
        if table not in there:
            return []
        query = f"select * from {SCHEMA}.{table} where trace_id = ? order by {order}"
        return rows(connection, query, [trace_id])

    request = of_trace("request_trace", "trace_id")[0]
    spans = [
        Span(kind, row)
        for table, kind in SPAN_FACTS.items()
        for row in of_trace(
            table, "occurred_at" if table == "delivery_event" else "started_at, span_id"
        )
    ]
    return Trace(
        request=request,
        spans=spans,
        documents=of_trace("retrieved_document", "span_id, rank"),
        feedback=of_trace("feedback_event", "occurred_at, feedback_id"),
        tags=of_trace("failure_tag", "failure_tag, source"),
        artifacts=of_trace("artifact_reference", "span_id, artifact_kind, artifact_id"),
    )


def read_contents(landing: Path, artifact_ids: Sequence[str]) -> dict[str, str]:
    """The redacted content of artifacts, from the landing folder; what is gone is left out."""
    files = sorted(str(path) for path in (landing / "artifacts").glob("*/*.parquet"))
    if not files or not artifact_ids:
        return {}
    with duckdb.connect() as connection:
        found = rows(
            connection,
            "select artifact_id, any_value(content) as content from read_parquet(?) "
            # Where a retention class or a request took the content away, its row stays.
            "where list_contains(?, artifact_id) and content is not null group by all",
            [files, list(artifact_ids)],
        )
    return {row["artifact_id"]: row["content"] for row in found}
