"""Whether a model has a price: in the price list that is shipped, or in the project's overrides."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

from spanmart.prices import upstream

_OVERRIDES = Path("seeds", "prices", "price_overrides.csv")

Match = Callable[[str], bool]


def known_models(project: Path | None) -> Match:
    """Tells of a model's name whether any list has it.

    Whose list is not asked: who bills is told from the provider, which only the models know. So a
    model that is unknown here has no price there, but not the other way round.
    """
    listed: list[Match] = [model.is_match for each in upstream.providers() for model in each.models]
    if project is not None:
        listed = _overrides(project / _OVERRIDES) + listed

    def is_known(model: str) -> bool:
        name = model.strip().lower()
        # Gateways write vendor/model; some vendors' own names hold a slash as well.
        spellings = {name, name.partition("/")[2] or name, name.rpartition("/")[2] or name}
        return any(match(each) for match in listed for each in spellings)

    return is_known


def _overrides(path: Path) -> list[Match]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [_match(row["model_match"] or "equals", row["model_pattern"]) for row in rows]


def _match(kind: str, pattern: str) -> Match:
    if kind == "regex":
        compiled = re.compile(pattern)
        return lambda name: compiled.search(name) is not None
    wanted = pattern.lower()
    match kind:
        case "starts_with":
            return lambda name: name.startswith(wanted)
        case "ends_with":
            return lambda name: name.endswith(wanted)
        case "contains":
            return lambda name: wanted in name
        case _:
            return lambda name: name == wanted
