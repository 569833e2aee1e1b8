"""What the tests of the loaders share: fixtures of a landing directory and of files to land."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# pytest's importlib mode leaves a test's folder off the path, and these tests share modules.
sys.path.insert(0, str(Path(__file__).parent))

from landed import SECRET, Landing


@pytest.fixture(autouse=True)
def _same_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPANMART_HASH_KEY", SECRET)


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path / "landing")


@pytest.fixture
def new_landing(tmp_path: Path) -> Callable[[], Landing]:
    """More than one landing directory in a test."""
    made: list[Landing] = []

    def make() -> Landing:
        made.append(Landing(tmp_path / f"landing-{len(made)}"))
        return made[-1]

    return make


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def write_file(name: str, content: bytes) -> Path:
        path = tmp_path / "exports" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path

    return write_file
