"""The spans as an instrumented application would export them, and as the document asks for them."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

# Names that are not ours and stand for content, or are read as the span's own.
OTHER_NAMES = {
    "input.value",
    "output.value",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.output.type",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
}
STAGES = {
    "request",
    "routing",
    "query_rewrite",
    "embeddings",
    "retrieval",
    "rerank",
    "prompt_assembly",
    "chat",
    "tool_planning",
    "execute_tool",
    "postprocess",
    "delivery",
}


def test_every_line_is_an_otlp_export_request(traffic: Any) -> None:
    for number, line in enumerate(traffic.lines()):
        request = json.loads(line)
        assert list(request) == ["resourceSpans"]
        # The reference parser takes a minute for all; every tenth has each process and stage.
        if number % 10:
            continue
        for span in _spans(request):
            # OTLP/JSON writes ids in hex where protobuf's own JSON has base64.
            for key in {"traceId", "spanId", "parentSpanId"} & span.keys():
                span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
        message = json_format.ParseDict(request, ExportTraceServiceRequest())
        parsed = [
            span
            for resource in message.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
        assert len(parsed) == len(list(_spans(request)))
        assert all(len(span.trace_id) == 16 and len(span.span_id) == 8 for span in parsed)


def _spans(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for resource in request["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            yield from scope["spans"]


def test_every_trace_is_one_tree(traffic: Any) -> None:
    assert len({span.span_id for span in traffic.spans}) == len(traffic.spans)
    for spans in traffic.traces.values():
        by_id = {span.span_id: span for span in spans}
        roots = [span for span in spans if span.parent_span_id is None]
        assert len(roots) == 1
        assert roots[0].stage == "request"
        for span in spans:
            assert span.start < span.end
            if span.parent_span_id:
                assert by_id[span.parent_span_id].start <= span.start


def test_every_stage_is_there(traffic: Any) -> None:
    stages = Counter(span.stage for span in traffic.spans)
    assert set(stages) == STAGES
    assert min(stages.values()) > 300, stages


def test_every_attribute_is_one_that_the_models_read(
    traffic: Any, aliases: dict[str, list[str]]
) -> None:
    known = {key.split("#")[0].split("*")[0] for keys in aliases.values() for key in keys}
    used = {key for span in traffic.spans for key in span.attributes}
    assert used - known - OTHER_NAMES == set()


def test_a_child_may_come_before_its_parent(traffic: Any) -> None:
    is_seen: set[str] = set()
    early = 0
    for span in traffic.spans:
        early += span.parent_span_id is not None and span.parent_span_id not in is_seen
        is_seen.add(span.span_id)
    assert early > 1000


def test_a_trace_may_lie_in_two_files(traffic: Any) -> None:
    """What ends after midnight is in the next day's file."""
    days: dict[str, set[str]] = {}
    for path in (traffic.folder / "traces").glob("*.jsonl"):
        for trace_id in re.findall(r'"traceId":"([0-9a-f]{32})"', path.read_text()):
            days.setdefault(trace_id, set()).add(path.name)
    assert any(len(files) == 2 for files in days.values())


def test_a_client_that_tries_again_is_one_request_in_two_traces(traffic: Any) -> None:
    roots = [span for span in traffic.spans if span.parent_span_id is None]
    requests = Counter(root.attributes["spanmart.request.id"] for root in roots)
    assert len(requests) == traffic.manifest["totals"]["requests"]
    assert len(roots) == traffic.manifest["totals"]["traces"]
    assert 50 < sum(tries == 2 for tries in requests.values()) < 300


def test_cached_tokens_are_part_of_the_input(traffic: Any) -> None:
    calls = [span.attributes for span in traffic.spans if span.stage == "chat"]
    cached = 0
    for call in calls:
        parts = sum(
            call.get(f"gen_ai.usage.cache_{kind}.input_tokens", 0) for kind in ("read", "write")
        )
        assert parts <= call.get("gen_ai.usage.input_tokens", 0)
        cached += parts > 0
    assert cached > 1000
    # Streams that were not asked for their usage, and failed calls, have none.
    without = [call for call in calls if "gen_ai.usage.input_tokens" not in call]
    assert 100 < len(without) < len(calls) / 10
    assert all("gen_ai.usage.output_tokens" not in call for call in without)


def test_some_calls_are_of_a_model_that_no_price_list_knows(traffic: Any) -> None:
    models = Counter(
        span.attributes["gen_ai.request.model"] for span in traffic.spans if span.stage == "chat"
    )
    assert set(models) == {"gpt-4o", "gpt-4.1-mini", "claude-sonnet-4-5", "acme-code-7b"}
    assert 5 <= models["acme-code-7b"] < 50


def test_personal_data_is_there_to_be_masked_and_all_of_it_is_fiction(traffic: Any) -> None:
    text = b"\n".join(traffic.lines()).decode() + json.dumps(traffic.feedback)
    hosts = Counter(re.findall(r"\w@([\w-]+(?:\.[\w-]+)+)", text))
    assert set(hosts) == {"example.com"} and hosts["example.com"] > 1000
    # Ranges that regulators keep for drama, and the numbers of payment documentation.
    phones = set(re.findall(r"Call me: (\+[\d ()-]+\d)", text))
    reserved = re.compile(
        r"\+1 \(\d{3}\) 555-01\d\d|\+44 20 7946 0\d{3}|\+33 1 99 00 .*|\+49 30 23125 .*"
    )
    assert len(phones) >= 4
    assert all(reserved.fullmatch(phone) for phone in phones), phones
    assert set(re.findall(r"My card is ([\d ]+\d)", text)) == {"4111 1111 1111 1111"}
    assert set(re.findall(r"pay it to ([A-Z0-9 ]+\d)", text)) == {"DE89 3704 0044 0532 0130 00"}


def test_it_is_small_enough_to_be_landed_while_one_waits(traffic: Any) -> None:
    assert 7_000 < traffic.manifest["totals"]["requests"] < 9_000
    assert traffic.manifest["totals"]["spans"] < 90_000
    assert sum(len(line) for line in traffic.lines()) < 100_000_000
