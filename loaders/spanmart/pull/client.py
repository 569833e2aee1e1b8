"""Requests for JSON, made again while there is hope, and bounded in every direction."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import requests

from spanmart import __version__
from spanmart.pull import retrying
from spanmart.pull.errors import NotThere, PullFailed, ServerAway
from spanmart.pull.retrying import Patience
from spanmart.pull.site import Site

# A server that is silent for so long will not speak again; a page of a busy project takes seconds.
_TIMEOUTS = (10.0, 120.0)
# A body that trickles in resets the second of them with every byte.
_LONGEST_BODY = 600.0
# In memory, so that nothing unmasked reaches the disk: a page of 1,000 rows of 100 KB.
LARGEST_BODY = 128 << 20
_CHUNK_BYTES = 1 << 18
_MOST_OF_AN_ERROR = 4096
_NOT_THERE = (404, 405, 410, 501)

Parameters = Mapping[str, str | int | list[str]]


class _Again(Exception):
    """To be tried again, after `seconds` if the server said so."""

    def __init__(self, why: str, seconds: float | None = None, answered: bool = True) -> None:
        super().__init__(why)
        self.seconds = seconds
        self.answered = answered


@dataclass
class Counts:
    """What it took."""

    requests: int = 0
    retries: int = 0
    bytes: int = 0


@dataclass
class Client:
    """Asks one site, one request after the other.

    `notice` is told whenever there is a wait. `pause` and `clock` are seconds, of a kind that tests
    can replace.
    """

    site: Site
    notice: Callable[[str], None] = lambda said: None
    patience: Patience = field(default_factory=Patience)
    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    counts: Counts = field(default_factory=Counts)
    # What the server's clock said, as far ahead of ours as that was.
    server_ahead: float | None = None
    _session: requests.Session = field(default_factory=requests.Session, repr=False)
    _has_answered: bool = False
    _last_began: float | None = None

    def __post_init__(self) -> None:
        # An auth of our own keeps the library from taking another one out of ~/.netrc.
        self._session.auth = _as_it_is
        self._session.headers.update(
            {
                "Accept": "application/json",
                "User-Agent": f"spanmart/{__version__}",
                **self.site.headers,
            }
        )

    def close(self) -> None:
        self._session.close()

    def get(self, path: str, parameters: Parameters | None = None) -> Any:
        """The JSON at a path. Raises NotThere, PullFailed."""
        return self._ask("GET", path, parameters, None)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """As `get`, for questions that vendors take as a body: all of these only read."""
        return self._ask("POST", path, None, body)

    def now(self) -> datetime:
        """The earlier one of the server's clock and ours: what is read up to a time that one of
        them has not reached would be taken for complete before it is."""
        ahead = min(0.0, self.server_ahead or 0.0)
        return whole_milliseconds(datetime.fromtimestamp(time.time() + ahead, UTC))

    def _ask(
        self, method: str, path: str, parameters: Parameters | None, body: dict[str, Any] | None
    ) -> Any:
        failures = 0
        while True:
            self._keep_pace()
            self.counts.requests += 1
            try:
                return self._once(method, path, parameters, body)
            except _Again as again:
                failures += 1
                self._wait(method, path, again, failures)

    def _wait(self, method: str, path: str, again: _Again, failures: int) -> None:
        patience = self.patience
        most = patience.attempts if self._has_answered else patience.first_attempts
        where = f"{self.site.vendor}: {method} {self.site.host}{path}"
        if failures >= most:
            raise ServerAway(
                f"{where}: {again}, {failures} times. {self._who()}"
                if not self._has_answered
                else f"{where}: {again}, {failures} times; run the same command again later"
            ) from None
        seconds = patience.seconds(failures) if again.seconds is None else again.seconds
        if seconds > patience.longest_asked:
            raise ServerAway(
                f"{where}: {again}, and asks to come back in {seconds:,.0f} s; run the same "
                "command again then"
            ) from None
        self.counts.retries += 1
        self.notice(f"{again}, waiting {seconds:.0f} s")
        self.pause(seconds)

    def _keep_pace(self) -> None:
        if self._last_began is not None:
            left = self._last_began + self.site.seconds_between - self.clock()
            if left > 0:
                self.pause(left)
        self._last_began = self.clock()

    def _once(
        self, method: str, path: str, parameters: Parameters | None, body: dict[str, Any] | None
    ) -> Any:
        try:
            with self._session.request(
                method,
                self.site.url + path,
                params=parameters,
                json=body,
                timeout=_TIMEOUTS,
                # Wherever it leads, our secrets would be sent along.
                allow_redirects=False,
                stream=True,
            ) as answer:
                self._has_answered = True
                self._compare_clocks(answer)
                self._judge(method, path, answer)
                return self._parsed(method, path, self._body(answer))
        except requests.exceptions.SSLError as error:
            raise PullFailed(
                f"{self.site.vendor}: {self.site.host} has no certificate that this machine "
                f"trusts ({_kind(error)}); REQUESTS_CA_BUNDLE names one of your own"
            ) from None
        except (requests.ConnectionError, requests.Timeout) as error:
            raise _Again(f"no answer ({_kind(error)})") from None
        except requests.RequestException as error:
            raise _Again(f"the answer broke off ({_kind(error)})") from None

    def _body(self, answer: requests.Response, most: int = LARGEST_BODY) -> bytes:
        began = self.clock()
        parts, size = [], 0
        for part in answer.iter_content(_CHUNK_BYTES):
            parts.append(part)
            size += len(part)
            if size > most:
                raise PullFailed(
                    f"{self.site.vendor}: one page of {self.site.host} is larger than "
                    f"{most >> 20} MB; ask for fewer rows at a time with --page-rows"
                )
            if self.clock() - began > _LONGEST_BODY:
                raise _Again(f"the answer took longer than {_LONGEST_BODY:.0f} s")
        self.counts.bytes += size
        return b"".join(parts)

    def _parsed(self, method: str, path: str, body: bytes) -> Any:
        body = self.site.scrubbed(body)
        try:
            return orjson.loads(body)
        except ValueError:
            pass
        # NaN, and halves of surrogate pairs, which JavaScript leaves where it cuts a text.
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            begins = self.site.said(body[:80].decode("utf-8", errors="replace"))
            # A server that dies in the middle looks like this where no length was announced.
            raise _Again(f"the answer is no JSON, it begins {begins!r}") from None

    def _judge(self, method: str, path: str, answer: requests.Response) -> None:
        """Raises _Again, NotThere or PullFailed unless there is a page to read."""
        status = answer.status_code
        if 200 <= status < 300:
            return
        where = f"{self.site.vendor}: {method} {self.site.host}{path} was answered with {status}"
        if 300 <= status < 400:
            leads = self.site.said(answer.headers.get("Location", "nowhere"))
            raise PullFailed(
                f"{where}, which leads to {leads}: set {self.site.variables[0]} to where the API is"
            )
        body = _beginning(answer)
        said = f" ({said})" if (said := self.site.said(body.decode(errors="replace"))) else ""
        if status in _NOT_THERE or self.site.is_gone(status, body):
            raise NotThere(where + said)
        if status in retrying.RETRIED:
            headers = answer.headers
            asked = retrying.asked_for(headers.get("Retry-After"), headers.get("Date"))
            raise _Again(f"answered with {status}", asked)
        raise PullFailed(where + said + (f". {self._who()}" if status in (401, 403) else ""))

    def _who(self) -> str:
        return f"Check {', '.join(self.site.variables)} in the environment."

    def _compare_clocks(self, answer: requests.Response) -> None:
        if self.server_ahead is None:
            date = retrying.moment(answer.headers.get("Date"))
            if date is not None:
                self.server_ahead = (date - datetime.now(UTC)).total_seconds()


def whole_milliseconds(moment: datetime) -> datetime:
    """The finest that all vendors take: what is asked for and what is remembered is the same."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _beginning(answer: requests.Response) -> bytes:
    """Of the body of an error."""
    try:
        return bytes(next(answer.iter_content(_MOST_OF_AN_ERROR), b""))
    except requests.RequestException:
        return b""


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _kind(error: Exception) -> str:
    """The kind of an error of the library; its text holds addresses of objects and whole URLs."""
    inner: BaseException = error
    while inner.__context__ is not None:
        inner = inner.__context__
    return inner.strerror if isinstance(inner, OSError) and inner.strerror else type(error).__name__
