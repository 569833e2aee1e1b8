"""What the tests of privacy share: a landing directory, files to land, and the key of tier 3."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# pytest's importlib mode leaves test folders off the path; samples are those of the loaders' tests.
sys.path.insert(0, str(Path(__file__).parents[1] / "loaders"))
sys.path.insert(0, str(Path(__file__).parent))

from landed import SECRET
from landing_fixtures import landing, new_landing, write

__all__ = ["landing", "new_landing", "write"]

RAW_KEY = "0f" * 32


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPANMART_HASH_KEY", SECRET)
    for name in ("SPANMART_RAW_KEY", "SPANMART_RAW_LANDING", "SPANMART_PRIVACY", "DBT_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def raw_key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SPANMART_RAW_KEY", RAW_KEY)
    return RAW_KEY
