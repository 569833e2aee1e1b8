"""What Langfuse's exports have in common: observations, traces and scores, however they come.

    found.py      any container -> the relation `found` of single objects
    spans.py      observations and traces -> spans
    scores.py     scores -> feedback
    usage.py      Langfuse's free-text usage buckets -> OpenTelemetry's token counts

Names come in snake_case (blob storage export) and in camelCase (API, trace export, ingestion);
their meaning is the same, so each statement reads both.
"""

from __future__ import annotations

from spanmart.formats._langfuse import scores, spans
from spanmart.formats._langfuse.found import FOUND, NOTHING
from spanmart.formats._sql.reading import Queries

QUERIES = Queries(
    spans=f"with {FOUND}, {spans.SPANS}",
    feedback=f"with {FOUND}, {scores.FEEDBACK}",
    nothing=NOTHING,
)
