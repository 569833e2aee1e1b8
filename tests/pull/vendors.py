"""Langfuse and LangSmith as their APIs are described (FORMATS 6.2 and 7, their own clients): rows
in time order of whoever made them, filtered and paged as the real ones do."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from loopback import Answer, Asked, Loopback

Row = dict[str, Any]
START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
# Of no shape that a detector knows: masking must not be what hides it.
PUBLIC, SECRET = "pk-lf-0d8f1c2e", "CANARY-violet-harbour-lantern"
KEY = "lsv2_pt_CANARY_3f9a1b7c5d2e4f60"


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def trace_id(number: int) -> str:
    """Counted from one: zero is no id."""
    return f"{number + 1:032x}"


def span_id(number: int) -> str:
    return f"{number + 1:016x}"


def observation(number: int, **other: Any) -> Row:
    """A generation of a trace of its own, a minute after the one before it."""
    began = START + timedelta(minutes=number)
    return {
        "id": span_id(number),
        "traceId": trace_id(number),
        "projectId": "clx-project",
        "parentObservationId": None,
        "type": "GENERATION",
        "name": "answer",
        "startTime": iso(began),
        "endTime": iso(began + timedelta(seconds=2)),
        "level": "DEFAULT",
        "statusMessage": "",
        "version": None,
        "environment": "production",
        "userId": f"user-{number % 3}",
        "sessionId": "session-1",
        "createdAt": iso(began),
        "updatedAt": iso(began + timedelta(seconds=3)),
        "input": '{"question": "where is my order"}',
        "output": "on its way",
        "metadata": {"tenant": "acme"},
        "model": "gpt-5.4-mini",
        "providedModelName": "gpt-5.4-mini",
        "usageDetails": {"input": 10 + number, "output": 5, "total": 15 + number},
        "costDetails": {"total": 0.001},
        "totalCost": 0.001,
        "tags": ["beta"],
        "traceName": "support",
    } | other


def trace(number: int, **other: Any) -> Row:
    began = START + timedelta(minutes=number)
    return {
        "id": trace_id(number),
        "projectId": "clx-project",
        "name": "support",
        "timestamp": iso(began),
        "environment": "production",
        "tags": ["beta"],
        "userId": f"user-{number % 3}",
        "sessionId": "session-1",
        "input": '{"question": "where is my order"}',
        "output": "on its way",
        "metadata": {"tenant": "acme"},
        "createdAt": iso(began),
        "updatedAt": iso(began + timedelta(seconds=3)),
        "latency": 2.0,
        "totalCost": 0.001,
        "observations": [span_id(number)],
        "scores": [],
        "htmlPath": f"/project/clx-project/traces/{trace_id(number)}",
    } | other


def score(number: int, **other: Any) -> Row:
    said = START + timedelta(minutes=number, seconds=30)
    return {
        "id": f"score-{number}",
        "projectId": "clx-project",
        "name": "user_feedback",
        "value": 1.0,
        "dataType": "NUMERIC",
        "source": "API",
        "timestamp": iso(said),
        "environment": "production",
        "createdAt": iso(said),
        "updatedAt": iso(said),
        "comment": "thanks",
        "subject": {"kind": "trace", "id": trace_id(number)},
    } | other


class FakeLangfuse:
    """Version 4, or with `is_old` version 3 on a server of one's own."""

    def __init__(self, server: Loopback) -> None:
        self.server = server
        self.observations: list[Row] = []
        self.traces: list[Row] = []
        self.scores: list[Row] = []
        self.is_old = False
        server.handler = self._answer

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LANGFUSE_HOST": self.server.url,
            "LANGFUSE_PUBLIC_KEY": PUBLIC,
            "LANGFUSE_SECRET_KEY": SECRET,
        }

    def _answer(self, asked: Asked) -> Answer:
        token = base64.b64encode(f"{PUBLIC}:{SECRET}".encode()).decode()
        if asked.headers.get("Authorization") != f"Basic {token}":
            return Answer({"message": "Invalid credentials"}, 401)
        path = asked.path.removeprefix("/api/public/")
        if path == "projects":
            return Answer({"data": [{"id": "clx-project", "name": "support"}]})
        new = {"v2/observations": self.observations, "v3/scores": self.scores}
        old = {
            "traces": self.traces,
            "observations": self.observations,
            "v2/scores": self.scores,
        }
        if path in (old if self.is_old else new):
            return (self._by_page if self.is_old else self._by_cursor)(
                asked, self._between(asked, (old if self.is_old else new)[path])
            )
        return Answer({"error": "LangfuseNotFoundError", "message": "not on this server"}, 404)

    @staticmethod
    def _between(asked: Asked, rows: list[Row]) -> list[Row]:
        name = "StartTime" if "observations" in asked.path else "Timestamp"
        key = name[0].lower() + name[1:]
        first, last = asked.one(f"from{name}"), asked.one(f"to{name}")
        return sorted(
            (
                row
                for row in rows
                if (not first or row[key] >= first) and (not last or row[key] < last)
            ),
            key=lambda row: str(row[key]),
            reverse=True,
        )

    @staticmethod
    def _by_cursor(asked: Asked, rows: list[Row]) -> Answer:
        limit, start = int(asked.one("limit", "50")), int(asked.one("cursor", "0"))
        if limit > (1000 if "observations" in asked.path else 100):
            return Answer({"message": "limit too large"}, 400)
        meta = {"limit": limit} | (
            {"cursor": str(start + limit)} if start + limit < len(rows) else {}
        )
        return Answer({"data": rows[start : start + limit], "meta": meta})

    @staticmethod
    def _by_page(asked: Asked, rows: list[Row]) -> Answer:
        limit, page = int(asked.one("limit", "50")), int(asked.one("page", "1"))
        if limit > 100:
            return Answer({"message": "limit too large"}, 400)
        pages = -(-len(rows) // limit)
        meta = {"page": page, "limit": limit, "totalItems": len(rows), "totalPages": pages}
        return Answer({"data": rows[(page - 1) * limit : page * limit], "meta": meta})


PROJECT = "a36092d2-4ad5-4fb4-9c0d-0dba9a2ed836"


def run_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number + 1:012x}"


def run(number: int, **other: Any) -> Row:
    """A run of version 1 of the API, the root of a trace of its own."""
    began = START + timedelta(minutes=number)
    return {
        "id": run_id(number),
        "session_id": PROJECT,
        "trace_id": run_id(number),
        "parent_run_id": None,
        "parent_run_ids": [],
        "name": "ChatOpenAI",
        "run_type": "llm",
        "start_time": began.replace(tzinfo=None).isoformat(),
        "end_time": (began + timedelta(seconds=2)).replace(tzinfo=None).isoformat(),
        "status": "success",
        "dotted_order": f"{began:%Y%m%dT%H%M%S%f}Z{run_id(number)}",
        "inputs": {"messages": [{"role": "user", "content": "where is my order"}]},
        "outputs": {
            "choices": [{"message": {"role": "assistant", "content": "on its way"}}],
            "usage_metadata": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15},
        },
        "extra": {"metadata": {"ls_provider": "openai", "ls_model_name": "gpt-5.4-mini"}},
        "error": None,
        "tags": ["beta"],
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": 15,
        "total_cost": 0.001,
    } | other


def feedback(number: int, **other: Any) -> Row:
    said = (START + timedelta(minutes=number, seconds=30)).isoformat()
    return {
        "id": f"11111111-0000-4000-8000-{number:012x}",
        "run_id": run_id(number),
        "trace_id": run_id(number),
        "session_id": PROJECT,
        "key": "user_score",
        "score": 1.0,
        "value": None,
        "comment": "thanks",
        "feedback_source": {"type": "api", "metadata": {}, "user_id": None},
        "created_at": said,
        "modified_at": said,
    } | other


class FakeLangSmith:
    """With `is_new` runs come from version 2 of the API, in its words."""

    def __init__(self, server: Loopback) -> None:
        self.server = server
        self.runs: list[Row] = []
        self.feedback: list[Row] = []
        self.is_new = False
        server.handler = self._answer

    @property
    def environment(self) -> dict[str, str]:
        return {"LANGSMITH_ENDPOINT": self.server.url + "/api/v1", "LANGSMITH_API_KEY": KEY}

    def _answer(self, asked: Asked) -> Answer:
        if asked.path == "/info":
            return Answer({"instance_flags": {"sdb_query_enabled": self.is_new}})
        if asked.headers.get("X-API-Key") != KEY:
            return Answer({"detail": "Invalid token"}, 401)
        if asked.path == "/api/v1/sessions":
            names = [{"id": PROJECT, "name": "support"}]
            wanted = asked.one("name") or asked.one("id")
            rows = [each for each in names if not wanted or wanted in each.values()]
            return self._by_offset(asked, rows)
        if asked.path == "/api/v1/feedback":
            first, last = asked.one("min_created_at"), asked.one("max_created_at")
            rows = [
                row
                for row in self.feedback
                if time_of(first) <= time_of(row["created_at"]) < time_of(last)
            ]
            return self._by_offset(asked, rows)
        if asked.path == "/api/v1/runs/query" and not self.is_new:
            words = asked.body["filter"].split('"')
            rows = self._between(words[1], words[3])
            found, cursor = self._by_cursor(asked.body, rows, asked.body["limit"])
            return Answer({"runs": found, "cursors": {"next": cursor}})
        if asked.path == "/api/v2/runs/query" and self.is_new:
            rows = self._between(asked.body["min_start_time"], asked.body["max_start_time"])
            found, cursor = self._by_cursor(asked.body, rows, asked.body["page_size"])
            return Answer({"items": [_in_new_words(each) for each in found], "next_cursor": cursor})
        return Answer({"detail": "Not Found"}, 404)

    def _between(self, first: str, last: str) -> list[Row]:
        return [
            row
            for row in self.runs
            if time_of(first) <= time_of(row["start_time"] + "+00:00") < time_of(last)
        ]

    @staticmethod
    def _by_cursor(body: Row, rows: list[Row], limit: int) -> tuple[list[Row], str | None]:
        start = int(body.get("cursor") or 0)
        more = start + limit < len(rows)
        return rows[start : start + limit], str(start + limit) if more else None

    @staticmethod
    def _by_offset(asked: Asked, rows: list[Row]) -> Answer:
        start = int(asked.one("offset", "0"))
        return Answer(rows[start : start + int(asked.one("limit", "100"))])


def _in_new_words(row: Row) -> Row:
    new = {name: value for name, value in row.items() if name != "parent_run_id"}
    new["project_id"] = new.pop("session_id")
    new["run_type"], new["status"] = row["run_type"].upper(), row["status"].upper()
    if row["parent_run_id"]:
        new["parent_run_ids"] = [row["parent_run_id"]]
    return new
