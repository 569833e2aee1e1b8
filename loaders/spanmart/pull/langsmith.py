"""LangSmith's API: runs and feedback of projects.

Deployments that have `/api/v2/runs/query` say so in `/info` (`sdb_query_enabled`); its runs are
brought into the shape of the older `/api/v1/runs/query`, which the others have. Runs are filtered
by their start, feedback by its creation: what changes later is seen by the look-back. Rate limits
are a key's, and those of run queries are the strictest: one request a second stays below. Sources:
the langsmith package 0.15 (client and its generated resources), docs on rate limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from spanmart.pull.client import Client
from spanmart.pull.errors import NotThere, PullFailed
from spanmart.pull.site import Site, base_url, required
from spanmart.pull.streams import (
    Page,
    Progressing,
    Project,
    Row,
    Stream,
    Window,
    iso,
    items_of,
)

RUNS, FEEDBACK = "langsmith_runs", "langsmith_feedback"
_CLOUD = "https://api.smith.langchain.com"
_SECONDS_BETWEEN = 1.0
_MOST_OLD, _MOST_NEW, _MOST_LISTED = 100, 1000, 100
_OF_A_RUN = [
    *("id", "name", "run_type", "status", "start_time", "end_time"),
    *("inputs", "outputs", "parent_run_ids", "trace_id", "dotted_order", "reference_example_id"),
    *("error", "tags", "extra", "events", "first_token_time", "app_path"),
    *(
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "prompt_cost",
        "completion_cost",
        "total_cost",
    ),
]
_OLD = [*_OF_A_RUN, "parent_run_id", "session_id"]
_NEW = [
    *(name.upper() for name in _OF_A_RUN),
    *("PROJECT_ID", "PROMPT_TOKEN_DETAILS", "COMPLETION_TOKEN_DETAILS"),
    *("PROMPT_COST_DETAILS", "COMPLETION_COST_DETAILS"),
]
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def site(environment: Mapping[str, str]) -> Site:
    (key,) = required(environment, "LANGSMITH_API_KEY")
    url = base_url(environment.get("LANGSMITH_ENDPOINT") or _CLOUD, "LANGSMITH_ENDPOINT")
    # Of a deployment of one's own the variable often names the API itself.
    url = re.sub(r"/api(/v\d)?$", "", url)
    headers = {"X-API-Key": key}
    if workspace := environment.get("LANGSMITH_WORKSPACE_ID"):
        headers["X-Tenant-Id"] = workspace.strip()
    variables = ("LANGSMITH_ENDPOINT", "LANGSMITH_API_KEY")
    return Site("langsmith", url, variables, headers, (key,), _SECONDS_BETWEEN)


def projects(client: Client, wanted: tuple[str, ...]) -> list[Project]:
    """Those that are named; else all, without the experiments that evaluations make."""
    if not wanted:
        return list(_listed(client, {"reference_free": "true"}))
    found = []
    for name in wanted:
        by = "id" if _UUID.fullmatch(name) else "name"
        same = [each for each in _listed(client, {by: name}) if name in (each.id, each.name)]
        if not same:
            raise PullFailed(f"langsmith: there is no project {name} that this key may read")
        found += same
    return list(dict.fromkeys(found))


def streams(client: Client) -> tuple[Stream, ...]:
    runs = (
        Stream("runs", _MOST_NEW, _new_runs)
        if _has_new_runs(client)
        else Stream("runs", _MOST_OLD, _old_runs)
    )
    return (runs, Stream("feedback", _MOST_LISTED, _feedback))


def _listed(client: Client, wanted: Mapping[str, str]) -> Iterator[Project]:
    for rows in _by_offset(client, "/api/v1/sessions", dict(wanted), _MOST_LISTED):
        for each in rows:
            yield Project(str(each["id"]), str(each.get("name") or each["id"]))


def _has_new_runs(client: Client) -> bool:
    try:
        info = client.get("/info")
    except NotThere:
        return False
    flags = (info.get("instance_flags") or {}) if isinstance(info, dict) else {}
    return bool(flags.get("sdb_query_enabled", False))


def _old_runs(client: Client, project: Project, window: Window, rows: int) -> Iterator[Page]:
    since, until = iso(window.since), iso(window.until)
    asked: Row = {
        "session": [project.id],
        "start_time": since,
        "filter": f'and(gte(start_time, "{since}"), lt(start_time, "{until}"))',
        "order": "asc",
        "limit": rows,
        "select": _OLD,
    }
    progressing = Progressing("langsmith: runs")
    while True:
        answer = client.post("/api/v1/runs/query", asked)
        yield Page("runs", RUNS, items_of(answer, "runs", "langsmith: runs"))
        cursor = (answer.get("cursors") or {}).get("next")
        if not cursor:
            return
        progressing.check(cursor)
        asked["cursor"] = cursor


def _new_runs(client: Client, project: Project, window: Window, rows: int) -> Iterator[Page]:
    asked: Row = {
        "project_ids": [project.id],
        "min_start_time": iso(window.since),
        "max_start_time": iso(window.until),
        "page_size": rows,
        "selects": _NEW,
    }
    progressing = Progressing("langsmith: runs")
    while True:
        answer = client.post("/api/v2/runs/query", asked)
        found = items_of(answer, "items", "langsmith: runs")
        yield Page("runs", RUNS, [_as_old(each) for each in found])
        cursor = answer.get("next_cursor")
        if not cursor:
            return
        progressing.check(cursor)
        asked["cursor"] = cursor


def _as_old(run: Any) -> Any:
    """A run of version 2 in the words of version 1: enums in capitals, the project under another
    name, the parent only as the last of the line, details one level down."""
    if not isinstance(run, dict):
        return run
    old = dict(run)
    old["session_id"] = old.pop("project_id", None)
    line = run.get("parent_run_ids")
    if isinstance(line, list) and line:
        old.setdefault("parent_run_id", line[-1])
    for name in ("run_type", "status"):
        if isinstance(run.get(name), str):
            old[name] = run[name].lower()
    for name, value in run.items():
        if name.endswith("_details") and isinstance(value, dict):
            old[name] = value.get("raw", value)
    return old


def _feedback(client: Client, project: Project, window: Window, rows: int) -> Iterator[Page]:
    asked = {
        "session": project.id,
        "min_created_at": iso(window.since),
        "max_created_at": iso(window.until),
    }
    for found in _by_offset(client, "/api/v1/feedback", asked, rows):
        yield Page("feedback", FEEDBACK, found)


def _by_offset(client: Client, path: str, asked: dict[str, str], rows: int) -> Iterator[list[Any]]:
    progressing = Progressing(f"langsmith: {path}")
    offset = 0
    while True:
        found = client.get(path, {**asked, "limit": rows, "offset": offset})
        if not isinstance(found, list):
            raise PullFailed(f"langsmith: {path}: the answer is no list; is the address right?")
        if found:
            progressing.check(found)
            yield found
        if len(found) < rows:
            return
        offset += len(found)
