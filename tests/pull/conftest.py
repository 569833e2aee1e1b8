"""What the tests of pulling share: servers on loopback, a landing, and a clock that nobody waits
for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# pytest's importlib mode leaves test folders off the path; samples are those of the loaders' tests.
sys.path.insert(0, str(Path(__file__).parents[1] / "loaders"))
sys.path.insert(0, str(Path(__file__).parent))

from landed import SECRET, Landing
from landing_fixtures import landing
from loopback import Clock, Loopback
from vendors import FakeLangfuse, FakeLangSmith

from spanmart.pull.client import Client
from spanmart.pull.engine import PullResult, pull
from spanmart.pull.site import Site
from spanmart.settings import Settings

__all__ = ["landing"]

_OTHERS = ("LANGFUSE_", "LANGSMITH_", "PHOENIX_", "MLFLOW_", "SPANMART_PRIVACY", "DBT_PROJECT_DIR")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in os.environ:
        if name.startswith(_OTHERS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SPANMART_HASH_KEY", SECRET)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as server:
        yield server


@pytest.fixture
def langfuse(loopback: Loopback) -> FakeLangfuse:
    return FakeLangfuse(loopback)


@pytest.fixture
def langsmith(loopback: Loopback) -> FakeLangSmith:
    return FakeLangSmith(loopback)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pulled(landing: Landing, clock: Clock) -> Callable[..., PullResult]:
    """`pull` into the test's landing, without waiting."""

    def client(site: Site) -> Client:
        return Client(site, pause=clock.pause, clock=clock.seconds)

    def run(vendor: str, environment: dict[str, str], **options: Any) -> PullResult:
        given = {"landing": landing.root, "settings": Settings(), "make_client": client}
        return pull(vendor, environment, **(given | options))

    return run
