"""Pulling from a real Phoenix and a real MLflow, which were sent what a real application sent."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from landed import Landing
from real_servers import ask, both, frames, missing

from spanmart.pull.engine import PullResult

SHARED = Path(__file__).resolve().parents[3] / "shared" / "captures"
CAPTURE = SHARED / "openinference_openai"
SENT = CAPTURE / "spans.otlphttp.lenpb"
# Before the capture was made.
SINCE = datetime(2026, 11, 1, tzinfo=UTC)

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.waits,
    pytest.mark.skipif(bool(missing()), reason=missing() or "the servers are there"),
    pytest.mark.skipif(
        not SENT.exists(), reason="the captured exports (../shared/captures) are not there"
    ),
]

Pulled = Callable[..., PullResult]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    with both(tmp_path_factory.mktemp("servers")) as urls:
        yield urls


@pytest.fixture(scope="module")
def phoenix_url(servers: tuple[str, str]) -> str:
    url = servers[0]
    for message in frames(SENT):
        ask(f"{url}/v1/traces", message)
    # It stores them a moment later.
    for _ in range(100):
        if len(_phoenix_spans(url)) >= len(_sent_ids()):
            break
        time.sleep(0.3)
    return url


@pytest.fixture(scope="module")
def mlflow_url(servers: tuple[str, str]) -> str:
    url = servers[1]
    made = ask(f"{url}/api/2.0/mlflow/experiments/create", {"name": "support"})
    for message in frames(SENT):
        ask(f"{url}/v1/traces", message, x_mlflow_experiment_id=made["experiment_id"])
    return url


def _sent_ids() -> set[tuple[str, str, str | None]]:
    """Trace, span and parent of every span, from the same requests as JSON: another reader."""
    lines = (CAPTURE / "spans.otlphttp.jsonl").read_text().splitlines()
    return {
        (span["traceId"], span["spanId"], span.get("parentSpanId") or None)
        for line in lines
        for resource in json.loads(line)["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    }


def _ids(landing: Landing) -> set[tuple[str, str, str | None]]:
    return {
        (row["trace_id"], row["span_id"], row["parent_span_id"]) for row in landing.rows("spans")
    }


def _tokens(landing: Landing) -> tuple[int, int]:
    """Of model calls, as `expected.json` counts what the client saw."""
    counted = [
        dict(row["attributes"])
        for row in landing.rows("spans")
        if dict(row["attributes"]).get("openinference.span.kind") == "LLM"
    ]
    names = ("llm.token_count.prompt", "llm.token_count.completion")
    prompt, completion = (sum(int(each.get(name, 0)) for each in counted) for name in names)
    return prompt, completion


def _seen_tokens() -> tuple[int, int]:
    seen = json.loads((CAPTURE / "expected.json").read_text())["seen_by_client"]
    return seen["prompt_tokens"], seen["completion_tokens"]


def _phoenix_spans(url: str) -> list[Any]:
    spans = []
    for project in ask(f"{url}/v1/projects")["data"]:
        spans += ask(f"{url}/v1/projects/{project['id']}/spans?limit=1000")["data"]
    return spans


def test_phoenix_gives_what_it_was_sent_and_what_people_said_since(
    pulled: Pulled, landing: Landing, phoenix_url: str
) -> None:
    environment = {"PHOENIX_COLLECTOR_ENDPOINT": phoenix_url}
    first = pulled("phoenix", environment, since=SINCE, page_rows=100)
    assert (first.exit_code, first.failure) == (0, "")
    assert _ids(landing) == _sent_ids()
    assert _tokens(landing) == _seen_tokens()

    trace_id, span_id, _ = sorted(_sent_ids())[0]

    def annotate(label: str) -> None:
        said = {
            "span_id": span_id,
            "name": "helpful",
            "annotator_kind": "HUMAN",
            "identifier": "review-1",
            "result": {"label": label, "score": 1.0 if label == "yes" else 0.0},
        }
        ask(f"{phoenix_url}/v1/span_annotations?sync=true", {"data": [said]})

    annotate("no")
    second = pulled("phoenix", environment, lookback=_to_the_beginning())
    assert second.exit_code == 0, second.failure
    assert [row["label"] for row in landing.rows("feedback")] == ["no"]
    # The reviewer thinks again: the annotation of the same identifier is replaced at the server.
    time.sleep(1.1)
    annotate("yes")
    third = pulled("phoenix", environment, lookback=_to_the_beginning())
    assert third.exit_code == 0, third.failure
    said = sorted(landing.rows("feedback"), key=lambda row: row["source_version_at"])
    assert [row["label"] for row in said] == ["no", "yes"]
    assert len({row["feedback_id"] for row in said}) == 1
    assert {(row["trace_id"], row["span_id"]) for row in said} <= {
        (trace_id, span_id),
        (None, span_id),
    }
    assert _ids(landing) == _sent_ids(), "no span landed twice"
    assert len(landing.rows("spans")) == len(_sent_ids())


def test_mlflow_gives_what_it_was_sent_and_what_people_said_since(
    pulled: Pulled, landing: Landing, mlflow_url: str
) -> None:
    environment = {"MLFLOW_TRACKING_URI": mlflow_url}
    first = pulled("mlflow", environment, since=SINCE, projects=("support",), page_rows=10)
    assert (first.exit_code, first.failure) == (0, "")
    assert _ids(landing) == _sent_ids()
    assert _tokens(landing) == _seen_tokens()
    spans = landing.rows("spans")

    unchanged = pulled("mlflow", environment, lookback=_to_the_beginning())
    assert unchanged.landed.total("records_landed") == 0
    assert landing.rows("spans") == spans, "what has not changed is the record that landed before"

    trace_id = "tr-" + sorted(_sent_ids())[0][0]
    at = f"{mlflow_url}/api/3.0/mlflow/traces/{trace_id}/assessments"
    assessment = {
        "assessment_name": "helpful",
        "trace_id": trace_id,
        "source": {"source_type": "HUMAN", "source_id": "ada@example.com"},
        "feedback": {"value": False},
        "create_time": "2026-11-21T12:00:00Z",
        "last_update_time": "2026-11-21T12:00:00Z",
    }
    made = ask(at, {"assessment": assessment})["assessment"]
    second = pulled("mlflow", environment, lookback=_to_the_beginning())
    assert second.exit_code == 0, second.failure
    [said] = landing.rows("feedback")
    assert (said["score"], said["evaluator_name"]) == (0.0, "helpful")
    assert "ada" not in json.dumps(said, default=str)

    changed = {"assessment_id": made["assessment_id"], "trace_id": trace_id}
    ask(
        f"{at}/{made['assessment_id']}",
        {"assessment": changed | {"feedback": {"value": True}}, "update_mask": "feedback"},
        method="PATCH",
    )
    third = pulled("mlflow", environment, lookback=_to_the_beginning())
    assert third.exit_code == 0, third.failure
    newest = max(landing.rows("feedback"), key=lambda row: row["source_version_at"])
    assert newest["score"] == 1.0
    assert _ids(landing) == _sent_ids()


def _to_the_beginning() -> timedelta:
    return datetime.now(UTC) - SINCE
