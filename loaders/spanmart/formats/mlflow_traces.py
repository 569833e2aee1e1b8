"""Traces of MLflow, with the assessments in them:

    trace   `Trace.to_json`: {"info": {...}, "data": {"spans": [...]}} of MLflow 3 and 2
    frame   `search_traces` saved as JSON Lines, Parquet or CSV: `trace` holds that as a text, or
            its parts are columns (Delta tables)
    page    {"traces": [info, or {"trace_info": info, "spans": [...]}]} of the REST API, an info
            alone, the artifact {"spans": [...]}

Values of attributes are JSON; a text comes out of its quotes. What the trace says of itself goes to
its root, or, where the root is not there, to a span that stands for the trace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import CLAIMED, Head, Verdict, declined
from spanmart.formats._mlflow.feedback import FEEDBACK
from spanmart.formats._mlflow.spans import SPANS
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="MLflow traces: to_json of MLflow 3 and 2, search_traces frames, REST pages; assessments",
    status=Status.RECORDED,
    record_key="trace id and span id; assessment_id, or that of the first one that it overrides",
    version="spans never change, what the trace says does without a version; last_update_time",
)

_INFO_3 = ("trace_location", "request_time")
_INFO_2 = ("experiment_id", "timestamp_ms")
_FRAME_3 = ("trace_id", "trace_metadata", "request_time", "state")
_FRAME_2 = ("request_id", "request_metadata", "timestamp_ms", "status")


def sniff(head: Head) -> Verdict:
    found = head.has(*_FRAME_3) | head.has(*_FRAME_2) | head.has("trace_id", *_INFO_3)
    found = found | head.has("request_id", *_INFO_2)
    if found or any(_is_trace(record) for record in head.records):
        return CLAIMED
    return declined("no info of a trace of MLflow")


def _is_trace(record: Mapping[str, Any]) -> bool:
    """Whether it is one, or a page of them; the end of a long record is not seen."""
    inner = [record.get(name) for name in ("info", "trace_info", "trace")]
    traces = record.get("traces")
    inner += traces[:1] if isinstance(traces, list) else []
    if any(isinstance(each, Mapping) and (_is_info(each) or _is_trace(each)) for each in inner):
        return True
    spans = record.get("spans")
    first = spans[0] if isinstance(spans, list) and spans else None
    attributes = first.get("attributes") if isinstance(first, Mapping) else None
    return isinstance(attributes, Mapping) and "mlflow.spanType" in attributes


def _is_info(record: Mapping[str, Any]) -> bool:
    return any(all(name in record for name in names) for names in (_INFO_3, _INFO_2))


def read(stream: BinaryIO) -> Iterator[Batch]:
    return reading.read(stream, reading.Queries(spans=SPANS, feedback=FEEDBACK))
