"""Landed spans in any number, made of arrays: trees of depth 1 to 30, and what doubles usage.

Each trace is a tree; its inner spans are agents (most of them repeat the sum of what is below),
chains and a framework's record of the provider's call below it. Calls fail and are tried again,
are replayed, and stand once more as the lone root of a trace of their own; spans land twice or
first without an end. What the provider really counted is known, because it is made first.

They have 10 attributes with 140 bytes of values on average, 12 to 17 on a call. What real
instrumentations sent (5,315 OTLP spans, as landed) has a median of 9 with 130 bytes, and a mean of
12.4 with 225.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spanmart.landing.schemas import TABLES

DEEPEST = 30
ROOT, AGENT, CHAIN, FRAMEWORK_CALL, CALL, FAILED_CALL, TOOL, RETRIEVAL, EMBEDDING = range(9)
SPANS_PER_TRACE = 25 / 3
FILE_SPANS = 250_000
LANDED_AT = datetime(2026, 6, 1)


@dataclass(frozen=True)
class Truth:
    """What an attribution has to find."""

    spans: int
    traces: int
    deepest: int
    calls: int
    input_tokens: int
    output_tokens: int


@dataclass
class Forest:
    """Trees, one array a column; a span's parent has a lower number."""

    trace: np.ndarray
    place: np.ndarray
    parent: np.ndarray
    depth: np.ndarray

    @property
    def levels(self) -> list[np.ndarray]:
        """The numbers of the spans at each place of their trees, the roots first."""
        order = np.argsort(self.place, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.place))[:-1])


def grown(random: np.random.Generator, spans: int) -> Forest:
    """Many small traces and some of hundreds of spans; from lines to stars."""
    traces = round(spans / SPANS_PER_TRACE)
    sizes = np.minimum(random.lognormal(1.55, 1.05, traces).astype(int) + 1, 400)
    # As many spans as were asked for, so that two sizes can be compared.
    sizes[: abs(spans - sizes.sum())] += 1 if spans > sizes.sum() else 0
    while sizes.sum() > spans:
        large = np.flatnonzero(sizes > 1)[: sizes.sum() - spans]
        sizes[large] -= 1
    while sizes.sum() < spans:
        sizes[: spans - sizes.sum()] += 1
    first = np.cumsum(sizes) - sizes
    trace = np.repeat(np.arange(traces), sizes)
    place = np.arange(spans) - first[trace]
    # 1: each span below the last one. Near 0: most of them below any span before.
    straightness = random.choice([1.0, 0.6, 0.35], traces, p=[0.15, 0.35, 0.5])[trace]
    back = random.geometric(straightness)
    parent = np.where(place > 0, first[trace] + np.maximum(place - back, 0), -1)
    forest = Forest(trace, place, parent, np.zeros(spans, dtype=int))
    for level in forest.levels[1:]:
        above = forest.parent[level]
        too_deep = forest.depth[above] + 1 >= DEEPEST
        forest.parent[level] = above = np.where(too_deep, first[trace[level]], above)
        forest.depth[level] = forest.depth[above] + 1
    return forest


def told(random: np.random.Generator, forest: Forest) -> tuple[dict[str, np.ndarray], Truth]:
    """What each span is, takes and reports, and what is true."""
    spans = len(forest.trace)
    has_parent = forest.parent >= 0
    children = np.bincount(forest.parent[has_parent], minlength=spans)
    inner = children > 0
    kind = np.where(
        inner,
        random.choice([AGENT, CHAIN, TOOL], spans, p=[0.25, 0.65, 0.1]),
        random.choice(
            [CALL, FAILED_CALL, TOOL, RETRIEVAL, EMBEDDING],
            spans,
            p=[0.55, 0.03, 0.22, 0.12, 0.08],
        ),
    )
    kind[~has_parent & inner] = ROOT
    kind[~has_parent & ~inner] = CALL
    # A framework's call holds one call of the provider and nothing else.
    alone = np.flatnonzero(has_parent & (kind == CALL))
    alone = alone[children[forest.parent[alone]] == 1]
    above = forest.parent[alone]
    framed = above[(forest.parent[above] >= 0) & (random.random(len(above)) < 0.4)]
    kind[framed] = FRAMEWORK_CALL

    model = random.integers(0, 8, spans)
    output_tokens = random.lognormal(5.3, 1.0, spans).astype(int) + 1
    cached = np.where(random.random(spans) < 0.3, random.integers(1, 20, spans) * 128, 0)
    input_tokens = cached + random.lognormal(6.8, 1.2, spans).astype(int) + 1
    cached[kind == EMBEDDING] = output_tokens[kind == EMBEDDING] = 0
    answer = np.arange(spans)
    counts = np.isin(kind, [CALL, EMBEDDING])

    # A turn replayed: the same answer as the call before, within the trace.
    calls = np.flatnonzero(kind == CALL)
    again = np.flatnonzero(
        (forest.trace[calls[1:]] == forest.trace[calls[:-1]])
        & (random.random(len(calls) - 1) < 0.02)
    )
    again = again[~np.isin(again, again + 1)]
    replayed, before = calls[again + 1], calls[again]
    start = forest.place * 40_000_000 + random.integers(0, 20_000_000, spans)
    length = random.integers(200_000_000, 4_000_000_000, spans)
    # A lone trace that is one instrumentor's record of a call inside another trace.
    lone = np.flatnonzero(~has_parent & ~inner)
    lone = lone[random.random(len(lone)) < 0.2]
    inside = calls[
        (forest.parent[calls] >= 0) & ~np.isin(calls, replayed) & ~np.isin(calls, before)
    ]
    original = random.choice(inside, len(lone), replace=False)
    start_of_trace = random.integers(0, 30 * 86_400, forest.trace[-1] + 1) * 1_000_000_000
    start += start_of_trace[forest.trace]
    for copy, of in ((replayed, before), (lone, original)):
        for column in (model, input_tokens, output_tokens, cached):
            column[copy] = column[of]
        answer[copy] = of
        counts[copy] = False
    start[lone], length[lone] = start[original] + 1_000_000, length[original] - 2_000_000
    service = (forest.trace % 4).copy()
    service[lone] = service[original]

    truth = Truth(
        spans=spans,
        traces=int(forest.trace[-1]) + 1,
        deepest=int(forest.depth.max()) + 1,
        calls=int((counts & (kind == CALL)).sum()),
        input_tokens=int((input_tokens * counts).sum()),
        output_tokens=int((output_tokens * counts).sum()),
    )
    # An agent sums up its model calls; embeddings are none of them.
    summed_up = counts & (kind == CALL)
    below = {"input_tokens": input_tokens * summed_up, "output_tokens": output_tokens * summed_up}
    for tokens in below.values():
        for level in reversed(forest.levels[1:]):
            np.add.at(tokens, forest.parent[level], tokens[level])
    # One agent in five says only what its last call took.
    summed = (kind == AGENT) & (random.random(spans) < 0.8)
    input_tokens[summed] = below["input_tokens"][summed]
    output_tokens[summed] = below["output_tokens"][summed]
    wrapped = np.flatnonzero((kind == CALL) & has_parent)
    wrapped = wrapped[kind[forest.parent[wrapped]] == FRAMEWORK_CALL]
    for column in (model, input_tokens, output_tokens):
        column[forest.parent[wrapped]] = column[wrapped]
    says_usage = np.where(kind == AGENT, random.random(spans) < 0.6, True)
    says_usage &= (kind != AGENT) | (below["input_tokens"] > 0)
    return {
        "span": np.arange(spans),
        "trace": forest.trace,
        "parent": forest.parent,
        "kind": kind,
        "model": model,
        "service": service,
        "answer": answer,
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "cached": cached,
        "says_usage": says_usage,
        "start": start,
        "length": length,
    }, truth


def land(landing: Path, spans: int, seed: int = 1) -> Truth:
    """Writes the landing tables that the models read, in files of the landing's own schema."""
    random = np.random.default_rng(seed)
    columns, truth = told(random, grown(random, spans))
    database = duckdb.connect()
    database.execute("set TimeZone = 'UTC'; set preserve_insertion_order = true")
    template = Path(__file__).with_suffix(".sql").read_text()
    folder = landing / "spans" / "landed_on=2026-06-01"
    folder.mkdir(parents=True)
    for number, first in enumerate(range(0, spans, FILE_SPANS)):
        part = {name: column[first : first + FILE_SPANS] for name, column in columns.items()}
        database.register("part", pa.table(part))
        path = folder / f"20260601T000000000000-{number:08x}.parquet"
        database.execute(
            f"copy ({template}) to '{path}' (format parquet, codec zstd, row_group_size 100000)"
        )
        database.unregister("part")
    _make_readable(landing)
    return truth


def _make_readable(landing: Path) -> None:
    """The other tables: one load, and nothing else landed."""
    for table, schema in TABLES.items():
        rows = schema.empty_table()
        if table == "loads":
            loads = [{"load_id": name, "landed_at": LANDED_AT} for name in ("load", "load again")]
            rows = pa.Table.from_pylist(loads, schema)
        path = landing / table / "landed_on=2026-06-01" / "20260601T000000000000-ffffffff.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(rows, path)
