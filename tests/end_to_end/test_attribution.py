"""Attribution on real captures: what doubles usage in them, and what they lack made of one of them.

A capture that no export damages is landed again with one kind of damage done to all of its spans,
in which nothing that was really spent changes. Its truth stays that of its client's log.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from built_project import BuiltProject, Warehouse, reading
from capture_truth import CAPTURES, Capture

from spanmart.landing import land

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(
        not CAPTURES.is_dir(), reason="no ../shared/captures beside this clone to compare with"
    ),
]

PLAIN = "otel_genai_openai_off"
IN, OUT = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"
Span = dict[str, Any]
Trace = list[Span]


def said(span: Span, key: str) -> int | None:
    values = [each["value"] for each in span["attributes"] if each["key"] == key]
    return int(values[0]["intValue"]) if values else None


def say(span: Span, key: str, value: int | str | bool) -> None:
    kind = {bool: "boolValue", int: "intValue", str: "stringValue"}[type(value)]
    span["attributes"].append({"key": key, "value": {kind: value}})


def operation(span: Span) -> str | None:
    values = [
        each["value"] for each in span["attributes"] if each["key"] == "gen_ai.operation.name"
    ]
    return values[0]["stringValue"] if values else None


def root_of(trace: Trace) -> Span:
    return min(
        (span for span in trace if not span.get("parentSpanId")),
        key=lambda span: int(span["startTimeUnixNano"]),
    )


def landed_again_and_unended(trace: Trace) -> Trace:
    """Streamed partials: each span also as it was while it ran, with some of its tokens."""
    running = deepcopy(trace)
    for span in running:
        span.pop("endTimeUnixNano")
        tokens = said(span, OUT)
        span["attributes"] = [each for each in span["attributes"] if each["key"] != OUT]
        if tokens:
            say(span, OUT, tokens // 2)
    return [*trace, *deepcopy(trace), *running]


def parents_in_a_ring(trace: Trace) -> Trace:
    """The root hangs below the last span; a root without spans below it below itself."""
    root = root_of(trace)
    others = [span for span in trace if span is not root]
    root["parentSpanId"] = (others[-1] if others else root)["spanId"]
    return trace


def agents_that_repeat_the_sum(trace: Trace) -> Trace:
    calls = [span for span in trace if operation(span) == "chat"]
    root = root_of(trace)
    if calls and root not in calls:
        say(root, IN, sum(said(span, IN) or 0 for span in calls))
        say(root, OUT, sum(said(span, OUT) or 0 for span in calls))
    return trace


def roots_that_estimate(trace: Trace) -> Trace:
    root = root_of(trace)
    if any(said(span, IN) for span in trace if span is not root and operation(span) == "chat"):
        say(root, IN, 123_456)
        say(root, "spanmart.usage.is_estimated", True)
    return trace


def sentinels_for_unknown_usage(trace: Trace) -> Trace:
    for span in trace:
        if operation(span) == "chat" and said(span, IN) is None:
            say(span, IN, -1)
            say(span, OUT, "None")
            say(span, "gen_ai.usage.total_tokens", "Infinity")
    return trace


def a_turn_replayed(trace: Trace) -> Trace:
    """Each call once more below the root, under another span id: the same answer."""
    again = [deepcopy(span) for span in trace if operation(span) == "chat" and said(span, IN)]
    for span in again:
        span["spanId"] = f"{int(span['spanId'], 16) ^ 1:016x}"
        span["parentSpanId"] = root_of(trace)["spanId"]
        span["startTimeUnixNano"] = span["endTimeUnixNano"]
    return [*trace, *again]


def a_second_instrumentor_around(trace: Trace) -> Trace:
    """Another producer's record of each call around it, without the answer's id."""
    around = []
    for span in trace:
        if operation(span) == "chat" and said(span, IN):
            outer = deepcopy(span)
            outer["spanId"] = f"{int(span['spanId'], 16) ^ 2:016x}"
            outer["attributes"] = [
                each for each in outer["attributes"] if each["key"] != "gen_ai.response.id"
            ]
            outer["another_scope"] = True
            span["parentSpanId"] = outer["spanId"]
            around.append(outer)
    return [*trace, *around]


DAMAGES: list[Callable[[Trace], Trace]] = [
    landed_again_and_unended,
    parents_in_a_ring,
    agents_that_repeat_the_sum,
    roots_that_estimate,
    sentinels_for_unknown_usage,
    a_turn_replayed,
    a_second_instrumentor_around,
]


def damaged_export(damage: Callable[[Trace], Trace]) -> dict[str, Any]:
    """The capture as one export of another service, so that it is no twin of the others."""
    traces: dict[str, Trace] = {}
    resource: dict[str, Any] = {}
    scopes: dict[str, dict[str, Any]] = {}
    for line in (CAPTURES / PLAIN / "spans.otlp.jsonl").read_text(encoding="utf-8").splitlines():
        for group in json.loads(line)["resourceSpans"]:
            resource = group["resource"]
            for scoped in group["scopeSpans"]:
                name = scoped["scope"]["name"]
                scopes[name] = scoped["scope"]
                for span in scoped["spans"]:
                    traces.setdefault(span["traceId"], []).append({**span, "scope": name})
    resource = deepcopy(resource)
    for attribute in resource["attributes"]:
        if attribute["key"] == "service.name":
            attribute["value"] = {"stringValue": damage.__name__}
    by_scope: dict[str, list[Span]] = {}
    number = DAMAGES.index(damage) + 1
    for trace in traces.values():
        for span in damage([{"attributes": [], **deepcopy(each)} for each in trace]):
            scope = span.pop("scope")
            if span.pop("another_scope", False):
                scopes["framework"] = {"name": "framework", "version": "1"}
                scope = "framework"
            span["traceId"] = f"{int(span['traceId'], 16) ^ (number << 120):032x}"
            by_scope.setdefault(scope, []).append(span)
    scope_spans = [{"scope": scopes[name], "spans": spans} for name, spans in by_scope.items()]
    return {"resourceSpans": [{"resource": resource, "scopeSpans": scope_spans}]}


@pytest.fixture(scope="module")
def damaged(
    tmp_path_factory: pytest.TempPathFactory, spanmart_project: BuiltProject
) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp("damaged")
    for damage in DAMAGES:
        file = folder / f"{damage.__name__}.json"
        file.write_text(json.dumps(damaged_export(damage)), encoding="utf-8")
        done = land([file], landing=folder / "landing", source=damage.__name__)
        assert done.exit_code == 0
    warehouse = folder / "spanmart.duckdb"
    landing = folder / "landing"
    spanmart_project.run("seed", warehouse=warehouse, landing=landing)
    spanmart_project.run(
        "run", "--select", "+model_span +embedding_span", warehouse=warehouse, landing=landing
    )
    with reading(warehouse) as opened:
        yield opened


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_that_spends_nothing_changes_no_sum(
    damaged: Warehouse, damage: Callable[[Trace], Trace]
) -> None:
    capture = Capture(CAPTURES / PLAIN)
    found = damaged.row(
        """
        select
            count(*) filter (where is_call_counted and span_status = 'error') as errors,
            sum(input_tokens) filter (where is_usage_counted) as input_tokens,
            sum(output_tokens) filter (where is_usage_counted) as output_tokens,
            sum(cost_usd) filter (where is_usage_counted) as cost_usd,
        from facts.model_span
        where source = ?
        """,
        damage.__name__,
    )
    assert found == {
        "errors": len(capture.errors),
        "input_tokens": sum(call.input_tokens for call in capture.seen),
        "output_tokens": sum(call.output_tokens for call in capture.seen),
        "cost_usd": sum((call.cost() for call in capture.seen), Decimal(0)),
    }


def reasons(built: Warehouse, source: str) -> dict[str | None, int]:
    rows = built.rows(
        """
        select duplicate_reason, count(*) as calls
        from intermediate.int_calls__token_buckets as calls
        inner join intermediate.int_spans__in_context as spans using (span_no)
        where spans.source = ? and spans.span_type in ('model', 'agent', 'chain', 'other')
        group by duplicate_reason
        """,
        source,
    )
    return {row["duplicate_reason"]: row["calls"] for row in rows}


def test_what_does_not_count_stays_to_be_seen(damaged: Warehouse) -> None:
    """Each damage did something, and the rows say what: never silent."""
    seen = len(Capture(CAPTURES / PLAIN).seen)
    assert reasons(damaged, "a_turn_replayed")["same_response_id"] == seen
    assert reasons(damaged, "a_second_instrumentor_around")["wrapper"] == seen
    assert reasons(damaged, "agents_that_repeat_the_sum")["wrapper"] > 0
    assert reasons(damaged, "roots_that_estimate")["wrapper"] > 0
    cut = damaged.row(
        """
        select count(*) as spans, count(distinct trace_id) as traces
        from intermediate.int_spans__with_attributes
        where source = 'parents_in_a_ring' and (is_ring_cut or span_id = parent_span_id)
        """
    )
    assert cut["spans"] == cut["traces"] > 0
    versions = damaged.row(
        """
        select min(version_count) as fewest, max(version_count) as most
        from intermediate.int_spans__in_context where source = 'landed_again_and_unended'
        """
    )
    assert versions == {"fewest": 2, "most": 2}


def test_the_gap_of_a_wrapper_is_shown_and_never_added(damaged: Warehouse) -> None:
    gaps = damaged.row(
        """
        select
            count(*) filter (where source = 'agents_that_repeat_the_sum') as repeating,
            max(abs(rollup_gap_tokens)) filter (where source = 'agents_that_repeat_the_sum')
                as of_repeating,
            min(rollup_gap_tokens) filter (where source = 'roots_that_estimate') as of_estimating,
        from intermediate.int_calls__token_buckets
        inner join (select span_no, source from intermediate.int_spans__in_context) using (span_no)
        where rollup_gap_tokens is not null
        """
    )
    assert gaps["repeating"] > 0 and gaps["of_repeating"] == 0 and gaps["of_estimating"] > 0


def test_embeddings_under_the_key_of_chats_are_apart(built: Warehouse) -> None:
    """R-0001 and the index: gen_ai.usage.input_tokens on both, told apart by the operation."""
    embedded = built.row(
        """
        select count(*) as calls, sum(input_tokens) as tokens
        from facts.embedding_span where source = ? and is_usage_counted
        """,
        PLAIN,
    )
    chats = built.row(
        "select sum(input_tokens) as tokens from facts.model_span where source = ?"
        " and is_usage_counted",
        PLAIN,
    )
    assert embedded["calls"] > 0 and embedded["tokens"] > 0
    assert chats["tokens"] == sum(call.input_tokens for call in Capture(CAPTURES / PLAIN).seen)


@pytest.mark.parametrize("name", ["otel_genai_anthropic_both", "traceloop_anthropic"])
def test_an_sdk_with_spans_of_its_own_is_no_second_call(built: Warehouse, name: str) -> None:
    """com.anthropic.sdk.python beside the instrumentor: each answer twice, and once in the sum."""
    answers = built.row(
        """
        select
            count(*) filter (where is_usage_counted) as counted,
            count(distinct response_id) as answers,
            count(*) filter (where instrumentation_scope = 'com.anthropic.sdk.python') as of_sdk,
            count(*) filter (where duplicate_reason is not null) as copies,
        from facts.model_span
        where source = ? and response_id is not null
        """,
        name,
    )
    assert answers["counted"] == answers["answers"]
    assert answers["copies"] > 0 and answers["of_sdk"] > 0


def test_retries_cost_and_are_one_task(built: Warehouse) -> None:
    """R-0007 and R-0027: two calls of the application, the first an error, in one request."""
    retried = built.rows(
        """
        select
            trace_id,
            count(*) as calls,
            count(*) filter (where span_status = 'error') as failures,
            count(distinct traces.task_key) as tasks,
        from facts.model_span as calls
        inner join (select trace_id, task_key from facts.request_trace) as traces using (trace_id)
        where source = ? and is_call_counted
        group by trace_id
        having failures > 0 and failures < calls
        """,
        PLAIN,
    )
    assert len(retried) >= 2
    assert all(row["tasks"] == 1 for row in retried)


def test_usage_that_only_sums_up_has_a_name_of_its_own(built: Warehouse) -> None:
    """pydantic-ai's agents carry gen_ai.aggregated_usage.*: no call, whatever stands below them."""
    wrappers = built.row(
        """
        select count(*) as agents
        from facts.model_span
        where source = 'pydantic_ai_v6' and operation_name like 'invoke_agent%'
        """
    )
    assert wrappers == {"agents": 0}
