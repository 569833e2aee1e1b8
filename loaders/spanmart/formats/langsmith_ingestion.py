"""What LangSmith's SDKs send: batches of posts and patches, multipart bodies, feedback.

Recorded requests, or the bodies of those that are JSON. A run that began and ended in one batch is
a post alone; otherwise a post and a later patch of one id, and each is landed as a part of the run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import CLAIMED, Container, Head, Verdict, declined
from spanmart.formats._langsmith import QUERIES
from spanmart.formats._requests import Request, requests
from spanmart.formats._sql import reading
from spanmart.records import Batch

ABOUT = About(
    title="LangSmith: what its SDKs send (batches, multipart bodies, feedback)",
    status=Status.RECORDED,
    record_key="trace id and run id; a feedback's id",
    version="a patch over its post: end_time, else start_time; feedback: modified_at",
)
_RUN_PATHS = re.compile(r"(^|/)runs(/multipart|/batch|/[0-9a-f-]{36})?/?$", re.IGNORECASE)
_FEEDBACK_PATH = re.compile(r"(^|/)feedback(/[0-9a-f-]{36}|/batch)?/?$", re.IGNORECASE)
_MARKS = ("run_type", "dotted_order", "session_name", "trace_id")


def sniff(head: Head) -> Verdict:
    return head.is_in(Container.JSON) & _is_sent(head)


def read(stream: BinaryIO) -> Iterator[Batch]:
    return reading.read(stream, QUERIES)


def _is_sent(head: Head) -> Verdict:
    if any(_is_request(each) if each.path else _is_batch(each.body) for each in requests(head)):
        return CLAIMED
    return declined("no run or feedback as LangSmith's SDKs send them")


def _is_request(request: Request) -> bool:
    if _FEEDBACK_PATH.search(request.path):
        return any("run_id" in record and "key" in record for record in request.records)
    if not _RUN_PATHS.search(request.path):
        return False
    return (
        re.search(r'name="?(post|patch|feedback)\.', request.text) is not None
        or any(any(mark in record for mark in _MARKS) for record in request.records)
        or any(map(_is_batch, request.records))
    )


def _is_batch(body: Any) -> bool:
    if not isinstance(body, Mapping) or not ("post" in body or "patch" in body):
        return False
    runs = [*(body.get("post") or []), *(body.get("patch") or [])]
    return any(isinstance(run, Mapping) and any(mark in run for mark in _MARKS) for run in runs)
