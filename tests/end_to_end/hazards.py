"""Worlds in which one load changes what an earlier one had built: each is one way to break the
law of incremental building, and shares nothing with the others."""

from __future__ import annotations

from otlp_json import Feedback, LogRecord, Record, Span
from worlds import Landed, World

DAY = 86_400_000
CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.output_tokens": 10,
}
AGENT = {"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 150}


def world(*loads: list[Record]) -> World:
    return [Landed(record, (load,)) for load, records in enumerate(loads) for record in records]


def thumb(name: str, at: int, score: int = 1, trace: str | None = None, **fields: str) -> Feedback:
    return Feedback(name, "thumbs", at, trace=trace, fields={"score": score, **fields})


def hazards() -> list[World]:
    return [
        a_wrapper_loses_its_usage_to_a_late_child(),
        a_call_becomes_the_copy_of_one_that_lands_later(),
        a_task_is_rebuilt_for_the_conversation_of_one_of_its_traces(),
        a_task_is_rebuilt_for_the_twin_of_one_of_its_calls(),
        a_request_loses_the_task_that_it_named(),
        feedback_moves_to_a_later_trace_and_is_edited(),
        feedback_is_there_before_its_trace_or_without_it(),
        a_running_span_ends_after_its_children(),
        a_running_span_ends_as_another_step(),
        a_parent_brings_its_context_late(),
        a_finish_reason_comes_in_a_log_record(),
        a_record_comes_in_parts(),
        a_trace_object_comes_after_its_spans(),
        a_record_is_taken_back(),
    ]


def a_wrapper_loses_its_usage_to_a_late_child() -> World:
    agent = Span("wrapper", "agent", None, AGENT, 0, 900)
    return world([agent], [], [Span("wrapper", "call", "agent", CALL, 100, 800)])


def a_call_becomes_the_copy_of_one_that_lands_later() -> World:
    answer = CALL | {"gen_ai.response.id": "chatcmpl-copied"}
    lone = Span("copy", "call", None, answer, 110, 790, scope="inner")
    root = Span("copied", "root", None, {}, 0, 900)
    call = Span("copied", "call", "root", answer, 100, 800, scope="outer")
    return world([lone], [root], [call])


def a_task_is_rebuilt_for_the_conversation_of_one_of_its_traces() -> World:
    """The third trace takes the thumb from the first; the second shares only that one's task."""
    task, thread = {"spanmart.task.id": "task 1"}, {"gen_ai.conversation.id": "thread 1"}
    first = Span("first try", "root", None, task | thread, 0, 900)
    second = Span("second try", "root", None, task, 5000, 5900, is_error=True)
    third = Span("third", "root", None, thread, 9000, 9900)
    said = thumb("on a thread", 20_000, conversation_id="thread 1")
    return world([first, second, said], [third])


def a_task_is_rebuilt_for_the_twin_of_one_of_its_calls() -> World:
    answer = CALL | {"gen_ai.response.id": "chatcmpl-twin"}
    task = {"spanmart.task.id": "task 2"}
    lone = Span("twin", "call", None, answer | task, 50_110, 50_790, scope="inner")
    other = Span("try", "root", None, task, 40_000, 41_000, is_error=True)
    root = Span("twinned", "root", None, {}, 50_000, 50_900)
    call = Span("twinned", "call", "root", answer, 50_100, 50_800, scope="outer")
    return world([lone, other], [], [root, call])


def a_request_loses_the_task_that_it_named() -> World:
    """A running span names a task and, ended, does not: its trace is a try of the request again."""
    request = {"spanmart.request.id": "request 3"}
    running = Span("renamed", "root", None, {"spanmart.task.id": "task 3"}, 0, None)
    step = Span("renamed", "step", "root", request, 100, 800)
    ended = Span("renamed", "root", None, {"spanmart.tenant.id": "acme"}, 0, 900, is_error=True)
    other = Span("same request", "root", None, request, 5000, 5900)
    return world([running, step, other], [], [ended])


def feedback_moves_to_a_later_trace_and_is_edited() -> World:
    request = {"spanmart.request.id": "request 4"}
    first = Span("judged first", "root", None, request, 0, 900)
    second = Span("judged then", "root", None, request, 5000, 5900)
    up = thumb("on a request", 9000, request_id="request 4")
    down = thumb("on a request", 9500, -1, request_id="request 4")
    to_one = thumb("moved", 9000, trace="judged first")
    to_other = thumb("moved", 9500, trace="judged then")
    return world([first, up, to_one], [second, to_other], [down])


def feedback_is_there_before_its_trace_or_without_it() -> World:
    return world(
        [thumb("early", 2000, trace="late trace"), thumb("for nothing", 2000, trace="no trace")],
        [Span("late trace", "root", None, {}, 0, 900)],
        [thumb("for nothing more", 2000, -1, trace="no other trace")],
    )


def a_running_span_ends_after_its_children() -> World:
    running = Span("running", "root", None, {"spanmart.tenant.id": "acme"}, 0, None)
    ended = Span("running", "root", None, {"spanmart.tenant.id": "globex"}, 0, 900, is_error=True)
    return world([running], [Span("running", "call", "root", CALL, 100, 800)], [ended, running])


def a_running_span_ends_as_another_step() -> World:
    """Its trace has no row left in the facts in which it had one."""
    documents = {"gen_ai.retrieval.documents": '[{"id": "d1", "score": 0.3}]'}
    search = {"spanmart.span.type": "retrieval", **documents}
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}
    return world(
        [Span("turned", "root", None, search, 0, None)],
        [],
        [Span("turned", "root", None, tool, 0, 900)],
    )


def a_parent_brings_its_context_late() -> World:
    said = {"spanmart.prompt.name": "answer", "spanmart.prompt.version": "v1", "user.id": "u1"}
    call = Span("parent", "call", "root", CALL, 100, 800)
    return world([call], [], [Span("parent", "root", None, said, 0, 13 * DAY)])


def a_finish_reason_comes_in_a_log_record() -> World:
    reason = LogRecord("choice", "call", "gen_ai.choice", {"finish_reason": "length"}, 800)
    return world([reason], [Span("choice", "call", None, CALL, 100, 800)], [reason])


def a_record_comes_in_parts() -> World:
    """As LangSmith posts a run when it begins and patches it when it ends."""
    part = {"spanmart.record.is_partial": "true"}
    asked = {name: CALL[name] for name in ("gen_ai.operation.name", "gen_ai.request.model")}
    used = {name: CALL[name] for name in CALL if "usage" in name}
    begun = Span("parts", "call", None, asked | part | {"user.id": "u1"}, 100, None)
    ended = Span("parts", "call", None, used | part, 100, 800)
    return world([ended], [begun], [begun, Span("parts", "tool", "call", {}, 200, 300)])


def a_trace_object_comes_after_its_spans() -> World:
    trace = {"spanmart.record.kind": "trace", "user.id": "u1", "spanmart.tenant.id": "acme"}
    return world(
        [Span("object", "call", None, CALL, 100, 800)],
        [Span("object", "trace", None, trace, 0, 900)],
        [Span("object", "second", None, CALL, 200, 850)],
    )


def a_record_is_taken_back() -> World:
    """One of two spans, and the only one of a trace: nothing is left of either."""
    gone = CALL | {"spanmart.record.is_deleted": "true"}
    return world(
        [Span("kept", "root", None, {}, 0, 900), Span("kept", "call", "root", CALL, 100, 800)],
        [Span("taken", "call", None, CALL, 100, 800)],
        [Span("kept", "call", "root", gone, 100, 800), Span("taken", "call", None, gone, 100, 800)],
    )
