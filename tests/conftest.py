"""What every test shares: the heavy ones run last, so that a simple fault shows in seconds; and
what shares an expensive fixture runs in one process, so that it is made once (`make test` runs as
many processes as there are cores).
"""

from __future__ import annotations

import pytest

# Warehouses that are built once for the tests of several files.
_SHARED = ("demo", "built", "spanmart_project")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # At the end one process would wait while the others have nothing left to do.
    items.sort(key=lambda item: [_has(item, "heavy"), not _has(item, "waits")])
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        shared = next((name for name in _SHARED if name in fixtures), None)
        item.add_marker(pytest.mark.xdist_group(shared or item.location[0]))


def _has(item: pytest.Item, marker: str) -> bool:
    return item.get_closest_marker(marker) is not None
