"""What the tests of privacy share: a landing directory, files to land, and the key of tier 3."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# pytest's importlib mode leaves test folders off the path; samples are those of the loaders' tests.
sys.path.insert(0, str(Path(__file__).parents[1] / "loaders"))
sys.path.insert(0, str(Path(__file__).parent))

from landed import SECRET, Landing

RAW_KEY = "0f" * 32


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPANMART_HASH_KEY", SECRET)
    for name in ("SPANMART_RAW_KEY", "SPANMART_RAW_LANDING", "SPANMART_PRIVACY", "DBT_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path / "landing")


@pytest.fixture
def new_landing(tmp_path: Path) -> Callable[[], Landing]:
    """Another landing directory, for comparison."""
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


@pytest.fixture
def raw_key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SPANMART_RAW_KEY", RAW_KEY)
    return RAW_KEY
