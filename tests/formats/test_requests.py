"""Recorded HTTP requests: every way in which a recording may hold a body gives the same body."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest

from spanmart.formats._head import look
from spanmart.formats._requests import IS_EMPTY, PARTS, REQUESTS, requests
from spanmart.formats._sql import documents
from spanmart.formats._sql.engine import run

SENT = {"data": [{"id": "1", "note": "grüße 日本"}]}
TEXT = json.dumps(SENT, ensure_ascii=False)


def lines(*records: dict[str, Any]) -> bytes:
    return "".join(f"{json.dumps(record)}\n" for record in records).encode()


def rows(statement: str, data: bytes) -> list[dict[str, Any]]:
    (records, rejects), *_ = documents.records(io.BytesIO(data))
    assert not rejects
    return list(run(statement, records).to_pylist())


@pytest.mark.parametrize(
    "body",
    [
        {"body": SENT},
        {"body": TEXT},
        {"body": None, "body_text": TEXT},
        {"body_json": SENT},
        {"body_base64": base64.b64encode(TEXT.encode()).decode()},
    ],
    ids=["object", "text", "body_text", "body_json", "base64"],
)
def test_a_body_is_read_however_it_was_recorded(body: dict[str, Any]) -> None:
    data = lines({"method": "POST", "path": "/traces/ingest", **body})
    (row,) = rows(f"with {REQUESTS} select path, body, text from requests", data)
    assert (row["path"], json.loads(row["body"]), row["text"]) == ("/traces/ingest", SENT, None)
    (request,) = requests(look(data))
    assert (request.path, request.records) == ("/traces/ingest", (SENT,))


@pytest.mark.parametrize(
    "address", [{"path": "/a/b?c=1"}, {"url": "https://vendor.example:8080/a/b#c"}]
)
def test_a_path_is_without_host_and_query(address: dict[str, str]) -> None:
    data = lines({"method": "POST", "body": SENT, **address})
    assert rows(f"with {REQUESTS} select path from requests", data) == [{"path": "/a/b"}]
    assert [request.path for request in requests(look(data))] == ["/a/b"]


def test_what_was_sent_may_stand_without_its_request() -> None:
    (row,) = rows(f"with {REQUESTS} select path, body from requests", lines(SENT))
    assert row["path"] is None and json.loads(row["body"]) == SENT


def test_parts_of_a_multipart_body_have_their_names_and_contents() -> None:
    parts = [
        '--b=1\r\nContent-Disposition: form-data; name="post.x"\r\n\r\n{"a": 1}\r\n',
        "--b=1\r\ncontent-disposition: form-data; name=post.x.inputs\r\nX: y\r\n\r\n"
        '{"text": "--b=2\\r\\n\\r\\n"}\r\n',
        '--b=1\r\nContent-Disposition: form-data; name="cut off"\r\n\r\n{"a": ',
    ]
    data = lines(
        {
            "method": "POST",
            "path": "/runs/multipart",
            "content_type": 'multipart/form-data; boundary="b=1"',
            "body_text": "".join(parts),
        }
    )
    statement = f"with {REQUESTS}, {PARTS} select name, body from parts order by part_number"
    found = [
        (row["name"], row["body"] and json.loads(row["body"])) for row in rows(statement, data)
    ]
    assert found == [
        ("post.x", {"a": 1}),
        ("post.x.inputs", {"text": "--b=2\r\n\r\n"}),
        ("cut off", None),
    ]


def test_a_request_that_sends_nothing_is_told_from_one_that_cannot_be_read() -> None:
    data = lines(
        {"method": "GET", "path": "/info", "body": None},
        {"method": "POST", "path": "/runs", "body": ""},
        {"method": "POST", "path": "/runs", "body_base64": "//79"},
        {"method": "POST", "path": "/runs", "body_text": "not JSON"},
        SENT,
    )
    empty = rows(f"select record_number from records where {IS_EMPTY}", data)
    assert [row["record_number"] for row in empty] == [1, 2]
    bodies = rows(f"with {REQUESTS} select body from requests order by record_number", data)
    assert [row["body"] is None for row in bodies] == [True, True, True, True, False]
