"""What landing costs beside ClickHouse (`chdb`): from the same OTLP to Parquet with zstd.

ClickHouse reads typed JSON and writes a row a span. `spanmart land`, with its defaults, also masks,
splits content off, hashes, compares with what is landed and keeps the ledger. Every run is a
process of its own, measured whole (its start too); runs alternate, so that a busy machine is busy
for both.

    python benchmarks/landing.py [--spans 200000] [--runs 3] [--folder DIR]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from traffic import write_json_lines, write_protobuf

JSON, PROTOBUF, CLICKHOUSE = "spanmart, JSON Lines", "spanmart, protobuf", "ClickHouse, JSON Lines"

_VALUE = """Tuple(stringValue Nullable(String), intValue Nullable(Int64),
    doubleValue Nullable(Float64), boolValue Nullable(Bool),
    arrayValue Tuple(values Array(Tuple(stringValue Nullable(String)))))"""
_ATTRIBUTES = f"Array(Tuple(key String, value {_VALUE}))"
_EVENTS = f"Array(Tuple(timeUnixNano UInt64, name String, attributes {_ATTRIBUTES}))"
_SPAN = f"""Tuple(traceId String, spanId String, parentSpanId String, name String, kind Int32,
    startTimeUnixNano UInt64, endTimeUnixNano UInt64, attributes {_ATTRIBUTES}, events {_EVENTS},
    status Tuple(code Int32, message String))"""
_SCHEMA = f"""resourceSpans Array(Tuple(resource Tuple(attributes {_ATTRIBUTES}), scopeSpans Array(
    Tuple(scope Tuple(name String, version String), spans Array({_SPAN})))))"""
_MAP = """mapFromArrays(arrayMap(x -> x.key, {of}), arrayMap(x -> coalesce(x.value.stringValue,
    toString(x.value.intValue), toString(x.value.doubleValue), toString(x.value.boolValue),
    toJSONString(x.value.arrayValue.values)), {of}))"""


def clickhouse_query(source: Path, out: Path) -> str:
    return f"""
        select s.traceId as trace_id, s.spanId as span_id, s.parentSpanId as parent_span_id,
            s.name as name, s.kind as kind, s.startTimeUnixNano as start_time,
            s.endTimeUnixNano as end_time, {_MAP.format(of="s.attributes")} as attributes,
            {_MAP.format(of="r.resource.attributes")} as resource_attributes,
            ss.scope.name as scope_name, ss.scope.version as scope_version,
            s.events.timeUnixNano as event_times, s.events.name as event_names,
            s.status.code as status_code
        from file('{source}', 'JSONEachRow', '{_SCHEMA}')
        array join resourceSpans as r array join r.scopeSpans as ss array join ss.spans as s
        into outfile '{out}' format Parquet
        settings output_format_parquet_compression_method = 'zstd'"""


@dataclass(frozen=True)
class Run:
    cpu: float
    wall: float
    peak_mb: float
    out_mb: float


def measured(command: list[str], out: Path) -> Run:
    """One run of a command in a process of its own."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    # Python keeps what it compiled, as it does for whoever installs a package.
    environment = {
        key: value for key, value in os.environ.items() if "DONTWRITEBYTECODE" not in key
    }
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise SystemExit(
            f"{' '.join(command[:4])} ... ended with {os.waitstatus_to_exitcode(status)}"
        )
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    return Run(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, size / 1e6)


def clickhouse(source: Path, out: Path) -> list[str]:
    query = clickhouse_query(source, out / "spans.parquet")
    return [sys.executable, "-c", "import sys, chdb; chdb.query(sys.argv[1])", query]


def spanmart(source: Path, out: Path) -> list[str]:
    return [sys.executable, "-m", "spanmart.cli", "land", str(source), "--landing", str(out)]


def stages(source: Path, out: Path) -> dict[str, float]:
    """CPU seconds of each stage, one thing at a time: more than in a usual run, where threads of
    two cores share their memory."""
    code = f"""if True:
        import json
        from spanmart.landing import land
        from spanmart.memory import keep_memory
        from spanmart.stages import measured
        keep_memory()
        with measured() as found:
            land([{str(source)!r}], landing={str(out)!r}, workers=1)
        print(json.dumps(found))"""
    environment = os.environ | {"POLARS_MAX_THREADS": "1"}
    shutil.rmtree(out, ignore_errors=True)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return dict(sorted(found.items(), key=lambda each: -each[1]))


def median(runs: list[Run], value: Callable[[Run], float]) -> float:
    return statistics.median(map(value, runs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--spans", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the files go (default: a temporary one)")
    arguments = parser.parse_args()
    try:
        import chdb  # noqa: F401
    except ImportError:
        raise SystemExit("ClickHouse is not here: uv pip install --group bench") from None
    # A key of its own, so that no file is made beside the benchmark's folder.
    os.environ.setdefault("SPANMART_HASH_KEY", "the key of the benchmark")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        report(Path(folder), arguments.spans, arguments.runs)


def report(folder: Path, spans: int, runs: int) -> None:
    lines, frames = folder / "spans.jsonl", folder / "spans.pb"
    write_json_lines(lines, spans)
    write_protobuf(frames, spans)
    size = lines.stat().st_size / 1e6
    print(
        f"{spans:,} spans, {size:.0f} MB of JSON Lines ({size * 1e6 / spans:.0f} bytes a span), "
        f"{frames.stat().st_size / 1e6:.0f} MB of protobuf; {os.cpu_count()} cores\n"
    )
    commands = {
        CLICKHOUSE: lambda: measured(clickhouse(lines, folder / "ch"), folder / "ch"),
        JSON: lambda: measured(spanmart(lines, folder / "json"), folder / "json"),
        PROTOBUF: lambda: measured(spanmart(frames, folder / "pb"), folder / "pb"),
    }
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, run in commands.items():
            found[name].append(run())
    print(
        f"| median of {runs} | CPU s | wall s | peak MB | out MB | MB per CPU s |\n"
        "|---|---:|---:|---:|---:|---:|"
    )
    for name, each in found.items():
        cpu = median(each, lambda run: run.cpu)
        print(
            f"| {name} | {cpu:.2f} | {median(each, lambda run: run.wall):.2f} "
            f"| {median(each, lambda run: run.peak_mb):.0f} "
            f"| {median(each, lambda run: run.out_mb):.0f} | {size / cpu:.0f} |"
        )
    pairs = {
        "CPU, spanmart to ClickHouse": (JSON, CLICKHOUSE),
        "CPU, protobuf to JSON Lines": (PROTOBUF, JSON),
    }
    print("\n| ratio | median | lowest of a pair |\n|---|---:|---:|")
    for name, (above, below) in pairs.items():
        ratios = [a.cpu / b.cpu for a, b in zip(found[above], found[below], strict=True)]
        print(f"| {name} | {statistics.median(ratios):.2f} | {min(ratios):.2f} |")
    print("\n| stage (one worker) | CPU s | share |\n|---|---:|---:|")
    parts = stages(lines, folder / "stages")
    for name, cpu in parts.items():
        print(f"| {name} | {cpu:.2f} | {cpu / sum(parts.values()):.0%} |")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"\nlargest process: {peak:.0f} MB")


if __name__ == "__main__":
    main()
