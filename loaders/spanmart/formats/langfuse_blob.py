"""Langfuse's blob storage export: observations, traces and scores in Parquet, JSON or CSV.

Enriched observations (`observations_v2/`) carry what is known of their trace; with the legacy ones
traces are a table of their own. Which groups of columns there are is a setting of the export, but
the core ones always are. Beside the tables lie manifests (written last, they say that a window is
complete) and perhaps a notice that the legacy tables will go: both hold no records.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from spanmart.formats import About, Status
from spanmart.formats._head import CLAIMED, PARQUET_MAGIC, Container, Head, Verdict, declined
from spanmart.formats._langfuse import QUERIES
from spanmart.formats._sql import reading
from spanmart.formats._streams import rejoined
from spanmart.records import Batch

ABOUT = About(
    title="Langfuse: blob storage export, enriched and legacy",
    status=Status.BY_SPECIFICATION,
    record_key="project, trace id and observation id; a score's id",
    version="updated_at",
)
_NOTICE = b"DEPRECATION NOTICE"


def sniff(head: Head) -> Verdict:
    tables = (
        head.has("id", "trace_id", "project_id", "parent_observation_id", "type", "start_time")
        | head.has("id", "project_id", "timestamp", "session_id", "bookmarked", "public")
        | head.has("id", "project_id", "timestamp", "name", "data_type", "source")
    )
    return tables | _is_manifest(head) | _is_notice(head)


def read(stream: BinaryIO) -> Iterator[Batch]:
    head = stream.read(len(_NOTICE))
    if head == _NOTICE:
        return
    if head.startswith(PARQUET_MAGIC):
        stream.seek(0)
        yield from reading.read(stream, QUERIES)
    else:
        yield from reading.read(rejoined(head, stream), QUERIES)


def _is_manifest(head: Head) -> Verdict:
    return head.is_in(Container.JSON) & head.has("exportSource", "window", "files")


def _is_notice(head: Head) -> Verdict:
    if head.data.startswith(_NOTICE) and b"langfuse.com" in head.data:
        return CLAIMED
    return declined("no notice of Langfuse's")
