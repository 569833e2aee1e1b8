"""The model calls and what surrounds them: choice of model, planning of tools, tools, retries."""

from __future__ import annotations

from spanmart.demo.otlp import CLIENT, Attributes
from spanmart.demo.stages import as_json, digest
from spanmart.demo.trace import Trace

MODELS = {  # requested: provider, the snapshot that answers, USD a request the router expects
    "gpt-4o": ("openai", "gpt-4o-2024-08-06", 0.006),
    "gpt-4.1-mini": ("openai", "gpt-4.1-mini-2025-04-14", 0.001),
    "claude-sonnet-4-5": ("anthropic", "claude-sonnet-4-5-20250929", 0.011),
    # A model of our own: no price list knows it, and its cost must stay unknown, not zero.
    "acme-code-7b": ("acme", "acme-code-7b-2026-09", 0.0002),
}
FINISH = {  # what the provider calls: answered, ran out of tokens, wants a tool
    "anthropic": ("end_turn", "max_tokens", "tool_use"),
}
OPENAI_FINISH = ("stop", "length", "tool_calls")
SYSTEM_PROMPT = "Answer from the chunks, cite them, be brief."
CACHE_BLOCK = 128
TOOL_TIMEOUT_MS = 4000.0
TOOLS = {  # tool: the system it calls, its usual duration in ms, whether it changes anything
    "search_tickets": ("ticket-search", 180, False),
    "billing_lookup": ("billing-api", 140, False),
    "lookup_order": ("order-service", 210, False),
}


def route_model(trace: Trace) -> None:
    plan = trace.plan
    provider, _, expected = MODELS[plan.model]
    trace.span(
        "route_model",
        trace.took(3),
        {
            "spanmart.routing.policy_version": "models-7",
            "spanmart.routing.candidate_models": list(plan.prompt.models),
            "spanmart.routing.selected_model": plan.model,
            "spanmart.routing.selected_provider": provider,
            "spanmart.routing.reason": "tenant_tier"
            if plan.user.tier == "enterprise"
            else "cost_threshold",
            "spanmart.routing.expected_cost_usd": expected,
            "spanmart.routing.fallback_chain": [plan.model, "gpt-4.1-mini"],
            "spanmart.is_fallback": False,
        },
        stage="routing",
    )


def call_model(trace: Trace, wants_tool: bool = False, extra_input: int = 0) -> bool:
    """One pass of the model, with the app's own retry after an error. False: it failed for good."""
    plan = trace.plan
    trace.pass_number += 1
    attempt = 1
    if plan.model_error and trace.pass_number == 1:
        _failed_call(trace, attempt, plan.model_error)
        if plan.is_model_error_final:
            return False
        trace.pause(400)
        attempt = 2
    provider, snapshot, _ = MODELS[plan.model]
    output = 24 + trace.rng.randrange(12) if wants_tool else plan.output_tokens
    stopped, truncated, tool = FINISH.get(provider, OPENAI_FINISH)
    finish = tool if wants_tool else truncated if plan.is_truncated else stopped
    attributes = _call(trace, attempt)
    attributes |= {
        "gen_ai.response.model": snapshot,
        "gen_ai.response.id": f"resp-{trace.rng.getrandbits(64):016x}",
        "gen_ai.response.finish_reasons": [finish],
        "spanmart.model.tool_calls_proposed": int(wants_tool),
        "gen_ai.output.messages": _answer(trace, wants_tool, finish),
    }
    duration = trace.took(260 + 11.0 * output, 0.25)
    if plan.is_stream:
        attributes["gen_ai.response.time_to_first_chunk"] = round(duration * 0.00022, 4)
    # A stream that was not asked for its usage does not report it: unknown, not zero.
    if plan.has_usage:
        attributes |= _usage(trace, provider, extra_input, output)
    if plan.prompt.flow == "extract":
        attributes["gen_ai.output.type"] = "json"
        attributes["spanmart.model.output_schema_version"] = "order-3"
        attributes["spanmart.model.is_output_parsed"] = plan.repairs < trace.pass_number
    trace.span(f"chat {plan.model}", duration, attributes, kind=CLIENT)
    return True


def _call(trace: Trace, attempt: int) -> Attributes:
    plan = trace.plan
    attributes: Attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": MODELS[plan.model][0],
        "gen_ai.request.model": plan.model,
        "gen_ai.request.temperature": 0.2,
        "gen_ai.request.max_tokens": plan.version.behaviour.max_tokens,
        "gen_ai.request.stream": plan.is_stream,
        "gen_ai.prompt.name": plan.prompt.name,
        "spanmart.prompt.version": plan.version.name,
        "spanmart.api.mode": "chat",
        "spanmart.attempt.number": attempt,
        "spanmart.retry.count": attempt - 1,
        "spanmart.model.queue_ms": round(trace.took(9), 2),
        "gen_ai.input.messages": as_json(
            [
                {"role": "system", "parts": [{"type": "text", "content": SYSTEM_PROMPT}]},
                {"role": "user", "parts": [{"type": "text", "content": plan.text}]},
            ]
        ),
    }
    if plan.prompt.tool:
        attributes["spanmart.tools.available"] = [plan.prompt.tool]
    return attributes


def _failed_call(trace: Trace, attempt: int, error: str) -> None:
    plan = trace.plan
    duration = 30_000.0 if error == "timeout" else trace.took(350)
    span = trace.span(f"chat {plan.model}", duration, _call(trace, attempt), kind=CLIENT)
    span.fail(error, f"{error} while answering {plan.user.mail} (attempt {attempt})")


def _usage(trace: Trace, provider: str, extra_input: int, output: int) -> Attributes:
    """On OpenTelemetry's convention: input_tokens includes what a cache gave and took."""
    sections = trace.sections
    tokens = sum(sections.values()) + extra_input
    static = sections["system"] + sections["tool_schema"]
    usage: Attributes = {"gen_ai.usage.input_tokens": tokens, "gen_ai.usage.output_tokens": output}
    roll = trace.rng.random()
    if provider == "anthropic":
        key = "cache_write" if roll < 0.15 else "cache_read" if roll < 0.75 else ""
        if key:
            usage[f"gen_ai.usage.{key}.input_tokens"] = static
    elif provider == "openai" and roll < 0.55:
        usage["gen_ai.usage.cache_read.input_tokens"] = static // CACHE_BLOCK * CACHE_BLOCK
    return usage


def _answer(trace: Trace, wants_tool: bool, finish: str) -> str:
    plan = trace.plan
    if wants_tool:
        call = {
            "type": "tool_call",
            "name": plan.prompt.tool,
            "arguments": {"query": plan.text[:40]},
        }
        return as_json([{"role": "assistant", "parts": [call], "finish_reason": finish}])
    cited = " ".join(f"[{chunk}]" for chunk in trace.included[:2])
    text = f"Dear {plan.user.name}, here is what we found. {cited}".rstrip()
    return as_json(
        [
            {
                "role": "assistant",
                "parts": [{"type": "text", "content": text}],
                "finish_reason": finish,
            }
        ]
    )


def plan_tools(trace: Trace) -> None:
    plan = trace.plan
    assert plan.prompt.tool is not None
    trace.span(
        "plan_tools",
        trace.took(5),
        {
            "spanmart.tool_planning.planner_version": "planner-2",
            "spanmart.tools.available": [plan.prompt.tool],
            "spanmart.tool_planning.tool_selected": plan.prompt.tool,
            "spanmart.tool_planning.rationale_category": "needs_account_data",
            "spanmart.confidence": round(0.6 + trace.rng.random() * 0.4, 3),
        },
        stage="tool_planning",
    )


def run_tool(trace: Trace) -> None:
    """Every attempt is a span of its own, with the same call id and arguments."""
    plan = trace.plan
    tool = plan.prompt.tool
    assert tool is not None
    downstream, usual_ms, is_state_changing = TOOLS[tool]
    call_id = f"call_{trace.rng.getrandbits(64):016x}"
    arguments = as_json({"query": plan.text, "requested_by": plan.user.mail})
    for number, outcome in enumerate(plan.tool_outcomes, start=1):
        is_ok = outcome == "ok"
        result = as_json({"status": "found", "owner": plan.user.name, "contact": plan.user.mail})
        attributes: Attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": tool,
            "gen_ai.tool.call.id": call_id,
            "gen_ai.tool.call.arguments": arguments,
            "spanmart.tool.version": "3.1",
            "spanmart.tool_schema.version": "2",
            "spanmart.tool.arguments_hash": digest(arguments),
            "spanmart.tool.is_success": is_ok,
            "spanmart.tool.timeout_ms": TOOL_TIMEOUT_MS,
            "spanmart.tool.downstream_dependency": downstream,
            "spanmart.tool.auth_context_type": "service_account",
            "spanmart.tool.is_state_changing": is_state_changing,
            "spanmart.attempt.number": number,
            "spanmart.retry.count": number - 1,
        }
        if is_ok:
            attributes |= {
                "gen_ai.tool.call.result": result,
                "spanmart.tool.result_bytes": len(result.encode()),
                "spanmart.tool.response_code": "200",
                "spanmart.tool.returned_state": "complete",
            }
        else:
            attributes["spanmart.tool.error_category"] = outcome
            if outcome != "timeout":
                attributes["spanmart.tool.response_code"] = (
                    "503" if outcome == "dependency_failure" else "400"
                )
        duration = TOOL_TIMEOUT_MS if outcome == "timeout" else trace.took(usual_ms)
        span = trace.span(f"execute_tool {tool}", duration, attributes)
        if not is_ok:
            span.fail(outcome, f"{tool} for {plan.user.mail}: {outcome}")
            trace.pause(150 * number)
