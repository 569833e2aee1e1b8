"""What landing and building cost on this machine, on generated traffic.

Lands all days but the last, builds, lands the last day, builds again: the second build shows
whether a night costs what landed and not how much history there is. Takes a number of days.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

DAYS = 40
ROOM = Path("build/bench")


@dataclass
class Cost:
    """What a process and its children took."""

    wall_seconds: float
    cpu_seconds: float
    peak_megabytes: float


def measure(arguments: list[str], settings: dict[str, str]) -> Cost:
    """Run a command; its output goes to a log that is shown if it fails."""
    began = time.monotonic()
    with (ROOM / "log").open("w") as log:
        process = subprocess.Popen(
            arguments, env={**os.environ, **settings}, stdout=log, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(arguments)} failed:\n{(ROOM / 'log').read_text()}")
    # Linux counts the peak in KiB, macOS in bytes.
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return Cost(
        wall_seconds=time.monotonic() - began,
        cpu_seconds=used.ru_utime + used.ru_stime,
        peak_megabytes=used.ru_maxrss / unit,
    )


def main(days: int) -> None:
    shutil.rmtree(ROOM, ignore_errors=True)
    ROOM.mkdir(parents=True)
    beside = Path(sys.executable).parent
    settings = {
        "SPANMART_LANDING": str((ROOM / "landing").resolve()),
        "SPANMART_WAREHOUSE": str((ROOM / "spanmart.duckdb").resolve()),
        "SPANMART_HASH_KEY": "benchmark",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    spanmart = [str(beside / "spanmart")]
    build = [str(beside / "dbt"), "--quiet", "--log-path", str(ROOM / "logs"), "build"]
    build += ["--target-path", str((ROOM / "target").resolve())]
    build += ["--exclude-resource-type", "unit_test"]

    traffic = ROOM / "traffic"
    report(
        "demo-traffic",
        measure([*spanmart, "demo-traffic", "--out", str(traffic), "--days", str(days)], settings),
    )
    totals = json.loads((traffic / "manifest.json").read_text())["totals"]
    files = sorted((traffic / "traces").iterdir())
    feedback = sorted((traffic / "feedback").iterdir())
    history = [str(path) for path in [*files[:-1], *feedback[:-1]]]
    night = [str(path) for path in [files[-1], feedback[-1]]]
    megabytes = sum(path.stat().st_size for path in files) / 1e6

    landed = measure([*spanmart, "land", *history], settings)
    report(f"land {days - 1} days", landed)
    report("dbt build, from nothing", measure(build, settings))
    report("land 1 day", measure([*spanmart, "land", *night], settings))
    report("dbt build, 1 day", measure(build, settings))
    report("dbt build, nothing new", measure(build, settings))
    print(f"\n{totals['spans']:,} spans in {megabytes:.0f} MB as exported (some files compressed)")
    print(f"landing: {totals['spans'] / landed.cpu_seconds:,.0f} spans a CPU-second")


def report(what: str, cost: Cost) -> None:
    print(
        f"{what:<26} {cost.wall_seconds:7.1f} s wall {cost.cpu_seconds:7.1f} s CPU "
        f"{cost.peak_megabytes:7.0f} MB peak",
        flush=True,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DAYS)
