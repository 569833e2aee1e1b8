"""What the tests of `spanmart check` share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# pytest's importlib mode leaves a test's folder off the path, and these tests share a module.
sys.path.insert(0, str(Path(__file__).parent))

from planted_landing import PlantedLanding


@pytest.fixture
def planted(tmp_path: Path) -> PlantedLanding:
    return PlantedLanding(tmp_path / "landing")
