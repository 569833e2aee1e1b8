"""Killed, out of disk, or beside others: a rerun ends with every record once and no debris."""

from __future__ import annotations

import errno
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from landed import Landing
from otlp_samples import json_lines, span, traces

from spanmart.landing import draft, local_store
from spanmart.landing.store import CannotStore
from spanmart.settings import Settings

Write = Callable[[str, bytes], Path]
SOURCES = Path(__file__).resolve().parents[2] / "loaders"

# Kills itself, as no signal handler and no `finally` can see, where the last argument says: before
# the n-th rename or fsync, or while the table of that name is written.
DIES = """
import os, signal, sys
from pathlib import Path
import pyarrow.parquet as pq
from spanmart.landing import land
from spanmart.settings import Settings
where, count = sys.argv[3], int(sys.argv[4])
seen = 0
def die_at(kind):
    global seen
    if kind == where:
        seen += 1
        if seen == count:
            os.kill(os.getpid(), signal.SIGKILL)
replace, fsync, write_table = Path.replace, os.fsync, pq.ParquetWriter.write_table
def replacing(self, target):
    die_at("rename")
    return replace(self, target)
def syncing(descriptor):
    die_at("fsync")
    return fsync(descriptor)
def writing(self, *arguments, **options):
    done = write_table(self, *arguments, **options)
    die_at("write")
    return done
Path.replace, os.fsync, pq.ParquetWriter.write_table = replacing, syncing, writing
land([sys.argv[1]], landing=Path(sys.argv[2]), settings=Settings(draft_bytes=0))
"""

LANDER = """
import sys
from pathlib import Path
from spanmart.landing import land
from spanmart.settings import Settings
land(sys.argv[2:], landing=Path(sys.argv[1]), settings=Settings(commit_bytes=1))
"""

# No file may become larger than the second argument says, as on a disk that is full.
LIMITED = """
import resource, sys
from click.testing import CliRunner
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
from spanmart.cli import main
sys.argv = ["spanmart", "land", sys.argv[1], "--landing", sys.argv[2]]
main()
"""


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(SOURCES)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def content(first: int, last: int) -> bytes:
    return json_lines(
        [
            traces(span(number, {"gen_ai.input.messages": _incompressible(number)}))
            for number in range(first, last + 1)
        ]
    )


def _incompressible(number: int) -> str:
    """So that files have a size to speak of."""
    return f"{number} {random.Random(number).randbytes(600).hex()}"


def assert_whole(landing: Landing, records: int) -> None:
    """Every record and content once, the ledger balanced, and no file that is of no commit."""
    rows, artifacts = landing.rows("spans"), landing.rows("artifacts")
    assert len(rows) == len({row["span_id"] for row in rows}) == records
    assert len(artifacts) == len({row["artifact_id"] for row in artifacts}) == records
    wanted = {row["artifact_refs"][0]["artifact_id"] for row in rows}
    assert {row["artifact_id"] for row in artifacts} == wanted
    loads = landing.rows("loads")
    assert sum(load["records_landed"] for load in loads) == records
    for load in loads:
        sums = load["records_landed"] + load["records_duplicate"] + load["records_rejected"]
        assert load["records_read"] == sums
    files = landing.files()
    commits = {Path(name).stem for name in files if name.startswith("loads/")}
    debris = [
        name
        for name in files
        if name.startswith(".staging/")
        or name.endswith((".new", ".arrow"))
        or (re.search(r"/\d{8}T\d+-\w+\.parquet$", name) and Path(name).stem not in commits)
    ]
    assert not debris


# A commit of spans and content: three tables are written, and as many files renamed, after those
# that make every table readable; what is renamed or synced is counted from the start.
@pytest.mark.parametrize(
    ("where", "count"),
    [("write", 1), ("write", 3), *(("rename", n) for n in (1, 4, 11, 12, 13, 14)), ("fsync", 1)]
    + [("fsync", n) for n in (9, 40, 50)],
)
def test_a_lander_killed_anywhere_leaves_what_a_rerun_completes(
    landing: Landing, write: Write, where: str, count: int
) -> None:
    path = write("a", content(1, 20))
    killed = start(DIES, path, landing.root, where, count)
    killed.communicate(timeout=60)
    if killed.returncode == 0:
        # Fewer of these than that: the last one has been met by another case.
        assert count > 1
    else:
        assert killed.returncode == -signal.SIGKILL
    if list((landing.root / "loads").glob("*/*.parquet")):
        assert len(landing.rows("spans")) in (0, 20)
    landing.land(path)
    assert_whole(landing, 20)


@pytest.mark.heavy
def test_landers_killed_at_random_and_run_again_land_everything_once(
    landing: Landing, write: Write
) -> None:
    paths = [write(f"{number}", content(number * 50 + 1, number * 50 + 100)) for number in range(6)]
    moments = random.Random(7)
    for _ in range(6):
        lander = start(LANDER, landing.root, *paths)
        # Most of a second is the start of Python and its imports.
        time.sleep(0.7 + moments.random())
        lander.kill()
        lander.communicate()
    landing.land(*paths)
    assert_whole(landing, 350)


@pytest.mark.heavy
def test_landers_at_once_and_one_killed_among_them_land_everything_once(
    landing: Landing, write: Write
) -> None:
    paths = [write(f"{number}", content(number * 50 + 1, number * 50 + 100)) for number in range(5)]
    landers = [start(LANDER, landing.root, *order) for order in (paths, paths[::-1], paths)]
    time.sleep(1.2)
    landers[2].kill()
    outcomes = [lander.communicate(timeout=120)[1] for lander in landers]
    assert [lander.returncode for lander in landers[:2]] == [0, 0], outcomes
    landing.land(*paths)
    assert_whole(landing, 300)


@pytest.mark.parametrize("limit", [0, 4_000, 20_000])
def test_a_full_disk_is_a_sentence_and_a_rerun_completes(
    landing: Landing, write: Write, limit: int
) -> None:
    path = write("a", content(1, 40))
    full = start(LIMITED, path, landing.root, limit)
    said = "".join(full.communicate(timeout=60))
    assert full.returncode == 1
    assert "Traceback" not in said
    assert "cannot be written to" in said and "What landed so far is whole" in said
    landing.land(path)
    assert_whole(landing, 40)


def no_space(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("step", ["draft", "write", "sync", "rename"])
def test_what_landed_before_the_disk_was_full_stays(
    landing: Landing, write: Write, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    landing.land(write("a", content(1, 5)))
    second = write("b", content(6, 10))
    owner, name = {
        "draft": (draft.TableDraft, "add"),
        "write": (pq.ParquetWriter, "write_table"),
        "sync": (local_store, "synced"),
        "rename": (Path, "replace"),
    }[step]
    with monkeypatch.context() as patched, pytest.raises(CannotStore, match="No space left"):
        patched.setattr(owner, name, no_space)
        landing.land(second, settings=Settings(draft_bytes=0))
    assert len(landing.rows("spans")) == 5
    landing.land(second)
    assert_whole(landing, 10)


def test_a_debris_folder_of_a_lander_that_died_before_its_lock_goes(
    landing: Landing, write: Write
) -> None:
    path = write("a", content(1, 3))
    landing.land(path)
    left = landing.root / ".staging" / "20260101T000000000000-00000000"
    left.mkdir()
    pq.write_table(pa.table({"a": [1]}), left / "spans.parquet")
    # Nothing is new, so that nothing is committed: debris goes all the same.
    landing.land(path)
    assert_whole(landing, 3)
