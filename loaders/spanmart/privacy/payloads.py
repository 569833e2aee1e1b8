"""JSON payloads of tools, pruned to the fields that a list allows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from spanmart.privacy.policy import Policy

REMOVED = "[removed]"
# Where the conventions put what a call takes (OpenAI, OpenTelemetry, Anthropic, MCP) and gives.
_ARGUMENTS = ("arguments", "input", "args")
_RESULTS = ("response", "result", "content", "output")
_RESULT_TYPES = ("tool_call_response", "tool_result", "function_call_output")
_CALL_IDS = ("tool_call_id", "tool_use_id", "call_id", "id")


def kept_fields(text: str, allowed: Sequence[str]) -> tuple[str, int]:
    """The payload with only the allowed fields, and how many values were removed."""
    try:
        pruned, count = _pruned(orjson.loads(text), [path.split(".") for path in allowed])
    except (orjson.JSONDecodeError, RecursionError):
        return REMOVED, 1
    if pruned == REMOVED:
        return REMOVED, count
    return (orjson.dumps(pruned).decode(), count) if count else (text, 0)


def kept_in_messages(text: str, policy: Policy) -> tuple[str, int]:
    """Messages with the payloads of the calls in them pruned; text that is no JSON is no call."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text, 0
    walk = _Messages(policy)
    try:
        walk.learn(value)
        walk.prune(value)
    except RecursionError:
        # Too deep to be looked through is too deep to be trusted.
        return REMOVED, 1
    return (orjson.dumps(value).decode(), walk.count) if walk.count else (text, 0)


def _pruned(value: Any, paths: list[list[str]]) -> tuple[Any, int]:
    """A path that ends here keeps the value whole; one that goes on goes into lists by itself."""
    if any(not path for path in paths):
        return value, 0
    if isinstance(value, list):
        parts = [_pruned(each, paths) for each in value]
        return [part for part, _ in parts], sum(count for _, count in parts)
    if not isinstance(value, dict) or not paths:
        return REMOVED, 1
    kept: dict[str, Any] = {}
    total = 0
    for name, inner in value.items():
        kept[name], count = _pruned(inner, [path[1:] for path in paths if path[0] == name])
        total += count
    return kept, total


class _Messages:
    """Finds calls and results at any depth; a result finds its tool by the id of the call."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._tool_of: dict[str, str] = {}
        self.count = 0

    def learn(self, value: Any, call_id: str | None = None) -> None:
        if isinstance(value, list):
            for each in value:
                self.learn(each)
        elif isinstance(value, dict):
            own = next((value[key] for key in _CALL_IDS if isinstance(value.get(key), str)), None)
            name = value.get("name")
            if isinstance(name, str) and any(key in value for key in _ARGUMENTS):
                for each in (own, call_id):
                    if each is not None:
                        self._tool_of[each] = name
            for inner in value.values():
                # OpenAI: the id stands on the call, the name in its `function`.
                self.learn(inner, own if isinstance(inner, dict) else None)

    def prune(self, value: Any) -> None:
        if isinstance(value, list):
            for each in value:
                self.prune(each)
        elif isinstance(value, dict):
            done: set[str] = set()
            if self._is_result(value):
                done = self._prune(value, _RESULTS, self._tool(value), is_result=True)
            elif isinstance(value.get("name"), str):
                done = self._prune(value, _ARGUMENTS, value["name"], is_result=False)
            for key, inner in value.items():
                if key not in done:
                    self.prune(inner)

    def _prune(
        self, value: dict[str, Any], keys: Sequence[str], tool: str | None, is_result: bool
    ) -> set[str]:
        fields = self._policy.fields_of(tool)
        allowed = (fields.result if is_result else fields.arguments) if fields else None
        if allowed is None:
            return set()
        found = {key for key in keys if value.get(key) is not None}
        for key in found:
            inner = value[key]
            if isinstance(inner, str):
                value[key], count = kept_fields(inner, allowed)
            else:
                value[key], count = _pruned(inner, [path.split(".") for path in allowed])
            self.count += count
        return found

    def _is_result(self, value: dict[str, Any]) -> bool:
        return value.get("type") in _RESULT_TYPES or value.get("role") in ("tool", "function")

    def _tool(self, value: dict[str, Any]) -> str | None:
        if isinstance(value.get("name"), str):
            return str(value["name"])
        ids = (each for key in _CALL_IDS if isinstance(each := value.get(key), str))
        return next((self._tool_of[each] for each in ids if each in self._tool_of), None)
