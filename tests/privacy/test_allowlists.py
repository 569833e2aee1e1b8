"""Of a listed tool's payload only the named fields stay, wherever the payload stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from spanmart.privacy.allowlists import apply_allowlists, tool_names
from spanmart.privacy.lookup import Attributed
from spanmart.privacy.policy import Policy
from spanmart.records import key_values
from spanmart.settings import privacy_policy

LISTS = """
tools:
  crm_*: {arguments: [tier, query.limit], result: [rows.id]}
  secretive: {arguments: [], result: []}
"""


@pytest.fixture
def lists(tmp_path: Path) -> Policy:
    (tmp_path / "privacy.yml").write_text(LISTS, encoding="utf-8")
    return privacy_policy(tmp_path)


def applied(policy: Policy, kind: str, tool: str | None, text: str) -> tuple[str, int]:
    texts, counts = apply_allowlists(
        policy, pa.array([kind]), pa.array([tool], pa.string()), pa.array([text])
    )
    return texts[0].as_py(), int(counts[0])


ARGUMENTS = {"tier": "gold", "query": {"limit": 5, "text": "Jane"}, "name": "Jane", "n": [1, 2]}
RESULT = {"rows": [{"id": 1, "name": "Jane"}, {"id": 2, "name": "Joe"}], "total": 2}
KEPT_ARGUMENTS = {
    "tier": "gold",
    "query": {"limit": 5, "text": "[removed]"},
    "name": "[removed]",
    "n": ["[removed]", "[removed]"],
}
KEPT_RESULT = {
    "rows": [{"id": 1, "name": "[removed]"}, {"id": 2, "name": "[removed]"}],
    "total": "[removed]",
}


def test_listed_fields_stay_and_the_others_are_replaced(lists: Policy) -> None:
    text, count = applied(lists, "tool_arguments", "crm_read", json.dumps(ARGUMENTS))
    assert json.loads(text) == KEPT_ARGUMENTS and count == 4
    text, count = applied(lists, "tool_result", "crm_read", json.dumps(RESULT))
    assert json.loads(text) == KEPT_RESULT and count == 3


@pytest.mark.parametrize("text", ["no json", "[1", '"a text"', "5", "[" * 3000 + "]" * 3000])
def test_a_payload_that_cannot_be_looked_into_goes(lists: Policy, text: str) -> None:
    found, count = applied(lists, "tool_result", "secretive", text)
    assert (found, count) == ("[removed]", 1)


def test_other_tools_other_kinds_and_unknown_tools_stay_to_the_byte(lists: Policy) -> None:
    text = '{"b":  1, "name": "Jane"}'
    assert applied(lists, "tool_arguments", "search", text) == (text, 0)
    assert applied(lists, "tool_arguments", None, text) == (text, 0)
    assert applied(lists, "document", "crm_read", text) == (text, 0)


def test_the_list_for_every_tool_holds_for_a_call_whose_tool_nobody_names(tmp_path: Path) -> None:
    (tmp_path / "privacy.yml").write_text("tools: {'*': {arguments: [a]}}")
    found, _ = applied(privacy_policy(tmp_path), "tool_arguments", None, '{"a": 1, "b": 2}')
    assert json.loads(found) == {"a": 1, "b": "[removed]"}


def test_without_lists_nothing_is_parsed(tmp_path: Path) -> None:
    texts = pa.array(["{"])
    found, counts = apply_allowlists(
        privacy_policy(tmp_path), pa.array(["tool_result"]), pa.array(["crm_read"]), texts
    )
    assert found is texts and counts.tolist() == [0]


MESSAGES: dict[str, tuple[Any, str]] = {
    "OpenTelemetry": (
        [
            {"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "crm_read",
             "arguments": ARGUMENTS}]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1",
             "response": RESULT}]},
        ],
        "prompt",
    ),
    "OpenAI": (
        [
            {"role": "assistant", "tool_calls": [{"id": "c1", "type": "function", "function":
             {"name": "crm_read", "arguments": json.dumps(ARGUMENTS)}}]},
            {"role": "tool", "tool_call_id": "c1", "content": json.dumps(RESULT)},
        ],
        "prompt",
    ),
    "Anthropic": (
        [
            {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "crm_read",
             "input": ARGUMENTS}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1",
             "content": json.dumps(RESULT)}]},
        ],
        "response",
    ),
}  # fmt: skip


@pytest.mark.parametrize("convention", MESSAGES)
def test_the_lists_hold_inside_messages_too(lists: Policy, convention: str) -> None:
    messages, kind = MESSAGES[convention]
    messages = [{"role": "user", "content": "Who is Ada?", "name": "Ada"}, *messages]
    found, count = applied(lists, kind, None, json.dumps(messages))
    assert count == 7
    assert "Jane" not in found and "Joe" not in found
    assert json.loads(found)[0] == messages[0]
    assert "gold" in found and '"id' in found


def test_prose_that_speaks_of_tools_stays(lists: Policy) -> None:
    text = "call the tool crm_read with arguments {"
    assert applied(lists, "prompt", None, text) == (text, 0)


def test_the_tool_is_named_by_the_span_or_beside_a_flattened_call(lists: Policy) -> None:
    flat = "llm.output_messages.0.message.tool_calls.{}.tool_call.function."
    attributes = key_values(
        [
            {"gen_ai.tool.name": "search"},
            {flat.format(0) + "name": "crm_read", flat.format(1) + "name": "other"},
            {},
        ]
    )
    keys = ["gen_ai.tool.call.arguments", *(flat.format(n) + "arguments" for n in (0, 1)), "x"]
    names = tool_names(lists, pa.array(keys), np.array([0, 1, 1, 2]), Attributed(3, attributes))
    assert names.to_pylist() == ["search", "crm_read", "other", None]
