"""Secrets of every kind in every field, and none of them in any byte that landing writes."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from landed import Landing
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from otlp_samples import (
    any_value,
    attribute_list,
    json_lines,
    length_prefixed,
    log_record,
    logs,
    span,
    traces,
)

from spanmart.settings import Settings

Write = Callable[[str, bytes], Path]

SECRETS = {
    "email": "canary.mail@example.com",
    "phone": "+49 170 9998887",
    "card": "4012888888881881",
    "iban": "DE89370400440532013000",
    "ip": "203.0.113.77",
    "aws": "AKIA" + "CANARYCANARY1234",
    "openai": "sk-" + "canary-0123456789abcdef",
    "jwt": "eyJ" + "canarycanary.eyJjYW5hcnkifQ.c2lnbmF0dXJl",
    "bearer": "Bearer canarytoken0123456789",
    "password": "password=canary-pass-1",
    "url": "https://bob:canary-pass-2@host/x",
    "private": "-----BEGIN PRIVATE " + "KEY-----canarybase64-----END PRIVATE " + "KEY-----",
}
# What must not be found: of some, only the secret part.
PLANTED = [
    *(SECRETS[name] for name in ("email", "phone", "card", "iban", "ip", "aws", "openai", "jwt")),
    *("canarytoken0123456789", "canary-pass-1", "canary-pass-2", "canarybase64", "canary-user-7"),
]
TEXT = "; ".join(SECRETS.values())
USER = "canary-user-7"

PEOPLE = {
    "user.id": USER,
    "enduser.id": USER,
    "gen_ai.user": USER,
    "traceloop.association.properties.user_id": USER,
    "ai.telemetry.metadata.userId": USER,
    "metadata": json.dumps({"user_id": USER, "x": 1}),
    "llm.invocation_parameters": json.dumps({"user": USER, "temperature": 0.1}),
}


def everywhere() -> bytes:
    values = {
        **PEOPLE,
        "plain": TEXT,
        "list": [TEXT, "x"],
        "tree": {"a": {"b": TEXT}},
        "gen_ai.input.messages": json.dumps([{"parts": [{"content": TEXT}]}]),
        "output.value": TEXT,
        "long": TEXT + "x" * 5000,
        f"key {SECRETS['email']}": "secret in a key",
        "metadata.json": json.dumps({"inner": json.dumps({"user_id": USER, "text": TEXT})}),
    }
    event = Span.Event(name=f"event {TEXT}", attributes=attribute_list(values), time_unix_nano=1)
    link = Span.Link(trace_id=b"\1" * 16, span_id=b"\1" * 8, attributes=attribute_list(values))
    full = span(
        1,
        values,
        name=f"name {TEXT}",
        trace_state=f"x={TEXT}",
        status=Status(code=Status.STATUS_CODE_ERROR, message=TEXT),
        events=[event],
        links=[link],
    )
    records = logs(
        log_record(values, body=any_value(TEXT), event_name=f"e {TEXT}"),
        log_record(values, body=any_value({"content": TEXT, "user_id": USER})),
        log_record(
            {
                "event.name": "gen_ai.evaluation.result",
                "gen_ai.evaluation.name": f"judge {SECRETS['email']}",
                "gen_ai.evaluation.score.label": TEXT,
                "gen_ai.evaluation.explanation": TEXT,
                **values,
            }
        ),
    )
    lines = json_lines([traces(full, resource=values), records])
    unreadable = json_lines([traces(span(2, values, trace_id=b"", name=f"name {TEXT}"))])
    return (
        lines + unreadable + lines[:4000].rstrip(b"\n") + b"\n" + f"{TEXT} is not json\n".encode()
    )


def feedback() -> bytes:
    row = {
        "kind": "thumbs",
        "source": "user",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "occurred_at": 1790000000,
        "author": USER,
        "label": TEXT,
        "comment": TEXT,
        "extra": TEXT,
        "user_id": USER,
    }
    rows = [row, row | {"kind": "applause"}, row | {"score": "x", "label": "y"}]
    return "\n".join(json.dumps(each) for each in rows).encode()


def written_bytes(landing: Landing) -> bytes:
    """Every file as it lies there, and every Parquet file uncompressed as text."""
    found = b""
    for name in landing.files():
        path = landing.root / name
        found += path.read_bytes() + name.encode()
        if path.suffix == ".parquet":
            rows = duckdb.connect().execute("select * from read_parquet(?)", [str(path)]).fetchall()
            found += repr(rows).encode()
    return found


@pytest.mark.parametrize("draft_bytes", [1 << 30, 0], ids=["in memory", "on disk"])
def test_no_planted_secret_is_in_any_byte_that_is_written(
    landing: Landing, write: Write, monkeypatch: pytest.MonkeyPatch, draft_bytes: int
) -> None:
    from spanmart.landing.table_draft import TableDraft
    from spanmart.settings import Settings

    drafts: list[bytes] = []
    finished = TableDraft.finished

    def kept(self: TableDraft, *arguments: Any) -> Path | None:
        # What a commit may leave out again was on the disk all the same.
        drafts.extend(repr(rows.to_pylist()).encode() for rows in self.rows())
        return finished(self, *arguments)

    monkeypatch.setattr(TableDraft, "finished", kept)
    result = landing.land(
        write("a.jsonl", everywhere()),
        write(
            "b.lenpb",
            length_prefixed([traces(span(3, PEOPLE | {"plain": TEXT, "tree": {"a": TEXT}}))]),
        ),
        write("f.jsonl", feedback()),
        write(f"{SECRETS['email']}.jsonl", json_lines([traces(span(4))])),
        settings=Settings(draft_bytes=draft_bytes),
    )
    assert result.total("records_landed") == 1 + 3 + 1 + 1 + 1
    assert result.total("records_rejected") == 5
    assert drafts
    written = written_bytes(landing) + b"".join(drafts)
    assert [secret for secret in PLANTED if secret.encode() in written] == []
    # It is there, masked: the test would also pass if nothing had been written.
    for mask in (
        "[email]",
        "[phone]",
        "[card]",
        "[iban]",
        "[ip]",
        "[api_key]",
        "[jwt]",
        "[token]",
        "[secret]",
    ):
        assert mask.encode() in written


def test_a_person_has_one_hash_wherever_they_are_named(landing: Landing, write: Write) -> None:
    landing.land(write("a", json_lines([traces(span(1, PEOPLE))])), write("f.jsonl", feedback()))
    [row] = landing.rows("spans")
    [given] = landing.rows("feedback")
    hashed = row["attributes"]["user.id"]
    assert hashed.startswith("h1_") and len(hashed) == 35
    assert json.loads(row["attributes"]["metadata"]) == {"user_id": hashed, "x": 1}
    assert json.loads(row["attributes"]["llm.invocation_parameters"])["user"] == hashed
    assert given["author_hash"] == hashed
    assert row["redaction_count"] == len(PEOPLE)


def test_a_secret_is_made_once_and_said_to_be(
    landing: Landing, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPANMART_HASH_KEY")
    first = landing.land(write("a", json_lines([traces(span(1, {"user.id": "u"}))])))
    key = first.key_made_at
    assert key == landing.root.with_name("landing.hash_key")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    second = landing.land(write("b", json_lines([traces(span(2, {"user.id": "u"}))])))
    assert second.key_made_at is None
    assert len({row["attributes"]["user.id"] for row in landing.rows("spans")}) == 1
    assert [name for name in landing.root.parent.iterdir() if ".new" in name.name] == []


def test_keys_of_the_dbt_setting_are_hashed(landing: Landing, write: Write, tmp_path: Path) -> None:
    from spanmart.settings import Settings

    (tmp_path / "dbt_project.yml").write_text(
        "vars:\n  spanmart:\n    attribute_aliases:\n"
        "      user_id_hash: [app.uid, 'resource:host.owner', 'ctx#who', 'a.b*1000']\n"
    )
    settings = Settings.load(tmp_path)
    assert settings.identity_keys == ("app.uid", "host.owner", "ctx#who", "a.b")
    values = {"app.uid": USER, "ctx": json.dumps({"who": USER})}
    message = traces(span(1, values), resource={"host.owner": USER})
    landing.land(write("a", json_lines([message])), settings=settings)
    assert USER.encode() not in written_bytes(landing)


def test_conversations_whose_ids_hold_an_address_stay_apart(
    landing: Landing, write: Callable[[str, bytes], Path]
) -> None:
    spans = [
        span(number, {"gen_ai.conversation.id": f"chat of {name}@example.com"})
        for number, name in enumerate(("ann", "bob", "ann"), start=1)
    ]
    landing.land(write("conversations.jsonl", json_lines([traces(*spans)])))
    ids = [row["attributes"]["gen_ai.conversation.id"] for row in landing.rows("spans")]
    assert len(ids) == 3
    assert len(set(ids)) == 2
    assert all(re.fullmatch("h1_[0-9a-f]{32}", each) for each in ids)


def test_sessions_are_hashed_alike_on_spans_and_on_feedback(
    landing: Landing, write: Callable[[str, bytes], Path]
) -> None:
    one = span(1, {"session.id": "s-1", "gen_ai.conversation.id": "c-1"})
    feedback = [
        {"kind": "thumbs", "conversation_id": each, "occurred_at": 1790000000, "source": "user"}
        for each in ("s-1", "c-1")
    ]
    policy = replace(Settings().policy, hash_sessions=True, argument_keys=("badge",))
    settings = Settings(policy=policy)
    landing.land(write("spans.jsonl", json_lines([traces(one)])), settings=settings)
    lines = "\n".join(map(json.dumps, feedback)).encode()
    landing.land(write("feedback.jsonl", lines), settings=settings)
    attributes = landing.rows("spans")[0]["attributes"]
    named = {row["conversation_id"] for row in landing.rows("feedback")}
    assert named == {attributes["session.id"], attributes["gen_ai.conversation.id"]}
    assert all(each.startswith("h1_") for each in named)
