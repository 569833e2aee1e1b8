"""The two stores have one place each, wherever it is written."""

from __future__ import annotations

import re
from pathlib import Path

from spanmart.settings import DEFAULT_LANDING, DEFAULT_WAREHOUSE


def test_the_default_places_are_the_same_for_the_loader_the_sources_and_the_profile(
    root: Path,
) -> None:
    places = {
        "SPANMART_LANDING": str(DEFAULT_LANDING),
        "SPANMART_WAREHOUSE": str(DEFAULT_WAREHOUSE),
    }
    said = []
    for file in ("models/staging/_staging.yml", "macros/warehouse/_functions.sql", "profiles.yml"):
        text = (root / file).read_text(encoding="utf-8").replace("\\", "")
        found = re.findall(r"""env_var\(["'](\w+)["'], ["']([^"']+)["']\)""", text)
        assert found, file
        said += found
    assert all(places[name] == value for name, value in said), said
