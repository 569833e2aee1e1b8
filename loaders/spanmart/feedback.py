"""Feedback rows, one by one, as a format or an evaluation in telemetry gives them; and as
columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from spanmart.records import Records, key_values

KINDS = (
    *("thumbs", "rating", "edit", "regenerate", "rephrase", "copy", "abandon", "escalation"),
    *("task_completion", "business_outcome", "correction", "free_text", "reviewer_label"),
    *("evaluator_label", "citation_opened", "follow_up", "contradiction", "manual_edit"),
    *("second_search", "failure_tag"),
)
SOURCES = ("user", "reviewer", "evaluator", "system")

Texts = Mapping[str, str | None]


@dataclass(frozen=True)
class Feedback:
    """One feedback row as text; `author` is not hashed yet and `comment` not split off."""

    kind: str
    feedback_source: str
    record_number: int
    feedback_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    conversation_id: str | None = None
    request_id: str | None = None
    time_unix_nano: int | None = None
    author: str | None = None
    score: float | None = None
    label: str | None = None
    comment: str | None = None
    evaluator_name: str | None = None
    evaluator_version: str | None = None
    attributes: Texts = field(default_factory=dict)


_COLUMNS = pa.schema(
    [
        *((name, pa.string()) for name in ("feedback_id", "trace_id", "span_id")),
        *((name, pa.string()) for name in ("conversation_id", "request_id")),
        ("time_unix_nano", pa.int64()),
        *((name, pa.string()) for name in ("kind", "feedback_source", "author")),
        ("score", pa.float64()),
        *((name, pa.string()) for name in ("label", "evaluator_name", "evaluator_version")),
        ("record_number", pa.int64()),
    ]
)


def feedback_records(rows: list[Feedback]) -> Records:
    """Feedback rows as the engine takes them."""
    columns = {
        each.name: pa.array([getattr(row, each.name) for row in rows], each.type)
        for each in _COLUMNS
    }
    return Records(
        table="feedback",
        columns=pa.table(columns, schema=_COLUMNS),
        attributes=key_values([row.attributes for row in rows]),
        body=pa.array([row.comment for row in rows], pa.string()),
    )
