"""What attributing and pricing calls costs, beside one scan of the same Parquet that sums tokens.

Lands generated spans (landed_traffic.py), has dbt compile the models that lead from landing to a
priced call, and runs their SQL in the order of their dependencies in one DuckDB process: dbt's own
start and its threads are no part of the figure. Build and scan alternate, each in a process of its
own, so that a busy machine is busy for both. What comes out is compared with what the generator
knows to be true before any time is shown.

    python benchmarks/attribution.py [--spans 5000000] [--runs 3] [--through MODEL] [--double]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
from landed_traffic import Truth, land

THREADS = 2
# The names under which the generated spans report tokens, and nothing else that a build reads.
SCAN = """
    select
        sum(coalesce(
            try_cast(attributes['gen_ai.usage.input_tokens'] as bigint),
            try_cast(attributes['llm.token_count.prompt'] as bigint)
        )),
        sum(coalesce(
            try_cast(attributes['gen_ai.usage.output_tokens'] as bigint),
            try_cast(attributes['llm.token_count.completion'] as bigint)
        ))
    from read_parquet('{landing}/spans/*/*.parquet')
"""
FOUND = """
    select
        count(*) filter (where call_kind = 'model' and is_call_counted and is_usage_counted),
        sum(input_tokens) filter (where is_usage_counted),
        sum(output_tokens) filter (where is_usage_counted)
    from intermediate.int_calls__token_buckets
"""
Times = dict[str, tuple[float, float]]


def timed(do: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds."""
    began, used = time.monotonic(), os.times()
    do()
    now = os.times()
    return time.monotonic() - began, now.user + now.system - used.user - used.system


def dbt(room: Path, landing: Path, *arguments: str) -> None:
    """Runs dbt on the warehouse of this room."""
    settings = {
        "SPANMART_LANDING": str(landing),
        "SPANMART_WAREHOUSE": str(room / "seeded" / "bench.duckdb"),
        "SPANMART_HASH_KEY": "benchmark",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", *arguments]
    command += ["--target-path", str(room / "target"), "--log-path", str(room / "logs")]
    done = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def models(room: Path) -> list[tuple[str, str, str]]:
    """Name, statement and relation of each model, what it reads first."""
    nodes = json.loads((room / "target" / "manifest.json").read_text())["nodes"]
    results = json.loads((room / "target" / "run_results.json").read_text())["results"]
    chosen = {result["unique_id"]: result for result in results}
    ordered: list[str] = []

    def visit(node: str) -> None:
        if node.startswith("model.") and node in chosen and node not in ordered:
            for parent in nodes[node]["depends_on"]["nodes"]:
                visit(parent)
            ordered.append(node)

    for node in chosen:
        visit(node)
    statements = []
    for node in ordered:
        kind = "view" if nodes[node]["config"]["materialized"] == "view" else "table"
        relation = nodes[node]["relation_name"]
        sql = f"create or replace {kind} {relation} as {chosen[node]['compiled_code']}"
        statements.append((nodes[node]["name"], sql, relation))
    return statements


def build(room: Path) -> Times:
    """Each model's times, from seeds only; checks what was found."""
    warehouse = room / "bench.duckdb"
    warehouse.unlink(missing_ok=True)
    shutil.copy(room / "seeded" / "bench.duckdb", warehouse)
    times = {}
    with duckdb.connect(warehouse, config={"threads": THREADS}) as database:
        database.execute("set TimeZone = 'UTC'")
        for name, sql, relation in models(room):
            database.execute(f"create schema if not exists {relation.rsplit('.', 1)[0]}")
            times[name] = timed(lambda sql=sql: database.execute(sql))
        found = database.execute(FOUND).fetchone()
        truth = json.loads((room / "truth.json").read_text())
        if list(found) != [truth["calls"], truth["input_tokens"], truth["output_tokens"]]:
            sys.exit(f"attributed {found}, true is {truth}")
    warehouse.unlink()
    return times


def scan(landing: Path) -> Times:
    with duckdb.connect(config={"threads": THREADS}) as database:
        return {"scan": timed(lambda: database.sql(SCAN.format(landing=landing)).fetchall())}


def measured(what: str, room: Path, landing: Path) -> Times:
    """Runs one measurement in a process of its own."""
    command = [sys.executable, __file__, "--measure", what, str(room), str(landing)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout)
    return {name: tuple(times) for name, times in json.loads(done.stdout).items()}


def compare(room: Path, spans: int, runs: int, through: str) -> float:
    """Prints the ratio and where the time goes; the build's CPU-seconds."""
    landing = room / f"landing_{spans}"
    truth: Truth = land(landing, spans)
    (room / "truth.json").write_text(json.dumps(truth.__dict__))
    (room / "seeded").mkdir(exist_ok=True)
    dbt(room, landing, "seed")
    dbt(
        room,
        landing,
        "compile",
        "--full-refresh",
        "--select",
        *(f"+{each}" for each in through.split()),
    )
    scans, builds = [], []
    for _ in range(runs):
        scans.append(measured("scan", room, landing)["scan"])
        builds.append(measured("build", room, landing))
    wall, cpu = (statistics.median(each[side] for each in scans) for side in (0, 1))
    totals = [[sum(each[side] for each in run.values()) for run in builds] for side in (0, 1)]
    all_wall, all_cpu = (statistics.median(side) for side in totals)
    print(
        f"\n{truth.spans:,} spans, {truth.traces:,} traces, depth 1 to {truth.deepest}; "
        f"{truth.calls:,} calls, found exactly; median of {runs}, {THREADS} threads"
    )
    print(f"{'one scan that sums tokens':<34} {wall:8.2f} s wall {cpu:8.2f} s CPU")
    print(f"{'attributed and priced':<34} {all_wall:8.2f} s wall {all_cpu:8.2f} s CPU")
    print(f"{'ratio':<34} {all_wall / wall:8.1f}        {all_cpu / cpu:8.1f}")
    profile = {
        name: [statistics.median(run[name][side] for run in builds) for side in (0, 1)]
        for name in builds[0]
    }
    for name, (model_wall, model_cpu) in sorted(profile.items(), key=lambda row: -row[1][1]):
        if model_cpu >= 0.01 * all_cpu:
            line = f"  {name:<32} {model_wall:8.2f}        {model_cpu:8.2f}"
            print(f"{line}   {model_cpu / cpu:5.1f} scans")
    shutil.rmtree(landing)
    return all_cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spans", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--through", default="int_calls__priced", help="the last model or models")
    parser.add_argument("--double", action="store_true", help="also with twice the spans")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        what, room, landing = options.measure
        times = build(Path(room)) if what == "build" else scan(Path(landing))
        print(json.dumps(times))
        return
    with tempfile.TemporaryDirectory() as room:
        once = compare(Path(room), options.spans, options.runs, options.through)
        if options.double:
            twice = compare(Path(room), 2 * options.spans, options.runs, options.through)
            print(f"\ntwice the spans take {twice / once:.2f} times the CPU")


if __name__ == "__main__":
    main()
