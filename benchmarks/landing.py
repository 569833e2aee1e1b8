"""How much landing costs beside the cheapest honest peer: pyarrow.json reading the same file with a
schema.

The peer only reads; `spanmart land` reads, flattens, splits content off, masks, hashes, compares
with what is landed and writes Parquet. Runs alternate, so that a busy machine is busy for both; the
median is reported.

    python benchmarks/landing.py [--spans 50000] [--runs 3]
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.json as pj

from spanmart.formats._otlp import shapes
from spanmart.landing import land
from spanmart.settings import Settings

SPANS_A_LINE = 20
WORDS = [
    "the",
    "refund",
    "window",
    "closes",
    "thirty",
    "days",
    "after",
    "delivery",
    "and",
    "items",
    "must",
    "be",
    "unused",
    "please",
    "track",
    "your",
    "parcel",
    "from",
    "the",
    "account",
    "page",
    "where",
    "a",
    "tracking",
    "number",
    "appears",
    "within",
    "hours",
    "upgrade",
    "downgrade",
    "invoice",
    "customs",
    "duties",
    "recipient",
    "escalate",
    "damaged",
    "photo",
    "replace",
    "business",
    "plan",
    "credits",
    "outage",
    "support",
    "answer",
    "briefly",
    "context",
    "question",
    "policy",
]


def lines(spans: int, seed: int = 7) -> Iterator[str]:
    """OTLP/JSON export requests with chat content, about 1.9 KB a span; one span in a hundred holds
    an e-mail."""
    pick = random.Random(seed)
    for start in range(0, spans, SPANS_A_LINE):
        batch = [_span(pick, number) for number in range(start, min(spans, start + SPANS_A_LINE))]
        resource_spans = {
            "resource": {
                "attributes": [
                    _text("service.name", "support-copilot"),
                    _text("service.version", "2026.11.0"),
                ]
            },
            "scopeSpans": [{"scope": {"name": "bench", "version": "1"}, "spans": batch}],
        }
        yield json.dumps({"resourceSpans": [resource_spans]}, separators=(",", ":"))


def _span(pick: random.Random, number: int) -> dict[str, object]:
    start = 1_790_000_000_000_000_000 + number * 1_000_000
    prompt = " ".join(pick.choices(WORDS, k=100))
    if number % 100 == 0:
        prompt += f" write to user{number}@example.com"
    messages = json.dumps([{"role": "user", "parts": [{"type": "text", "content": prompt}]}])
    answer = " ".join(pick.choices(WORDS, k=60))
    output = json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": answer}]}])
    return {
        "traceId": f"{pick.getrandbits(128):032x}",
        "spanId": f"{pick.getrandbits(64):016x}",
        "parentSpanId": f"{pick.getrandbits(64):016x}",
        "name": "chat gpt-4o",
        "kind": 3,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + pick.randrange(10**9)),
        "attributes": [
            _text("gen_ai.operation.name", "chat"),
            _text("gen_ai.provider.name", "openai"),
            _text("gen_ai.request.model", "gpt-4o"),
            _text("gen_ai.response.model", "gpt-4o-2024-08-06"),
            _text("gen_ai.response.id", f"chatcmpl-{pick.getrandbits(96):024x}"),
            _text("gen_ai.conversation.id", f"conv-{number // 7}"),
            _text("user.id", f"user-{pick.randrange(2000)}"),
            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": str(pick.randrange(4000))}},
            {"key": "gen_ai.usage.output_tokens", "value": {"intValue": str(pick.randrange(900))}},
            {"key": "gen_ai.request.temperature", "value": {"doubleValue": 0.2}},
            {
                "key": "gen_ai.response.finish_reasons",
                "value": {"arrayValue": {"values": [{"stringValue": "stop"}]}},
            },
            _text("gen_ai.input.messages", messages),
            _text("gen_ai.output.messages", output),
        ],
        "status": {},
    }


def _text(key: str, value: str) -> dict[str, object]:
    return {"key": key, "value": {"stringValue": value}}


def cpu_and_wall(work: Callable[[], object]) -> tuple[float, float]:
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used, time.perf_counter() - start


def read_with_pyarrow(path: Path) -> None:
    with pj.open_json(
        path,
        read_options=pj.ReadOptions(block_size=16 << 20),
        parse_options=pj.ParseOptions(
            explicit_schema=shapes.MESSAGE, unexpected_field_behavior="ignore"
        ),
    ) as reader:
        for _ in reader:
            pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--spans", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "spans.jsonl")
        path.write_text("\n".join(lines(arguments.spans)) + "\n", encoding="utf-8")
        size = path.stat().st_size
        print(
            f"{arguments.spans:,} spans, {size / 1e6:.0f} MB,"
            f" {size / arguments.spans:.0f} bytes a span"
        )
        timings: dict[str, list[tuple[float, float]]] = {
            "pyarrow.json, reading only": [],
            "spanmart land": [],
        }
        landing = Path(folder, "landing")
        for _ in range(arguments.runs):
            timings["pyarrow.json, reading only"].append(
                cpu_and_wall(lambda: read_with_pyarrow(path))
            )
            shutil.rmtree(landing, ignore_errors=True)
            timings["spanmart land"].append(
                cpu_and_wall(lambda: land([path], landing=landing, settings=Settings()))
            )
        medians = {}
        for name, runs in timings.items():
            cpu, wall = (statistics.median(column) for column in zip(*runs, strict=True))
            medians[name] = cpu
            print(
                f"{name:28} {cpu:6.2f} CPU-s  {wall:6.2f} s  {size / 1e6 / cpu:6.0f} MB per CPU-s"
            )
        peer, own = medians.values()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"ratio of CPU {own / peer:.2f}, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
