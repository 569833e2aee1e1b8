"""A server on loopback that answers as a test says, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any = None

    def one(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[0]


@dataclass
class Answer:
    """What it gets. `dies_after` bytes of the body the connection is closed."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    dies_after: int | None = None

    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Handler = Callable[[Asked], Answer]


class Loopback:
    """Answers by `handler`, unless `before` has something else for the request."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.handler: Handler = lambda asked: Answer({"error": "nobody here"}, 404)
        # The next answers, whatever is asked; None lets the handler answer.
        self.before: list[Answer | None] = []
        # Seconds that the server's clock is ahead of ours.
        self.ahead: float | None = 0.0
        outer = self

        class _Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer._answer(self, None)

            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                outer._answer(self, json.loads(self.rfile.read(size) or b"null"))

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def paths(self) -> list[str]:
        return [each.path for each in self.asked]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Loopback:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _answer(self, to: BaseHTTPRequestHandler, body: Any) -> None:
        parts = urlsplit(to.path)
        asked = Asked(to.command, parts.path, parse_qs(parts.query), dict(to.headers), body)
        self.asked.append(asked)
        said = self.before.pop(0) if self.before else None
        said = said or self.handler(asked)
        content = said.content()
        to.send_response_only(said.status)
        if self.ahead is not None:
            to.send_header("Date", formatdate(_time() + self.ahead, usegmt=True))
        for name, value in said.headers.items():
            to.send_header(name, value)
        to.send_header("Content-Length", str(len(content)))
        to.end_headers()
        if said.dies_after is not None:
            to.wfile.write(content[: said.dies_after])
            to.close_connection = True
            return
        to.wfile.write(content)


def _time() -> float:
    import time

    return time.time()


class Clock:
    """Time passes only where somebody waits, and that is written down."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self._now = 0.0

    def seconds(self) -> float:
        return self._now

    def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._now += seconds
