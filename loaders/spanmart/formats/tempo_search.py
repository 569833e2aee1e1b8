"""What Tempo answers to a search: traces by id, name and duration, without their spans.

There is nothing in it that can land. It is a format of its own so that a file of it says what to
fetch instead. Traces that were fetched, `{"trace": {"resourceSpans"}}` of /api/v2/traces/<id> and
`{"batches"}` of /api/traces/<id>, are OTLP: otlp_json reads both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import CLAIMED, Head, Verdict, declined
from spanmart.formats._sql import documents
from spanmart.records import Batch
from spanmart.rejects import Reason, Reject, excerpt

ABOUT = About(
    title="Tempo search results (rejected: they hold no spans)",
    status=Status.BY_SPECIFICATION,
    record_key="none",
    version="none",
)

_DETAIL = (
    "a search result of Tempo names traces and holds no spans; "
    "fetch each trace with GET /api/v2/traces/<trace id> and land that"
)


def sniff(head: Head) -> Verdict:
    if any(map(_is_search, head.records)):
        return CLAIMED
    return declined("no traces with rootTraceName")


def read(stream: BinaryIO) -> Iterator[Batch]:
    """A reject for each answer."""
    for records, rejects in documents.records(stream):
        unusable = [
            Reject(row["record_number"], Reason.NOT_OF_THIS_FORMAT, excerpt(row["row"]), _DETAIL)
            for row in records.to_pylist()
        ]
        yield Batch(rejects=[*rejects, *unusable])


def _is_search(record: Mapping[str, Any]) -> bool:
    traces = record.get("traces")
    if not isinstance(traces, list) or not traces or not isinstance(traces[0], dict):
        return False
    return "traceID" in traces[0] and bool({"rootTraceName", "rootServiceName"} & traces[0].keys())
