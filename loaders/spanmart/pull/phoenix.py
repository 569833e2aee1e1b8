"""Phoenix's REST API: spans of projects, and the annotations of those spans and of their traces and
sessions.

Spans are filtered by their start, annotations only by what they are of: they are asked for beside
each page of spans, so that an annotation is seen as long as its span is within the look-back. A
server of one's own has no rate limit. Source: arize-phoenix 20.26 (server/api/routers/v1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from spanmart.pull.client import Client
from spanmart.pull.errors import NotThere
from spanmart.pull.site import Site, base_url, bearer
from spanmart.pull.streams import (
    Page,
    Progressing,
    Project,
    Stream,
    Window,
    chosen,
    iso,
    items_of,
)

SPANS, ANNOTATIONS = "phoenix_spans", "phoenix_annotations"
_HERE = "http://localhost:6006"
_MOST_SPANS, _MOST_ANNOTATIONS, _MOST_PROJECTS = 1000, 1000, 100
# An id is some 30 characters of the URL, and proxies take 8 KB of it.
_IDS_AT_ONCE = 150


def site(environment: Mapping[str, str]) -> Site:
    name = "PHOENIX_COLLECTOR_ENDPOINT"
    url = environment.get(name) or ""
    if not url:
        host, port = environment.get("PHOENIX_HOST"), environment.get("PHOENIX_PORT")
        name = "PHOENIX_HOST"
        url = host or _HERE
        if "://" not in url:
            url = f"http://{url}:{port or 6006}"
    url = base_url(url, name).removesuffix("/v1/traces")
    key = (environment.get("PHOENIX_API_KEY") or "").strip()
    headers, secrets = bearer(key) if key else ({}, ())
    return Site("phoenix", url, (name, "PHOENIX_API_KEY"), headers, secrets)


def projects(client: Client, wanted: tuple[str, ...]) -> list[Project]:
    """Without those that experiments made, unless they are named."""
    asked: dict[str, str | int | list[str]] = {"limit": _MOST_PROJECTS}
    if wanted:
        asked["include_experiment_projects"] = "true"
    found = [
        Project(str(each["id"]), str(each.get("name") or each["id"]))
        for page in _pages(client, "/v1/projects", asked)
        for each in page
    ]
    return chosen(found, wanted, "project called")


def streams(client: Client) -> tuple[Stream, ...]:
    return (Stream("spans", _MOST_SPANS, _read),)


def _read(client: Client, project: Project, window: Window, rows: int) -> Iterator[Page]:
    at = f"/v1/projects/{quote(project.id, safe='')}"
    asked: dict[str, str | int | list[str]] = {
        "start_time": iso(window.since),
        "end_time": iso(window.until),
        "limit": rows,
    }
    # What was asked for already: the spans of one trace or session are on many pages.
    asked_for: dict[str, set[str]] = {"span": set(), "trace": set(), "session": set()}
    for spans in _pages(client, f"{at}/spans", asked):
        yield Page("spans", SPANS, spans)
        for kind, ids in _ids(spans).items():
            new = [each for each in dict.fromkeys(ids) if each not in asked_for[kind]]
            if kind != "span":
                asked_for[kind].update(new)
            for start in range(0, len(new), _IDS_AT_ONCE):
                yield from _annotations(client, at, kind, new[start : start + _IDS_AT_ONCE])


def _ids(spans: list[Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"span": [], "trace": [], "session": []}
    for span in spans:
        if not isinstance(span, dict):
            continue
        context, attributes = span.get("context") or {}, span.get("attributes") or {}
        found["span"] += _text(context.get("span_id"))
        found["trace"] += _text(context.get("trace_id"))
        found["session"] += _text(attributes.get("session.id"))
    return found


def _text(value: object) -> Iterable[str]:
    return [value] if isinstance(value, str) and value else []


def _annotations(client: Client, at: str, kind: str, ids: list[str]) -> Iterator[Page]:
    asked: dict[str, str | int | list[str]] = {f"{kind}_ids": ids, "limit": _MOST_ANNOTATIONS}
    try:
        for found in _pages(client, f"{at}/{kind}_annotations", asked):
            if found:
                yield Page("annotations", ANNOTATIONS, found)
    except NotThere:
        # An older server has those of spans only; or the spans were deleted since.
        return


def _pages(
    client: Client, path: str, asked: Mapping[str, str | int | list[str]]
) -> Iterator[list[Any]]:
    progressing = Progressing(f"phoenix: {path}")
    asked = dict(asked)
    while True:
        answer = client.get(path, asked)
        yield items_of(answer, "data", f"phoenix: {path}")
        cursor = answer.get("next_cursor")
        if not cursor:
            return
        progressing.check(cursor)
        asked["cursor"] = str(cursor)
