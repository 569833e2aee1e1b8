"""The repository as these tests see it: the files that git holds or would hold."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def files() -> list[Path]:
    """Every file of the repository, relative to its top: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    found = [Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]
    assert found, "git lists no files: these tests need a clone"
    return found


@pytest.fixture(scope="session")
def texts(files: list[Path]) -> dict[Path, str]:
    """The text of every file that is text."""
    found = {}
    for file in files:
        content = (ROOT / file).read_bytes()
        if b"\0" not in content:
            found[file] = content.decode(errors="replace")
    return found
