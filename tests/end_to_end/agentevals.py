"""The published agentevals recordings (../shared/fixtures), each with its authors' findings."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).resolve().parents[3] / "shared" / "fixtures"
_TRUTH = ".truth.json"


@dataclass(frozen=True)
class Recording:
    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(FIXTURES).with_suffix("").as_posix()

    @cached_property
    def truth(self) -> dict[str, Any]:
        return json.loads(self.path.with_suffix("").with_suffix(_TRUTH).read_bytes())

    @property
    def tools(self) -> list[tuple[str, bool]]:
        """Name and failure of each execution, in no order."""
        calls = [call for turn in self.truth["turns"] for call in turn["tool_calls"]]
        return sorted((call["name"], bool(call["is_error"])) for call in calls)

    @property
    def model_calls(self) -> int | None:
        """None where the truth does not say it of each turn."""
        said = [turn.get("llm_calls") for turn in self.truth["turns"]]
        return None if None in said else sum(said)

    @property
    def evaluations(self) -> list[tuple[str, float | None, str | None]]:
        return sorted(
            (each["name"], each.get("score_value"), each.get("score_label"))
            for turn in self.truth["turns"]
            for each in turn.get("external_evaluations", [])
        )


def recordings() -> list[Recording]:
    truths = sorted((FIXTURES / "agentevals_otlp").rglob(f"*{_TRUTH}"))
    return [Recording(path.with_name(path.name.removesuffix(_TRUTH) + ".json")) for path in truths]
