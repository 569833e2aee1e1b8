"""What objects of Langfuse's API look like, so that a file of them is told from others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from spanmart.formats._head import CLAIMED, Head, Verdict, declined
from spanmart.formats._requests import Request, requests

_OBSERVATION = {"id", "traceId", "type", "startTime"}
_TRACES = ({"id", "timestamp", "userId", "sessionId", "public"}, {"id", "timestamp", "htmlPath"})
_SCORE = {"id", "name", "dataType", "timestamp", "source"}
# A score as it is posted: the server adds the rest.
_POSTED_SCORE = {"name", "value"}
_TARGETS = ("traceId", "sessionId", "observationId", "datasetRunId")
# The server's own fields: no SDK sends them.
_SERVERS = ("source", "createdAt", "updatedAt", "projectId", "subject")
_PAGE_META = {"page", "limit", "totalItems", "totalPages"}
_INGESTION_PATHS = ("/api/public/ingestion", "/api/public/scores")


def is_api_object(value: Any) -> bool:
    """An observation, a trace or a score as the API gives it."""
    if not isinstance(value, Mapping):
        return False
    return (
        value.keys() >= _OBSERVATION
        or value.keys() >= _SCORE
        or any(value.keys() >= trace for trace in _TRACES)
    )


def is_posted_score(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and value.keys() >= _POSTED_SCORE
        and any(name in value for name in _TARGETS)
        and not any(name in value for name in _SERVERS)
    )


def is_api_page(head: Head) -> Verdict:
    """Pages of the API, or what was in them."""
    for request in requests(head):
        for record in request.records if not request.path else ():
            page = record.get("data")
            if any(map(is_api_object, page if isinstance(page, list) else [record])):
                return CLAIMED
            meta = record.get("meta")
            if page == [] and isinstance(meta, Mapping) and meta.keys() >= _PAGE_META:
                return CLAIMED
    return declined("no observation, trace or score of Langfuse's API")


def is_ingestion(head: Head) -> Verdict:
    """Requests to the ingestion API, or their bodies."""
    if any(map(_is_sent, requests(head))):
        return CLAIMED
    return declined("no event or score as Langfuse's SDKs send them")


def _is_sent(request: Request) -> bool:
    if request.path:
        return request.path.rstrip("/").endswith(_INGESTION_PATHS)
    return any(map(_is_event, _events(request))) or any(map(is_posted_score, request.records))


def _events(request: Request) -> Iterator[Any]:
    for record in request.records:
        batch = record.get("batch")
        yield from batch if isinstance(batch, list) else [record]


def _is_event(value: Any) -> bool:
    if not (isinstance(value, Mapping) and isinstance(value.get("type"), str)):
        return False
    kind = value["type"]
    return kind.endswith(("-create", "-update")) and {"id", "timestamp"} <= value.keys()
