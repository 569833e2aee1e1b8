"""Requests: made again while there is hope, bounded, and silent about secrets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from loopback import Answer, Clock, Loopback

from spanmart.pull import client as client_module
from spanmart.pull.client import Client
from spanmart.pull.errors import NotThere, PullFailed
from spanmart.pull.retrying import Patience, asked_for
from spanmart.pull.site import Site, base_url

SECRET = "CANARY-violet-harbour-lantern"


@pytest.fixture
def client(loopback: Loopback, clock: Clock) -> Iterator[Client]:
    loopback.handler = lambda asked: Answer({"data": [1]})
    site = Site(
        "acme", loopback.url, ("ACME_HOST", "ACME_KEY"), {"Authorization": SECRET}, (SECRET,)
    )
    made = Client(site, pause=clock.pause, clock=clock.seconds)
    yield made
    made.close()


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 529])
def test_a_passing_error_is_waited_out(
    client: Client, loopback: Loopback, clock: Clock, status: int
) -> None:
    loopback.before = [Answer({}, status), Answer({}, status)]
    assert client.get("/rows") == {"data": [1]}
    assert client.counts.retries == 2
    first, second = clock.waits
    assert 0.5 <= first <= 1.0 <= second <= 2.0


def test_what_retry_after_asks_for_is_waited_for(
    client: Client, loopback: Loopback, clock: Clock
) -> None:
    loopback.before = [Answer({}, 429, {"Retry-After": "17"})]
    client.get("/rows")
    assert clock.waits == [17.0]


def test_a_time_in_retry_after_is_of_the_servers_clock(
    client: Client, loopback: Loopback, clock: Clock
) -> None:
    loopback.ahead = -7200.0
    then = datetime.now(UTC) + timedelta(seconds=loopback.ahead + 40)
    loopback.before = [Answer({}, 503, {"Retry-After": format_datetime(then, usegmt=True)})]
    client.get("/rows")
    [waited] = clock.waits
    assert 37 <= waited <= 41


@pytest.mark.parametrize(
    ("header", "seconds"), [("0", 0.0), ("120", 120.0), ("soon", None), (None, None), ("-3", None)]
)
def test_retry_after_is_a_number_or_says_nothing(header: str | None, seconds: float | None) -> None:
    assert asked_for(header, None) == seconds


def test_a_server_that_asks_for_too_long_is_not_waited_for(
    client: Client, loopback: Loopback, clock: Clock
) -> None:
    loopback.before = [Answer({}, 429, {"Retry-After": "86400"})]
    with pytest.raises(PullFailed, match=r"429, and asks to come back in 86,400 s"):
        client.get("/rows")
    assert not clock.waits


def test_patience_ends(client: Client, loopback: Loopback, clock: Clock) -> None:
    loopback.handler = lambda asked: Answer({}, 500)
    with pytest.raises(PullFailed, match="answered with 500, 8 times; run the same command again"):
        client.get("/rows")
    assert len(loopback.asked) == Patience().attempts
    assert sum(clock.waits) < 125


def test_an_answer_that_breaks_off_is_asked_for_again(client: Client, loopback: Loopback) -> None:
    loopback.before = [Answer({"data": list(range(1000))}, dies_after=100)]
    assert client.get("/rows") == {"data": [1]}
    assert client.counts.retries == 1


def test_half_a_document_of_a_server_that_announced_no_more_is_asked_for_again(
    client: Client, loopback: Loopback
) -> None:
    loopback.before = [Answer(b'{"data": [1, 2')]
    assert client.get("/rows") == {"data": [1]}


def test_a_host_that_never_answered_is_given_up_soon(clock: Clock) -> None:
    site = Site("acme", "http://127.0.0.1:9", ("ACME_HOST",))
    client = Client(site, pause=clock.pause, clock=clock.seconds)
    with pytest.raises(PullFailed, match=r"no answer \(Connection refused\), 3 times. Check ACME"):
        client.get("/rows")


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_is_not_repeated_and_names_the_variables(
    client: Client, loopback: Loopback, status: int
) -> None:
    loopback.handler = lambda asked: Answer({"message": f"key {SECRET} is not known"}, status)
    with pytest.raises(PullFailed, match="Check ACME_HOST, ACME_KEY") as failure:
        client.get("/rows")
    assert "is not known" in str(failure.value)
    assert SECRET not in str(failure.value)
    assert len(loopback.asked) == 1


def test_what_is_not_there_is_told_apart(client: Client, loopback: Loopback) -> None:
    loopback.handler = lambda asked: Answer({}, 404)
    with pytest.raises(NotThere):
        client.get("/rows")


def test_a_redirect_is_not_followed_with_our_secrets(client: Client, loopback: Loopback) -> None:
    with Loopback() as other:
        loopback.before = [Answer({}, 302, {"Location": f"{other.url}/login?key={SECRET}"})]
        with pytest.raises(PullFailed, match=f"leads to {other.url}/login") as failure:
            client.get("/rows")
        assert not other.asked
        assert SECRET not in str(failure.value)


def test_a_page_that_would_fill_the_memory_is_refused(
    client: Client, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_CHUNK_BYTES", 1 << 10)
    monkeypatch.setattr(client_module.Client._body, "__defaults__", (1 << 12,))
    loopback.before = [Answer({"data": "x" * (1 << 14)})]
    with pytest.raises(PullFailed, match="--page-rows"):
        client.get("/rows")


def test_requests_keep_the_pace_of_the_vendor(loopback: Loopback, clock: Clock) -> None:
    loopback.handler = lambda asked: Answer([])
    site = Site("acme", loopback.url, ("ACME_HOST",), seconds_between=0.6)
    client = Client(site, pause=clock.pause, clock=clock.seconds)
    for _ in range(5):
        client.get("/rows")
    assert sum(clock.waits) == pytest.approx(4 * 0.6)


def test_a_netrc_file_adds_no_secret(
    client: Client, loopback: Loopback, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w") as file:
        file.write("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", netrc)
    client.get("/rows")
    assert loopback.asked[0].headers["Authorization"] == SECRET


@pytest.mark.parametrize("ahead", [3600.0, -3600.0])
def test_now_is_what_the_slower_clock_says(
    client: Client, loopback: Loopback, ahead: float
) -> None:
    loopback.ahead = ahead
    client.get("/rows")
    slower = datetime.now(UTC) + timedelta(seconds=min(0.0, ahead))
    assert abs((client.now() - slower).total_seconds()) < 2


def test_texts_that_javascript_cut_in_half_are_read(client: Client, loopback: Loopback) -> None:
    loopback.before = [Answer(b'{"data": ["\\ud83d", NaN]}')]
    assert client.get("/rows")["data"][0] == "\ud83d"


@pytest.mark.parametrize(
    "url", ["http://key:secret@host", "ftp://host", "host:6006", "sqlite:///mlflow.db", ""]
)
def test_an_address_that_is_none_is_refused_without_its_secrets(url: str) -> None:
    with pytest.raises(PullFailed, match="ACME_HOST") as failure:
        base_url(url, "ACME_HOST")
    assert "secret" not in str(failure.value).replace("secrets", "")
