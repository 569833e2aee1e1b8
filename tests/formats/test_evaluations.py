"""`gen_ai.evaluation.result` in each of its forms is feedback on what was evaluated."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from spanmart import formats, testing
from spanmart.landing import evaluations

Json = dict[str, Any]
TRACE, CHAT, OWN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "00f067aa0ba902b8"
TIME = 1_790_000_000_123_456_789
NAME = "gen_ai.evaluation.result"
VALUES: Json = {
    "gen_ai.evaluation.name": {"stringValue": "Relevance"},
    "gen_ai.evaluation.score.value": {"doubleValue": 0.9},
    "gen_ai.evaluation.score.label": {"stringValue": "relevant"},
    "gen_ai.evaluation.explanation": {"stringValue": "It answers."},
    "gen_ai.response.id": {"stringValue": "chatcmpl-1"},
}


def pairs(values: Json) -> list[Json]:
    return [{"key": key, "value": value} for key, value in values.items()]


def span(span_id: str, values: Json, **fields: Any) -> Json:
    given = {"traceId": TRACE, "spanId": span_id, "name": "chat gpt-4.1", "kind": 3}
    times = {"startTimeUnixNano": str(TIME - 10), "endTimeUnixNano": str(TIME)}
    return {**given, **times, "attributes": pairs(values), **fields}


def spans(*records: Json) -> Json:
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": list(records)}]}]}


def log(values: Json, **fields: Any) -> Json:
    record = {"traceId": TRACE, "spanId": CHAT, "timeUnixNano": str(TIME), **fields}
    record["attributes"] = pairs(values)
    return {"resourceLogs": [{"resource": {}, "scopeLogs": [{"logRecords": [record]}]}]}


def feedback(document: Json) -> list[Json]:
    rows: list[Json] = []
    data = io.BytesIO(json.dumps(document).encode())
    for batch in formats.named("otlp_json").read(data):
        assert batch.rejects == []
        for records in batch.records:
            if records.table == "spans":
                evaluated = evaluations.of_spans(records)
            else:
                _, evaluated = evaluations.split_logs(evaluations.with_event_names(records))
            rows += testing.rows_of(evaluated) if evaluated else []
    return rows


CHAT_VALUES: Json = {
    "gen_ai.operation.name": {"stringValue": "chat"},
    "gen_ai.usage.input_tokens": {"intValue": "12"},
}
EVENT = {"name": NAME, "timeUnixNano": str(TIME), "attributes": pairs(VALUES)}
LINK = {"traceId": TRACE, "spanId": CHAT}
EVALUATING = {"gen_ai.operation.name": {"stringValue": "evaluate"}}
FORMS = {
    "event name": log(VALUES, eventName=NAME),
    "event.name": log(VALUES | {"event.name": {"stringValue": NAME}}),
    "otel.event.name": log(VALUES | {"otel.event.name": {"stringValue": NAME}}),
    "span event": spans(span(CHAT, CHAT_VALUES, events=[EVENT])),
    "on the span": spans(span(CHAT, CHAT_VALUES | VALUES)),
    "span below it": spans(span(OWN, VALUES, name=NAME, parentSpanId=CHAT)),
    "operation below it": spans(span(OWN, VALUES | EVALUATING, name="x", parentSpanId=CHAT)),
    "span that links to it": spans(
        span(OWN, VALUES, name="evaluate Relevance", traceId="f" * 32, links=[LINK])
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_an_evaluation_is_feedback_on_the_span_it_is_about(form: str) -> None:
    [row] = feedback(FORMS[form])
    assert row == {
        "trace_id": TRACE,
        "span_id": CHAT,
        "time_unix_nano": TIME,
        "kind": "evaluator_label",
        "feedback_source": "evaluator",
        "score": 0.9,
        "label": "relevant",
        "evaluator_name": "Relevance",
        "record_number": 1,
        "comment": "It answers.",
        "attributes": {"gen_ai.response.id": "chatcmpl-1"},
    }


def test_a_score_of_zero_is_a_score_and_a_name_alone_is_none() -> None:
    zero = VALUES | {"gen_ai.evaluation.score.value": {"intValue": "0"}}
    assert feedback(spans(span(CHAT, zero)))[0]["score"] == 0.0
    name = {"gen_ai.evaluation.name": VALUES["gen_ai.evaluation.name"]}
    assert feedback(spans(span(CHAT, CHAT_VALUES | name))) == []


def test_spans_beside_an_evaluation_are_not_evaluated() -> None:
    others = [span(f"{number:016x}", CHAT_VALUES) for number in range(1, 5)]
    rows = feedback(spans(*others, span(CHAT, CHAT_VALUES | VALUES), *others))
    assert [row["span_id"] for row in rows] == [CHAT]
