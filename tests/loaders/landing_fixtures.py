"""Fixtures of a landing directory and of files to land, for the tests of loaders and of privacy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from landed import Landing


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
