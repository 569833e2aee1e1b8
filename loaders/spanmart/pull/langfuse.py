"""Langfuse's public API: observations, scores, and traces where observations do not carry them.

Langfuse 4 and its cloud have `/v2/observations` (cursor, 1,000 rows, the trace's user, session and
tags on each observation) and `/v3/scores`; Langfuse 3 on a server of one's own has traces,
observations and scores by page number, 100 rows each. All are filtered by the time at which a thing
began, never by that of its last change: hence the look-back. Rate limits are an organisation's, 30
requests a minute on the smallest plan, 1,000 on the larger ones; the pace is that of the middle
one, and a 429 says how long to wait. Source: Langfuse's API definition (fern), docs on limits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from spanmart.pull.client import Client
from spanmart.pull.errors import NotThere, PullFailed, ServerAway
from spanmart.pull.site import Site, base_url, basic, required
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

FORMAT = "langfuse_api"
_CLOUD = "https://cloud.langfuse.com"
# 100 requests a minute.
_SECONDS_BETWEEN = 0.6
_FIELDS = "core,basic,time,io,metadata,model,usage,prompt,metrics,trace_context"
_MOST_NEW, _MOST_OLD = 1000, 100

Read = Callable[[Client, Project, Window, int], Iterator[Page]]


def site(environment: Mapping[str, str]) -> Site:
    public, secret = required(environment, "LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY")
    headers, secrets = basic(public, secret)
    name = "LANGFUSE_HOST" if environment.get("LANGFUSE_HOST") else "LANGFUSE_BASE_URL"
    url = base_url(environment.get(name) or _CLOUD, name)
    variables = ("LANGFUSE_HOST", "LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY")
    return Site("langfuse", url, variables, headers, secrets, _SECONDS_BETWEEN)


def projects(client: Client, wanted: tuple[str, ...]) -> list[Project]:
    """The one that the keys are of."""
    answer = client.get("/api/public/projects")
    found = [
        Project(str(each["id"]), str(each.get("name") or each["id"]))
        for each in items_of(answer, "data", "langfuse: projects")
    ]
    return chosen(found, wanted, "project that these keys open called")


def streams(client: Client) -> tuple[Stream, ...]:
    found = []
    if _has(client, "/api/public/v2/observations", "observations"):
        read = _by_cursor("v2/observations", "observations")
        found.append(Stream("observations", _MOST_NEW, read))
    else:
        found.append(Stream("traces", _MOST_OLD, _by_page("traces", "traces")))
        read = _by_page("observations", "observations")
        found.append(Stream("observations", _MOST_OLD, read))
    if _has(client, "/api/public/v3/scores", "scores"):
        found.append(Stream("scores", _MOST_OLD, _by_cursor("v3/scores", "scores")))
    else:
        found.append(Stream("scores", _MOST_OLD, _by_page("v2/scores", "scores")))
    return tuple(found)


def _has(client: Client, path: str, table: str) -> bool:
    """Asked for so little that it costs the server nothing."""
    now = client.now()
    try:
        client.get(path, {**_between(table, Window(now - timedelta(minutes=1), now)), "limit": 1})
    except NotThere:
        return False
    except ServerAway:
        raise
    except PullFailed:
        # It is there and refuses: the stream will say so, and the others are read.
        return True
    return True


def _between(table: str, window: Window) -> dict[str, str | int | list[str]]:
    of = "StartTime" if table == "observations" else "Timestamp"
    return {f"from{of}": iso(window.since), f"to{of}": iso(window.until)}


def _by_cursor(path: str, table: str) -> Read:
    fields = _FIELDS if table == "observations" else "details,subject,annotation"

    def read(client: Client, project: Project, window: Window, rows: int) -> Iterator[Page]:
        asked = {**_between(table, window), "limit": rows, "fields": fields}
        progressing = Progressing(f"langfuse: {table}")
        while True:
            answer = client.get(f"/api/public/{path}", asked)
            yield Page(table, FORMAT, items_of(answer, "data", f"langfuse: {table}"))
            cursor = (answer.get("meta") or {}).get("cursor")
            if not cursor:
                return
            progressing.check(cursor)
            asked["cursor"] = str(cursor)

    return read


def _by_page(path: str, table: str) -> Read:
    def read(client: Client, project: Project, window: Window, rows: int) -> Iterator[Page]:
        asked = {**_between(table, window), "limit": rows}
        progressing = Progressing(f"langfuse: {table}")
        number = 1
        while True:
            answer = client.get(f"/api/public/{path}", {**asked, "page": number})
            found = items_of(answer, "data", f"langfuse: {table}")
            if not found:
                return
            progressing.check(found)
            yield Page(table, FORMAT, found)
            pages = (answer.get("meta") or {}).get("totalPages")
            if not isinstance(pages, int):
                raise PullFailed(f"langfuse: {table}: the answer does not say how many pages")
            if number >= pages:
                return
            number += 1

    return read
