"""What each vendor is asked, and that its pages are read by its formats."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from landed import Landing
from loopback import Answer, Asked, Loopback
from vendors import (
    KEY,
    PROJECT,
    START,
    FakeLangfuse,
    FakeLangSmith,
    feedback,
    observation,
    run,
    run_id,
    score,
    span_id,
    trace,
    trace_id,
)

from spanmart.pull import VENDORS
from spanmart.pull.engine import PullResult, vendor_named
from spanmart.pull.errors import PullFailed

Pulled = Callable[..., PullResult]
SINCE = START - timedelta(hours=5)


@pytest.mark.parametrize("is_old", [False, True])
def test_langfuse_by_either_version_of_its_api(
    pulled: Pulled, landing: Landing, langfuse: FakeLangfuse, loopback: Loopback, is_old: bool
) -> None:
    langfuse.is_old = is_old
    langfuse.observations = [observation(number) for number in range(3)]
    langfuse.traces = [trace(number) for number in range(3)]
    langfuse.scores = [score(number, traceId=trace_id(number)) for number in range(2)]
    result = pulled("langfuse", langfuse.environment, since=SINCE)
    assert (result.exit_code, result.failure) == (0, "")
    spans = landing.rows("spans")
    assert {row["trace_id"] for row in spans} == {trace_id(number) for number in range(3)}
    generations = [row for row in spans if row["span_id"] in {span_id(n) for n in range(3)}]
    assert sorted(
        int(dict(row["attributes"])["gen_ai.usage.input_tokens"]) for row in generations
    ) == [10, 11, 12]
    scores = landing.rows("feedback")
    assert {row["trace_id"] for row in scores} == {trace_id(0), trace_id(1)}
    assert [row["score"] for row in scores] == [1.0, 1.0]
    versions = {path for path in loopback.paths() if "observations" in path}
    assert ("/api/public/observations" in versions) is is_old


@pytest.mark.parametrize("is_new", [False, True])
def test_langsmith_by_either_version_of_its_api(
    pulled: Pulled, landing: Landing, langsmith: FakeLangSmith, is_new: bool
) -> None:
    """Both tell the same of a run; 230 of them are three pages of the old one."""
    langsmith.is_new = is_new
    parent = run(0, run_type="chain")
    child = run(1, trace_id=run_id(0), parent_run_id=run_id(0), parent_run_ids=[run_id(0)])
    child["dotted_order"] = parent["dotted_order"] + "." + child["dotted_order"]
    langsmith.runs = [parent, child, *(run(number) for number in range(2, 230))]
    langsmith.feedback = [feedback(number) for number in range(3)]
    result = pulled("langsmith", langsmith.environment, since=SINCE, projects=("support",))
    assert (result.exit_code, result.failure) == (0, "")
    spans = {row["source_span_id"]: row for row in landing.rows("spans")}
    assert len(spans) == 230
    assert spans[run_id(1)]["parent_span_id"] == spans[run_id(0)]["span_id"]
    attributes = dict(spans[run_id(1)]["attributes"])
    assert attributes["openinference.span.kind"] == "LLM"
    assert dict(spans[run_id(0)]["attributes"])["openinference.span.kind"] == "CHAIN"
    assert spans[run_id(1)]["status_code"] == "ok"
    assert len(landing.rows("feedback")) == 3


def test_langsmith_projects_are_asked_for_by_name_or_id(
    pulled: Pulled, langsmith: FakeLangSmith, loopback: Loopback
) -> None:
    for wanted in ((), ("support",), (PROJECT,)):
        result = pulled("langsmith", langsmith.environment, since=SINCE, projects=wanted)
        assert [each.project for each in result.streams] == ["support", "support"]
    asked = [each.query for each in loopback.asked if each.path.endswith("sessions")]
    assert [each.get("reference_free") for each in asked] == [["true"], None, None]
    missing = pulled("langsmith", langsmith.environment, projects=("suport",))
    assert "there is no project suport" in missing.failure


def test_phoenix_spans_and_annotations_of_spans_traces_and_sessions(
    pulled: Pulled, landing: Landing, loopback: Loopback
) -> None:
    began = (START + timedelta(minutes=1)).isoformat()
    spans = [
        {
            "id": f"U3Bhbjo{number}",
            "name": "chat",
            "context": {"trace_id": trace_id(number % 2), "span_id": span_id(number)},
            "span_kind": "LLM",
            "parent_id": None,
            "start_time": began,
            "end_time": began,
            "status_code": "OK",
            "status_message": "",
            "attributes": {"session.id": "s-1", "llm.token_count.prompt": number},
            "events": [],
        }
        for number in range(5)
    ]
    annotations: dict[str, dict[str, Any]] = {
        "span": {"span_id": span_id(1)},
        "trace": {"trace_id": trace_id(1)},
        "session": {"session_id": "s-1"},
    }

    def answer(asked: Asked) -> Answer:
        if asked.path == "/v1/projects":
            return Answer({"data": [{"id": "UHJv", "name": "a b/c"}], "next_cursor": None})
        if asked.path == "/v1/projects/UHJv/spans":
            if asked.one("start_time") > began or asked.one("end_time") <= began:
                return Answer({"data": [], "next_cursor": None})
            start = int(asked.one("cursor", "0"))
            more = str(start + 2) if start + 2 < len(spans) else None
            return Answer({"data": spans[start : start + 2], "next_cursor": more})
        kind = asked.path.rpartition("/")[2].removesuffix("_annotations")
        [key] = annotations[kind]
        rows = [
            {
                "id": f"{kind}-1",
                "name": "helpful",
                "annotator_kind": "HUMAN",
                "result": {"label": "yes", "score": 1.0, "explanation": None},
                "metadata": {},
                "identifier": "",
                "source": "API",
                "user_id": None,
                "created_at": began,
                "updated_at": began,
                **annotations[kind],
            }
        ]
        wanted = asked.query[f"{kind}_ids"]
        return Answer({"data": [row for row in rows if row[key] in wanted], "next_cursor": None})

    loopback.handler = answer
    environment = {"PHOENIX_COLLECTOR_ENDPOINT": f"{loopback.url}/v1/traces"}
    result = pulled("phoenix", environment, since=SINCE, page_rows=2)
    assert (result.exit_code, result.failure) == (0, "")
    assert len(landing.rows("spans")) == 5
    assert len(landing.rows("feedback")) == 3
    asked_for = [
        each
        for request in loopback.asked
        for each in request.query.get("trace_ids", []) + request.query.get("session_ids", [])
    ]
    assert sorted(asked_for) == sorted({*asked_for}), "each trace and session once"


def test_mlflow_traces_whose_spans_are_gone_or_damaged_land_with_what_is_known(
    pulled: Pulled, landing: Landing, loopback: Loopback
) -> None:
    at = START + timedelta(minutes=1)

    def info(number: int) -> dict[str, Any]:
        return {
            "trace_id": f"tr-{trace_id(number)}",
            "trace_location": {
                "type": "MLFLOW_EXPERIMENT",
                "mlflow_experiment": {"experiment_id": "1"},
            },
            "request_time": at.isoformat().replace("+00:00", "Z"),
            "execution_duration": "0.177s",
            "state": "OK",
            # In another order each time, as protobuf's maps come.
            "trace_metadata": dict(
                list({"mlflow.user": "ada", "mlflow.trace_schema.version": "3"}.items())[
                    :: 1 if len(loopback.asked) % 2 else -1
                ]
            ),
            "tags": {"mlflow.traceName": "support"},
        }

    def answer(asked: Asked) -> Answer:
        if asked.path.endswith("experiments/search"):
            return Answer({"experiments": [{"experiment_id": "1", "name": "support"}]})
        if asked.path.endswith("traces/search"):
            first, last = (int(word) for word in asked.body["filter"].split() if word.isdigit())
            inside = first <= at.timestamp() * 1000 < last
            if not inside:
                return Answer({})
            start = int(asked.body.get("page_token") or 0)
            more = {"next_page_token": str(start + 2)} if start == 0 else {}
            return Answer({"traces": [info(n) for n in range(3)][start : start + 2], **more})
        number = int(asked.one("request_id")[3:], 16) - 1
        if number == 1:
            return Answer({"error_code": "NOT_FOUND", "message": "no data"}, 404)
        if number == 2:
            return Answer({"error_code": "INVALID_STATE", "message": "corrupted"}, 500)
        span = {
            "trace_id": "ht+63XESIG+zZtshAC35CQ==",
            "span_id": "I4ZX+VFr2d4=",
            "parent_span_id": None,
            "name": "agent",
            "start_time_unix_nano": int(at.timestamp()) * 10**9,
            "end_time_unix_nano": int(at.timestamp()) * 10**9 + 1,
            "status": {"code": "STATUS_CODE_OK", "message": ""},
            "attributes": {"mlflow.spanType": '"AGENT"'},
            "events": [],
            "links": [],
        }
        return Answer({"spans": [span]})

    loopback.handler = answer
    environment = {"MLFLOW_TRACKING_URI": loopback.url}
    result = pulled("mlflow", environment, since=SINCE, page_rows=2)
    assert (result.exit_code, result.failure) == (0, "")
    assert result.retries == 0
    spans = landing.rows("spans")
    assert "agent" in {row["name"] for row in spans}
    assert len({row["trace_id"] for row in spans}) == 3
    again = pulled("mlflow", environment, since=SINCE, page_rows=2)
    assert again.landed.total("records_landed") == 0
    assert len(landing.rows("spans")) == len(spans)


@pytest.mark.parametrize(
    ("vendor", "environment", "url", "headers"),
    [
        (
            "langfuse",
            {"LANGFUSE_PUBLIC_KEY": "a", "LANGFUSE_SECRET_KEY": "hush"},
            "https://cloud.langfuse.com",
            {"Authorization": "Basic YTpodXNo"},
        ),
        (
            "langsmith",
            {
                "LANGSMITH_API_KEY": KEY,
                "LANGSMITH_ENDPOINT": "https://ls.example.com/api/v1/",
                "LANGSMITH_WORKSPACE_ID": "w",
            },
            "https://ls.example.com",
            {"X-API-Key": KEY, "X-Tenant-Id": "w"},
        ),
        ("phoenix", {}, "http://localhost:6006", {}),
        ("phoenix", {"PHOENIX_HOST": "phoenix"}, "http://phoenix:6006", {}),
        (
            "phoenix",
            {
                "PHOENIX_COLLECTOR_ENDPOINT": "https://app.example.com/s/team/v1/traces",
                "PHOENIX_API_KEY": "hush",
            },
            "https://app.example.com/s/team",
            {"Authorization": "Bearer hush"},
        ),
        (
            "mlflow",
            {"MLFLOW_TRACKING_URI": "https://m.example.com/", "MLFLOW_TRACKING_TOKEN": "hush"},
            "https://m.example.com",
            {"Authorization": "Bearer hush"},
        ),
        (
            "mlflow",
            {
                "MLFLOW_TRACKING_URI": "http://m:5000",
                "MLFLOW_TRACKING_USERNAME": "a",
                "MLFLOW_TRACKING_PASSWORD": "hush",
            },
            "http://m:5000",
            {"Authorization": "Basic YTpodXNo"},
        ),
    ],
)
def test_a_vendor_is_found_by_the_variables_of_its_own_tools(
    vendor: str, environment: dict[str, str], url: str, headers: dict[str, str]
) -> None:
    site = vendor_named(vendor).site(environment)
    assert (site.url, dict(site.headers)) == (url, headers)
    shown = repr(site)
    assert not [each for each in site.secrets if each in shown]


@pytest.mark.parametrize(
    "environment",
    [
        {"MLFLOW_TRACKING_URI": "databricks"},
        {"MLFLOW_TRACKING_URI": "sqlite:///mlflow.db"},
        {},
        {"MLFLOW_TRACKING_URI": "http://m:5000", "MLFLOW_TRACKING_USERNAME": "a"},
    ],
)
def test_an_mlflow_that_is_no_server_is_told(environment: dict[str, str]) -> None:
    with pytest.raises(PullFailed, match="MLFLOW_TRACKING_"):
        vendor_named("mlflow").site(environment)


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_answer_that_is_no_api_is_told(
    pulled: Pulled, loopback: Loopback, vendor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pages for people of the same server, which answer everything with 200."""
    loopback.handler = lambda asked: Answer({"hello": datetime.now(UTC).isoformat()})
    environment = {
        "LANGFUSE_HOST": loopback.url,
        "LANGFUSE_PUBLIC_KEY": "a",
        "LANGFUSE_SECRET_KEY": "b",
        "LANGSMITH_ENDPOINT": loopback.url,
        "LANGSMITH_API_KEY": "c",
        "PHOENIX_COLLECTOR_ENDPOINT": loopback.url,
        "MLFLOW_TRACKING_URI": loopback.url,
    }
    result = pulled(vendor, environment)
    # MLflow leaves empty lists out, so that there it is a server without experiments.
    assert result.failure or (vendor == "mlflow" and not result.streams)
