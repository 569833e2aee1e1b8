"""An MLflow tracking server: traces of experiments, with their assessments and spans.

Traces are searched by their start (`timestamp_ms`), and say neither when their state, tags nor
assessments changed: hence the look-back. Their spans are asked for trace by trace, at the address
that MLflow's own pages use, because it gives them as `Trace.to_json` has them wherever they are
kept (database, artifact store, archive). A server of one's own has no rate limit. Source: mlflow
3.17 (server/handlers.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from spanmart.pull.client import Client
from spanmart.pull.errors import NotThere
from spanmart.pull.site import Site, base_url, basic, bearer, required
from spanmart.pull.streams import (
    Page,
    Progressing,
    Project,
    Row,
    Stream,
    Window,
    chosen,
    items_of,
)

FORMAT = "mlflow_traces"
_MOST_TRACES, _MOST_EXPERIMENTS = 500, 1000
# A trace with its spans is some 100 KB: this many are in memory before they count against the group
# that lands together.
_TRACES_AT_ONCE = 50


def site(environment: Mapping[str, str]) -> Site:
    (text,) = required(environment, "MLFLOW_TRACKING_URI")
    url = base_url(text, "MLFLOW_TRACKING_URI")
    headers: dict[str, str] = {}
    secrets: tuple[str, ...] = ()
    if token := environment.get("MLFLOW_TRACKING_TOKEN"):
        headers, secrets = bearer(token.strip())
    elif environment.get("MLFLOW_TRACKING_USERNAME"):
        names = ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD")
        headers, secrets = basic(*required(environment, *names))
    variables = (
        "MLFLOW_TRACKING_URI",
        "MLFLOW_TRACKING_TOKEN",
        "MLFLOW_TRACKING_USERNAME",
        "MLFLOW_TRACKING_PASSWORD",
    )
    return Site("mlflow", url, variables, headers, secrets, is_gone=_is_corrupted)


def _is_corrupted(status: int, body: bytes) -> bool:
    """Spans in a file that the server cannot read will be so in a minute too: without this, one
    such trace would stop every pull at the same place."""
    return status == 500 and b'"INVALID_STATE"' in body


def projects(client: Client, wanted: tuple[str, ...]) -> list[Project]:
    """Experiments that are not deleted."""
    asked: Row = {"max_results": _MOST_EXPERIMENTS, "view_type": "ACTIVE_ONLY"}
    pages = _pages(client, "/api/2.0/mlflow/experiments/search", asked, "experiments")
    found = [
        Project(str(each["experiment_id"]), str(each.get("name") or each["experiment_id"]))
        for page in pages
        for each in page
    ]
    return chosen(found, wanted, "experiment called")


def streams(client: Client) -> tuple[Stream, ...]:
    return (Stream("traces", _MOST_TRACES, _read),)


def _read(client: Client, project: Project, window: Window, rows: int) -> Iterator[Page]:
    since, until = (
        int(moment.timestamp()) * 1000 + moment.microsecond // 1000
        for moment in (window.since, window.until)
    )
    experiment = {"experiment_id": project.id}
    asked: Row = {
        "locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": experiment}],
        "filter": f"timestamp_ms >= {since} AND timestamp_ms < {until}",
        "order_by": ["timestamp_ms ASC"],
        "max_results": rows,
    }
    for infos in _pages(client, "/api/3.0/mlflow/traces/search", asked, "traces"):
        for start in range(0, len(infos), _TRACES_AT_ONCE):
            some = infos[start : start + _TRACES_AT_ONCE]
            yield Page("traces", FORMAT, [_trace(client, info) for info in some])


def _trace(client: Client, info: Any) -> Any:
    """As `Trace.to_json` writes it."""
    if not isinstance(info, dict) or not isinstance(info.get("trace_id"), str):
        return info
    return {"info": _info(info), "data": {"spans": _spans(client, info["trace_id"])}}


def _info(info: Row) -> Row:
    """Maps of strings come in another order each time: in one order, a trace that has not changed
    is the record that landed before. A duration comes as protobuf's JSON has it ("0.177s")."""
    made = dict(info)
    for name in ("trace_metadata", "tags"):
        if isinstance(made.get(name), dict):
            made[name] = dict(sorted(made[name].items()))
    duration = made.pop("execution_duration", None)
    if isinstance(duration, str) and duration.endswith("s"):
        try:
            made["execution_duration_ms"] = round(float(duration[:-1]) * 1000)
        except ValueError:
            made["execution_duration"] = duration
    return made


def _spans(client: Client, trace_id: str) -> list[Any]:
    asked: dict[str, str | int | list[str]] = {"request_id": trace_id}
    try:
        data = client.get("/ajax-api/3.0/mlflow/get-trace-artifact", asked)
    except NotThere:
        # Its spans were never stored, are damaged, or were deleted meanwhile: what is known of it
        # is landed.
        return []
    return items_of(data, "spans", f"mlflow: {trace_id}")


def _pages(client: Client, path: str, asked: Row, member: str) -> Iterator[list[Any]]:
    progressing = Progressing(f"mlflow: {member}")
    while True:
        answer = client.post(path, asked)
        # Protobuf's JSON leaves empty lists out.
        yield items_of({member: [], **answer}, member, f"mlflow: {member}")
        token = answer.get("next_page_token")
        if not token:
            return
        progressing.check(token)
        asked = {**asked, "page_token": token}
