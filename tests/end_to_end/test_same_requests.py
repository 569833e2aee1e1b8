"""The same thirty requests, recorded by five producers: the facts of each request are the same, but
for what a producer leaves out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from built_project import Warehouse
from capture_truth import CAPTURES, Capture

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(
        not CAPTURES.is_dir(), reason="no ../shared/captures beside this clone to compare with"
    ),
]

# What each leaves out, by the captures' README; its own words for the rest are read alike.
_NO_MALFORMED_TOOL = "the span of a tool begins after its arguments were read (R-0024)"
_NO_CLOSED_STREAM = "a stream that was closed early has no reason (R-0020)"
PRODUCERS: dict[str, Mapping[str, str]] = {
    "otel_genai_openai_span": {},
    "openinference_openai": {"finish_classes": _NO_CLOSED_STREAM},
    "traceloop_openai": {"finish_classes": _NO_CLOSED_STREAM, "tools": _NO_MALFORMED_TOOL},
    "langfuse_v5_openai": {
        "finish_classes": "only streams say why they ended",
        "tools": _NO_MALFORMED_TOOL,
        "answers": "no response id anywhere",
    },
    "old2025_traceloop": {
        "finish_classes": _NO_CLOSED_STREAM,
        "tools": _NO_MALFORMED_TOOL,
        "reasoning_tokens": "versions of 2025 do not report them",
    },
}
# One run each, so that ids of answers differ. Langfuse numbers versions itself, 3 is the
# application's v3.
_FACTS = """
    with requests as (
        select trace_id, max(coalesce(
            attributes['app.request_id'],
            attributes['traceloop.association.properties.app_request'],
            attributes['langfuse.trace.metadata.app_request'],
            attributes['metadata'] ->> '$.app_request'
        )) as request
        from read_parquet($spans)
        where source = $source
        group by trace_id
    ),
    calls as (
        select
            trace_id,
            count(*) as calls,
            count(*) filter (where input_tokens is not null) as usage_calls,
            sum(input_tokens) as input_tokens,
            sum(output_tokens) as output_tokens,
            coalesce(sum(cache_read_tokens), 0) as cache_read_tokens,
            coalesce(sum(reasoning_tokens), 0) as reasoning_tokens,
            count(*) filter (where span_status = 'error') as errors,
            sum(cost_usd) as cost_usd,
            coalesce(
                list_sort(list(finish_class) filter (where finish_class is not null)), []
            ) as finish_classes,
            count(distinct response_id) as answers,
            list_sort(list(distinct ltrim(prompt_version, 'v'))) as prompt_versions
        from facts.model_span
        where is_call_counted and source = $source
        group by trace_id
    ),
    tools as (
        select
            trace_id,
            list_sort(list(tool_name || case when is_success then '' else ' failed' end)) as tools
        from facts.tool_span
        where source = $source
        group by trace_id
    )
    select
        request,
        calls.* exclude (trace_id),
        coalesce(tools, []) as tools,
        traces.tenant_id,
        traces.user_id_hash,
        traces.conversation_id
    from requests
    inner join facts.request_trace as traces using (trace_id)
    inner join calls using (trace_id)
    left join tools using (trace_id)
    where request is not null
"""


def facts(built: Warehouse, landing: Path, source: str) -> dict[str, dict[str, Any]]:
    # Not by the staging view: other tests build other landings at the place that it reads.
    spans = str(landing / "spans" / "*" / "*.parquet")
    rows = built.connection.execute(_FACTS, {"source": source, "spans": spans})
    names = [column[0] for column in rows.description or []]
    return {row[0]: dict(zip(names[1:], row[1:], strict=True)) for row in rows.fetchall()}


@pytest.fixture(scope="module")
def requests(built: Warehouse, landing: Path) -> dict[str, dict[str, dict[str, Any]]]:
    return {name: facts(built, landing, name) for name in PRODUCERS}


def test_every_producer_recorded_the_same_requests(
    requests: dict[str, dict[str, dict[str, Any]]],
) -> None:
    """By the logs of the server, each run was the same: what follows compares like with like."""
    runs = [
        [
            (call.app_request, call.model, call.is_ok, call.input_tokens, call.output_tokens)
            for call in Capture(CAPTURES / name).calls
        ]
        for name in PRODUCERS
    ]
    assert all(sorted(run) == sorted(runs[0]) for run in runs)
    asked = {call[0] for call in runs[0]}
    assert len(asked) == 30
    for name, found in requests.items():
        assert set(found) == asked, name


@pytest.mark.parametrize("name", list(PRODUCERS)[1:])
def test_a_request_has_the_same_facts_whoever_recorded_it(
    requests: dict[str, dict[str, dict[str, Any]]], name: str
) -> None:
    first, left_out = requests[next(iter(PRODUCERS))], PRODUCERS[name]
    differences: dict[str, dict[str, tuple[object, object]]] = defaultdict(dict)
    for request, true in first.items():
        for fact, value in true.items():
            said = requests[name][request][fact]
            if fact not in left_out and said != value:
                differences[fact][request] = (said, value)
    assert differences == {}


def test_what_a_producer_leaves_out_is_missing_and_not_wrong(
    requests: dict[str, dict[str, dict[str, Any]]],
) -> None:
    first = requests[next(iter(PRODUCERS))]
    for name, left_out in PRODUCERS.items():
        for fact in left_out:
            for request, true in first.items():
                said = requests[name][request][fact]
                if isinstance(said, list):
                    rest = list(true[fact])
                    for each in said:
                        rest.remove(each)
                else:
                    assert said <= true[fact], (name, request, fact)
            assert any(
                requests[name][request][fact] != true[fact] for request, true in first.items()
            )
