"""What the tests of the loaders share: fixtures of a landing directory and of files to land."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# pytest's importlib mode leaves a test's folder off the path, and these tests share modules.
sys.path.insert(0, str(Path(__file__).parent))

from landed import SECRET
from landing_fixtures import landing, new_landing, write

__all__ = ["landing", "new_landing", "write"]


@pytest.fixture(autouse=True)
def _same_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPANMART_HASH_KEY", SECRET)
