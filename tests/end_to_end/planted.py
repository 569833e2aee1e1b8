"""Exports with canaries in every field that an export has, in every format that is read."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zstandard
from canaries import PERSON, SECRETS, USER_NUMBER, Canary
from planted_encodings import Json, any_value, line, merged, nested, pairs, protobuf

START = 1_790_000_000_000_000_000
# Beyond this a value is cut (SPANMART_MAX_VALUE_BYTES of the run).
VALUE_BYTES = 8_000
# One file is enough: to find where to cut takes a while.
CUT_IN = 1
# Beyond this a value is content, whatever its name.
LONG = 5_000
WORDS = {each.text for each in SECRETS if each.text == each.secret and " " not in each.text}
# Their makers' letters are known behind a dash; a number behind one is part of something else.
KEYS = ("AKIA", "sk", "gh", "gl", "npm", "hf", "xox")
JOINED = Canary("all of them", "; ".join(each.text for each in SECRETS), "")


def bag(text: str) -> Json:
    """Attributes of any owner: unknown names, known ones, lists, maps, JSON, and a name itself."""
    person = {"user_id": PERSON["metadata.user_id"], "note": f"metadata {text}"}
    return {
        "app.note": f"app.note {text}",
        f"name of {text}": "a value",
        "app.list": [f"list {text}", "x"],
        "app.tree": {"a": {f"tree {text}": [f"leaf {text}"]}, "user.id": PERSON["user.id"]},
        "app.rows": [{"who": f"rows {text}"}],
        "app.json": json.dumps({"note": f"json {text}"}, ensure_ascii=False),
        "app.json.twice": nested({"note": f"twice {text}"} | person, 1),
        "app.json.thrice": nested({"note": f"thrice {text}"} | person, 2),
        "metadata": json.dumps(person),
        "session.id": f"session {text}",
        "gen_ai.conversation.id": f"conversation {text}",
        "gen_ai.request.model": f"model {text}",
        "error.type": f"error {text}",
        "user.id": PERSON["user.id"],
        "enduser.id": PERSON["enduser.id"],
        "gen_ai.user": PERSON["gen_ai.user"],
        "app.user_email": PERSON["app.user_email"],
        "traceloop.association.properties.user_id": PERSON[
            "traceloop.association.properties.user_id"
        ],
        "langfuse.user.id": PERSON["langfuse.user.id"],
    }


def content(text: str) -> Json:
    """What leaves the attributes for the artifacts."""
    arguments = {
        "customer_id": PERSON["customer_id"],
        "account": {"number": PERSON["account.number"]},
        "note": f"argument {text}",
    }
    call = {"type": "tool_call", "id": "call-1", "name": "crm", "arguments": arguments}
    # Facts that are read out of content: only a secret that is known without the word before it.
    reason = text if text in WORDS else "stop"
    messages = [
        {"role": "user", "parts": [{"type": "text", "content": f"message {text}"}]},
        {"role": "assistant", "parts": [call], "finish_reason": reason},
    ]
    return {
        "gen_ai.input.messages": json.dumps(messages[:1], ensure_ascii=False),
        "gen_ai.output.messages": json.dumps(messages),
        "gen_ai.system_instructions": f"instructions {text}",
        "gen_ai.tool.definitions": json.dumps([{"name": "crm", "description": f"tool {text}"}]),
        "gen_ai.tool.name": f"tool {text}",
        "gen_ai.tool.call.arguments": json.dumps(arguments),
        "gen_ai.tool.call.result": json.dumps({"rows": [arguments]}),
        "gen_ai.retrieval.documents": json.dumps([{"id": f"document {text}", "score": 0.5}]),
        "gen_ai.prompt.0.content": f"indexed {text}",
        "gen_ai.completion.0.content": f"indexed answer {text}",
        "gen_ai.completion.0.tool_calls.0.arguments": json.dumps(arguments),
        "llm.input_messages.0.message.content": f"openinference {text}",
        "llm.invocation_parameters": json.dumps({"user": PERSON["user"], "stop": [text]}),
        "retrieval.documents.0.document.content": f"retrieved {text}",
        "input.value": f"input {text}",
        "output.value": json.dumps(
            {
                "id": f"run-{reason}" if reason.startswith(KEYS) else "run-x",
                "text": f"output {text}",
            }
        ),
        "exception.stacktrace": f"Traceback\n  {text}\n",
        "app.long": f"long {text} " + "word " * (LONG // 5),
        "annotations.0.annotation.name": f"annotation {text}",
        "annotations.0.annotation.label": f"label {text}",
        "annotations.0.annotation.explanation": f"explanation {text}",
        "annotations.0.annotation.annotator_kind": "HUMAN",
        "annotations.0.annotation.identifier": f"annotation {text}",
    }


@dataclass(frozen=True)
class Ids:
    """Distinct in every file, so that no record is a copy of one in another."""

    file: int

    def trace(self, number: int) -> str:
        return f"{self.file:08x}{number:024x}"

    def span(self, number: int) -> str:
        return f"{self.file:08x}{number:08x}"


def spans(text: str, number: int, ids: Ids) -> Json:
    """One message with one full span, and one whose parent and link have no ids."""
    times = {"startTimeUnixNano": str(START), "endTimeUnixNano": str(START + 10**9)}
    around = "word " * ((VALUE_BYTES - 60) // 5)
    # Cut in the middle of what is planted.
    too_long = {"app.too.long": f"{around}{text} {around}"} if ids.file == CUT_IN else {}
    values = bag(text) | content(text) | too_long | {"gen_ai.operation.name": "chat"}
    full = {
        "traceId": ids.trace(number),
        "spanId": ids.span(number),
        "name": f"span {text}",
        "kind": 3,
        "traceState": f"vendor=state {text}",
        "status": {"code": 2, "message": f"status {text}"},
        "attributes": pairs(values),
        "events": [
            {
                "name": f"event {text}",
                "timeUnixNano": str(START + 5),
                "attributes": pairs(bag(text) | {"exception.message": f"exception {text}"}),
            },
            {
                "name": "gen_ai.evaluation.result",
                "timeUnixNano": str(START + 6),
                "attributes": pairs(evaluation(text)),
            },
        ],
        "links": [
            {
                "traceId": ids.trace(number),
                "spanId": ids.span(number),
                "traceState": f"vendor=link {text}",
                "attributes": pairs(bag(text)),
            }
        ],
        **times,
    }
    scope = {
        "name": f"scope {text}",
        "version": f"edition {text}",
        "attributes": pairs(bag(text)),
    }
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": pairs(bag(text) | {"service.name": f"service {text}"})},
                "schemaUrl": f"https://schema.invalid/{text}",
                "scopeSpans": [{"scope": scope, "spans": [full], "schemaUrl": text}],
            }
        ]
    }


def evaluation(text: str) -> Json:
    return {
        "gen_ai.evaluation.name": f"judge {text}",
        "gen_ai.evaluation.score.label": f"verdict {text}",
        "gen_ai.evaluation.explanation": f"because {text}",
        **bag(text),
    }


def logs(text: str, number: int, ids: Ids) -> Json:
    place = {"traceId": ids.trace(number), "spanId": ids.span(number)}
    body = {
        "content": f"body {text}",
        "finish_reason": text if text in WORDS else "stop",
        "user_id": PERSON["metadata.user_id"],
    }
    records = [
        {
            **place,
            "timeUnixNano": str(START),
            "eventName": f"event {text}",
            "severityText": f"severity {text}",
            "body": any_value(f"log body {text}"),
            "attributes": pairs(bag(text)),
        },
        {
            **place,
            "timeUnixNano": str(START + 1),
            "body": any_value(body),
            "attributes": pairs({"event.name": f"named {text}"}),
        },
        {
            **place,
            "timeUnixNano": str(START + 2),
            "eventName": "gen_ai.choice",
            "body": any_value(json.dumps(body)),
        },
        {
            **place,
            "timeUnixNano": str(START + 3),
            "eventName": "gen_ai.evaluation.result",
            "attributes": pairs(evaluation(text)),
        },
    ]
    return {
        "resourceLogs": [
            {
                "resource": {"attributes": pairs(bag(text))},
                "scopeLogs": [
                    {
                        "scope": {"name": f"scope {text}", "version": text},
                        "logRecords": records,
                    }
                ],
            }
        ]
    }


def odd_spans(text: str, number: int, ids: Ids) -> Json:
    """Ids that are none, where a record lands all the same, and enums that are none."""
    link = {"traceId": f"trace {text}", "spanId": f"span {text}"}
    span = {
        "trace_id": f"trace:/ {text.replace('/', '')} at/{ids.trace(number)}",
        "span_id": ids.span(number),
        "parentSpanId": f"parent {text}",
        "name": f"odd {text}",
        "kind": f"kind {text}",
        "status": {"code": f"code {text}", "message": text},
        "startTimeUnixNano": START,
        "links": [link],
        "attributes": {"app.note": f"a map {text}", "user.id": PERSON["user.id"]},
    }
    log = {
        "traceId": f"trace {text}",
        "spanId": f"span {text}",
        "body": any_value(text),
        "timeUnixNano": "x",
    }
    return {
        "batches": [{"instrumentationLibrarySpans": [{"spans": [span]}]}],
        "resourceLogs": [{"scopeLogs": [{"logRecords": [log]}]}],
    }


def unreadable(text: str, number: int, ids: Ids) -> Iterator[bytes]:
    """Lines that are rejected, with what they say in the excerpt."""
    rejected = [
        {"name": f"no trace id {text}", "spanId": ids.span(number)},
        {"name": "x", "traceId": f"bad {text}", "spanId": ids.span(number)},
        {"name": "x", "traceId": ids.trace(number), "spanId": f"bad {text}"},
    ]
    for span in rejected:
        span["attributes"] = pairs(bag(text))
        yield line({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
    # The people come first: they must be in the excerpt.
    about = {
        "user.id": PERSON["user.id"],
        "enduser.id": [PERSON["enduser.id"]],
        "app.user_email": f"] {PERSON['app.user_email']}",
    }
    yield line({"note": f"no export {text}"})
    yield line({"attributes": pairs(about), "note": text})
    yield line({"resourceSpans": [f"no record {text}"]})
    yield line({"attributes": pairs({"user.id": int(USER_NUMBER.text)})})
    yield f"no JSON {text}".replace("\n", "\\n").encode()
    yield b"\xff\xfe" + f" bad bytes {text} ".replace("\n", "\\n").encode() + b"\xc3\x28"
    flat = text.replace("\n", "\\n")
    # An excerpt has 500 characters: whatever stands across its end must not be there in half.
    for part in (13, len(flat) // 2, len(flat) - 1):
        yield (f"at the end {number:04d} ".ljust(500 - part, ".") + " " + flat).encode()
    # The writer died in the middle of a record.
    whole = line({"resourceSpans": [{"resource": {"attributes": pairs({"a": text})}}]})
    yield whole[: whole.find(b'"stringValue": "') + 16 + len(json.dumps(text)) - 3]


def feedback(text: str, number: int, ids: Ids) -> Iterator[Json]:
    row = {
        "kind": "thumbs",
        "source": "user",
        "occurred_at": START,
        "feedback_id": f"feedback {number} {text}",
        "trace_id": ids.trace(number),
        "conversation_id": f"conversation {text}",
        "request_id": f"request {text}",
        "author": PERSON["author"],
        "label": f"label {text}",
        "comment": f"comment {text}",
        "evaluator_name": f"evaluator {text}",
        "evaluator_version": f"edition {text}",
        "extra": f"extra {text}",
        f"column {text.replace(',', '')}": "x",
        "user_id": PERSON["metadata.user_id"],
    }
    yield row
    author = {"author": f'Von "Z", {PERSON["author"]}'}
    for wrong in (
        {"kind": f"applause {text}"},
        {"source": f"source {text}"},
        {"score": f"score {text}"},
        {"occurred_at": f"yesterday {text}"},
        {"trace_id": f"trace {text}"},
    ):
        yield author | row | author | wrong


def csv_of(rows: Iterable[Json]) -> bytes:
    """Every row with the columns of the first, and one row with a field too many."""
    rows = list(rows)
    names = [name for name in rows[0] if not name.startswith("column ")]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    writer.writerow([*rows[0].values(), "surplus", rows[0]["comment"]])
    return text.getvalue().encode()


def write(folder: Path) -> list[str]:
    """The exports; returns trace ids to look at."""
    folder.mkdir(parents=True)
    planted = [*SECRETS, JOINED]

    def of_all(function: Any, file: int) -> list[Any]:
        return [function(each.text, at, Ids(file)) for at, each in enumerate(planted, start=1)]

    messages = [*of_all(spans, 1), *of_all(logs, 1)]
    (folder / "spans.jsonl").write_bytes(b"\n".join(map(line, messages)))
    pretty = json.dumps(merged([*of_all(spans, 2), *of_all(logs, 2)]), indent=2).encode()
    (folder / "document.json.gz").write_bytes(gzip.compress(pretty))
    odd = b"\n".join(map(line, of_all(odd_spans, 3)))
    (folder / "odd.jsonl.zst").write_bytes(zstandard.compress(odd))
    frames = [protobuf(merged(of_all(each, 4))) for each in (spans, logs)]
    prefixed = b"".join(len(each).to_bytes(4) + each for each in frames)
    # The last frame is cut off, in the middle of its text.
    (folder / "spans.lenpb").write_bytes(prefixed + prefixed[: len(frames[0]) // 2])
    (folder / "spans.pb.gz").write_bytes(gzip.compress(prefixed)[:-20])
    unread = [each for lines in of_all(unreadable, 5) for each in lines]
    (folder / "unreadable.jsonl").write_bytes(line(messages[0]) + b"\n" + b"\n".join(unread))
    rows = [each for group in of_all(feedback, 6) for each in group]
    (folder / "feedback.jsonl").write_bytes(b"\n".join(map(line, rows)))
    rows = [each for group in of_all(feedback, 7) for each in group]
    (folder / "feedback.csv").write_bytes(csv_of(rows))
    for each in SECRETS[:1] + tuple(e for e in SECRETS if e.kind == "key, GitHub"):
        (folder / f"{each.text}.txt").write_bytes(f"no export {each.text}".encode())
        (folder / f"of {each.text}.jsonl").write_bytes(line(spans("x", 1, Ids(8))))
    return [Ids(1).trace(len(planted)), Ids(4).trace(2)]
