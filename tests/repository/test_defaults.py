"""The two stores have one place each, wherever it is written."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

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


def test_every_number_among_the_settings_has_bounds_and_lies_within(root: Path) -> None:
    project = yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8"))
    numbers = {
        name: value
        for name, value in project["vars"]["spanmart"].items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    macro = (root / "macros/settings/refuse_contradictory_settings.sql").read_text(encoding="utf-8")
    bounds = {
        name: (float(least), float(most))
        for name, least, most in re.findall(r"'(\w+)': \[([\d.]+), ([\d.]+), '", macro)
    }
    # The depth of trees has a rule of its own: a power of two.
    assert bounds.keys() == numbers.keys() - {"max_tree_depth"}
    assert all(least <= numbers[name] <= most for name, (least, most) in bounds.items())
