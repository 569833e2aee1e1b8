"""Files that take their place whole, and outlive a power cut once they have."""

from __future__ import annotations

import os
from pathlib import Path


def replace_durably(draft: Path, path: Path) -> None:
    """Renames a finished draft over `path`; both must be on one filesystem."""
    synced(draft)
    draft.replace(path)
    synced(path.parent)


def synced(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
