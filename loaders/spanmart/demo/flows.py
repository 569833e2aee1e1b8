"""One request from question to delivered answer: which stages a prompt's requests go through."""

from __future__ import annotations

from random import Random

from spanmart.demo import model_stages as model
from spanmart.demo import outcome_stages as after
from spanmart.demo import stages as before
from spanmart.demo.otlp import Span
from spanmart.demo.plan import SECOND, Plan
from spanmart.demo.trace import Processes, Trace

# Tokens of the system prompt and of the tool schemas.
SYSTEM_TOKENS = {"rag_tools": 620, "billing": 540, "tools": 480, "code": 710, "extract": 390}
TOOL_SCHEMA_TOKENS = 430
OTHER_SYSTEM_TOKENS = 450
TOOL_RESULT_TOKENS = 140
CLIENT_TIMEOUT = 31 * SECOND


def play(rng: Random, plan: Plan, processes: Processes) -> list[Trace]:
    """The traces of a request: two, with one request id, when the client gave up once."""
    traces = []
    start = plan.start
    if plan.client_gave_up_first:
        traces.append(_abandoned(rng, plan, processes, start))
        start += CLIENT_TIMEOUT
    traces.append(_answered(rng, plan, processes, start))
    return traces


def spans_of(traces: list[Trace]) -> list[Span]:
    return [span for trace in traces for span in trace.spans]


def _abandoned(rng: Random, plan: Plan, processes: Processes, start: int) -> Trace:
    trace = Trace(rng, plan, processes, start)
    before.request(trace)
    root = _root(trace)
    root.attributes["spanmart.final.status"] = "failed"
    root.end = start + CLIENT_TIMEOUT - SECOND
    root.fail("client_timeout", "the client closed the connection")
    return trace


def _answered(rng: Random, plan: Plan, processes: Processes, start: int) -> Trace:
    trace = Trace(rng, plan, processes, start)
    before.request(trace)
    root = _root(trace)
    _find_context(trace)
    is_answered = _generate(trace)
    if is_answered:
        _check(trace)
    if plan.workload_class == "production":
        after.deliver(trace)
    root.end = trace.now
    root.attributes["spanmart.final.status"] = plan.final_status
    if not is_answered:
        root.fail(plan.model_error, f"no answer for {plan.user.mail}")
    else:
        root.attributes["output.value"] = f"Dear {plan.user.name}, here is what we found."
    if plan.known_by == "attribute":
        root.attributes["spanmart.task.completed"] = plan.success
    if is_answered and plan.workload_class == "production" and plan.prompt.flow != "extract":
        after.client_events(trace)
    return trace


def _find_context(trace: Trace) -> None:
    flow = trace.plan.prompt.flow
    if flow in ("rag_tools", "billing", "tools"):
        before.classify_intent(trace)
    if flow == "rag_tools" and trace.rng.random() < 0.5:
        before.rewrite_query(trace)
        trace.question = "knowledge base: " + trace.question
    if flow in ("rag_tools", "rag", "code"):
        before.embed_query(trace)
        before.retrieve(trace, "hybrid" if flow != "code" else "vector")
    elif flow == "billing":
        before.retrieve(trace, "keyword")
    if flow in ("rag_tools", "rag") and trace.retrieved:
        before.rerank(trace)
    before.assemble_prompt(
        trace,
        system=SYSTEM_TOKENS.get(flow, OTHER_SYSTEM_TOKENS),
        tools=TOOL_SCHEMA_TOKENS if trace.plan.prompt.tool else 0,
    )


def _generate(trace: Trace) -> bool:
    plan = trace.plan
    if plan.prompt.flow in ("rag_tools", "code"):
        model.route_model(trace)
    if not plan.tool_outcomes:
        return model.call_model(trace)
    if not model.call_model(trace, wants_tool=True):
        return False
    if plan.prompt.flow != "billing":
        model.plan_tools(trace)
    model.run_tool(trace)
    return model.call_model(trace, extra_input=TOOL_RESULT_TOKENS)


def _check(trace: Trace) -> None:
    plan = trace.plan
    if plan.prompt.flow in ("rag_tools", "rag"):
        after.validate_citations(trace)
    if plan.prompt.flow == "extract":
        if plan.repairs:
            after.parse_output(trace, is_passed=False, repairs=0)
            model.call_model(trace, extra_input=60)
        after.parse_output(trace, is_passed=True, repairs=plan.repairs)
    elif plan.prompt.flow != "summary":
        after.moderate_output(trace)


def _root(trace: Trace) -> Span:
    assert trace.root is not None
    return trace.root
