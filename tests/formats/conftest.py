"""What the tests of the formats share: where samples, documents and captured exports lie."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

# pytest's importlib mode leaves a test's folder off the path, and these tests share modules.
sys.path.insert(0, str(Path(__file__).parent))

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def document() -> str:
    """docs/formats.md."""
    return (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def paragraphs(document: str) -> dict[str, str]:
    """The paragraphs of docs/formats.md, by the heading they stand under."""
    found = re.split(r"^## +`?([^`\n]+?)`? *$", document, flags=re.MULTILINE)
    return dict(zip(found[1::2], (text.strip() for text in found[2::2]), strict=True))


@pytest.fixture
def capture() -> Capture:
    """A file of a capture, by folder and name; the test is skipped where captures are not."""
    return Capture(SHARED / "captures")


class Capture:
    def __init__(self, root: Path) -> None:
        self._root = root

    def __call__(self, folder: str, name: str) -> Path:
        if not self._root.is_dir():
            pytest.skip("the captured exports (../shared/captures) are not there")
        return self._root / folder / name
