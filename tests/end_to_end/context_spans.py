"""One request of an application with names of its own: what is said once, at the root, and what
a step says otherwise."""

from __future__ import annotations

import json

from otlp_json import Span

TRACE = "context"
# No e-mail addresses: those would be masked wherever they stand, whatever the key.
PERSON = "maria-muster-4711"
OTHER_PERSON = "otto-beispiel-4712"

# The setting `attribute_aliases` of that application.
OWN_NAMES = {
    "tenant_id": ["acme.customer"],
    "conversation_id": ["acme.thread"],
    "user_id_hash": ["acme.person"],
    # Members of JSON, of each of the groups of fields that lead to a priced call.
    "span_type": ["acme.record#kind"],
    "model_requested": ["acme.record#model.name"],
    "usage_input": ["acme.record#tokens.in"],
    "usage_output": ["acme.record#tokens.out"],
    "locale": ["acme.record#locale"],
}
RECORD = json.dumps(
    {
        "kind": "llm",
        "model": {"name": "gpt-4o"},
        "tokens": {"in": "12", "out": 3},
        "locale": "None",
    }
)


def context_spans() -> list[Span]:
    root = {
        "acme.customer": "globex",
        "acme.thread": "thread-9",
        "acme.person": PERSON,
        "spanmart.prompt.name": "answer",
        "spanmart.prompt.version": "v7",
        "spanmart.task.type": "refund",
        "spanmart.release.sha": "0badcafe",
    }
    call = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 5,
    }
    return [
        Span(TRACE, "root", attributes=root, end=9000),
        Span(TRACE, "agent", "root", {"gen_ai.operation.name": "invoke_agent"}, 100, 8000),
        Span(TRACE, "plain call", "agent", call, 200, 900),
        Span(
            TRACE,
            "call of another version",
            "agent",
            call | {"spanmart.prompt.version": "v8", "acme.customer": "initech"},
            1000,
            1900,
        ),
        Span(
            TRACE,
            "call of another prompt",
            "agent",
            call | {"spanmart.prompt.name": "summary"},
            2000,
            2900,
        ),
        Span(
            TRACE,
            "search",
            "agent",
            {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"},
            3000,
            3900,
        ),
        Span(TRACE, "call told as JSON", "agent", {"acme.record": RECORD}, 4000, 4900),
        # Another user under a key that is everybody's.
        Span("context of another user", "root", None, {"user.id": OTHER_PERSON, **call}, 0, 900),
    ]
