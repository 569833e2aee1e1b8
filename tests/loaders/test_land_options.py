"""`--since`, `--dry-run`, progress, and files of odd names and sizes."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard
from click.testing import CliRunner, Result
from landed import Landing
from otlp_samples import json_lines, length_prefixed, span, traces

from spanmart.commands.land import command
from spanmart.landing import inflate
from spanmart.landing.results import Done
from spanmart.settings import Settings

Write = Callable[[str, bytes], Path]
LINES = json_lines([traces(span(number)) for number in range(1, 4)])


def run(landing: Landing, *arguments: object) -> Result:
    return CliRunner().invoke(command, ["--landing", str(landing.root), *map(str, arguments)])


@pytest.mark.parametrize(
    ("since", "names"),
    [
        ("90m", ["new"]),
        ("3h", ["new", "of today"]),
        ("2d", ["new", "of today"]),
        ("1w", ["new", "of today", "old"]),
        ("{two_hours_ago}", ["new"]),
        ("2020-01-01", ["new", "of today", "old"]),
    ],
)
def test_since_leaves_out_what_was_modified_before(
    landing: Landing, write: Write, since: str, names: list[str]
) -> None:
    now = datetime.now(UTC)
    for number, (name, age) in enumerate({"old": 72, "of today": 2.5, "new": 0}.items()):
        path = write(name, json_lines([traces(span(number + 1))]))
        modified = (now - timedelta(hours=age)).timestamp()
        os.utime(path, (modified, modified))
    since = since.format(two_hours_ago=(now - timedelta(hours=2)).isoformat())
    result = run(landing, path.parent, "--since", since, "--json")
    assert sorted(Path(each["file"]).name for each in json.loads(result.output)["files"]) == names


def test_a_moment_that_is_none_says_what_is(landing: Landing, write: Write) -> None:
    result = run(landing, write("a", LINES), "--since", "yesterday-ish")
    assert result.exit_code == 2
    assert "2d" in result.output and "2026-11-20" in result.output


def test_a_dry_run_says_what_would_happen_and_writes_nothing(
    landing: Landing, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPANMART_HASH_KEY")
    path = write("a.jsonl", LINES + LINES[: len(LINES) // 3] + b"broken\n")
    before = sorted(tmp_path.rglob("*"))
    result = run(landing, path, "--dry-run")
    assert result.exit_code == 3
    assert [str(path), "5", "3", "1", "1"] in [line.split() for line in result.output.splitlines()]
    assert "would land" in result.output and "nothing was written" in result.output
    assert "1 x not_json, first at record 5" in result.output
    assert sorted(tmp_path.rglob("*")) == before


def test_a_dry_run_counts_as_the_run_after_it_does(landing: Landing, write: Write) -> None:
    landing.land(write("a", LINES))
    before = landing.files()
    paths = (
        write("a", LINES),
        write("b", length_prefixed([traces(span(3), span(4))])),
        write("c", json_lines([traces(span(4), span(5))])),
        write("empty", b""),
        write("notes.txt", b"dear diary"),
    )

    def told(*options: str) -> list[object]:
        said = json.loads(run(landing, *paths, "--json", *options).output)
        kept = ("file", "status", "read", "landed", "duplicate", "rejected", "reasons", "note")
        return [{name: each.get(name) for name in kept} for each in said["files"]]

    dry = told("--dry-run")
    assert landing.files() == before
    assert dry == told()
    assert [each["landed"] for each in dry] == [None, 1, 1, None, None]  # type: ignore[index]


def test_progress_ends_where_the_work_does(landing: Landing, write: Write) -> None:
    seen: list[tuple[int, int]] = []

    def progress(done: Done) -> None:
        seen.append((done.bytes, done.records))
        last.append((done.files, done.files_total, done.bytes, done.bytes_total, done.rejects))

    last: list[tuple[int, ...]] = []
    size = len(LINES) * 2 + len(b"broken\n")
    landing.land(write("a", LINES), write("b", LINES + b"broken\n"), progress=progress)
    assert seen == sorted(seen)
    assert last[-1] == (2, 2, size, size, 1)


def test_nothing_but_the_report_is_printed_where_nobody_watches(
    landing: Landing, write: Write
) -> None:
    result = run(landing, write("a", LINES))
    assert result.stderr == ""
    assert "\x1b" not in result.output


BOMBS = {
    "gzip": lambda data: gzip.compress(data, 9),
    "zstd": lambda data: zstandard.ZstdCompressor().compress(data),
    "gzip in gzip": lambda data: gzip.compress(gzip.compress(data, 9), 9),
}


@pytest.mark.parametrize("kind", BOMBS)
@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (Settings(max_decompressed_bytes=3 << 20), "more than 3,145,728 bytes"),
        (Settings(max_compression_ratio=20), "more than 20 times its compressed size"),
    ],
    ids=["size", "ratio"],
)
def test_what_comes_before_a_bound_lands_and_the_hit_is_counted(
    landing: Landing,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    settings: Settings,
    says: str,
) -> None:
    monkeypatch.setattr(inflate, "_RATIO_COUNTS_FROM", 3 << 20)
    path = write("bomb", BOMBS[kind](LINES + b"\n" * (200 << 20)))
    result = landing.land(path, settings=settings)
    assert result.total("records_landed") == 3
    [reject] = landing.rows("rejects")
    assert reject["reason_code"] == "decompressed_too_large"
    assert says in reject["reason"]
    [load] = landing.rows("loads")
    assert load["records_read"] == 4 == load["records_landed"] + load["records_rejected"]


def test_an_ordinary_compressed_file_is_within_the_bounds(landing: Landing, write: Write) -> None:
    whole = json_lines([traces(span(number)) for number in range(1, 3000)])
    assert landing.land(write("a", gzip.compress(whole, 9))).exit_code == 0


ODD_NAMES = [
    "new\nline.jsonl",
    "it's; drop table spans --.jsonl",
    'quo"te.jsonl',
    "back\\slash.jsonl",
    "..%2f..%2fetc.jsonl",
    "star*[a]?{b}.jsonl",
    "$(touch x)`y`.jsonl",
    " leading and trailing ",
    "s3:",
    "-rf",
    "\u202eright-to-left.jsonl",
    "nul\x01control.jsonl",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_file_of_any_name_lands_and_keeps_it(landing: Landing, write: Write, name: str) -> None:
    path = write(name, LINES)
    result = run(landing, "--", path)
    assert result.exit_code == 0, result.output
    [load] = landing.rows("loads", keep_lineage=True)
    assert load["source_file"].endswith(name)
    assert not any(character in result.output for character in "\x01\u202e")
    assert all(Path(each).suffix in (".parquet", ".lock", "") for each in landing.files())


def test_a_name_that_is_not_utf8_lands_with_its_bytes_escaped(
    landing: Landing, write: Write
) -> None:
    folder = write("a.jsonl", LINES).parent
    os.rename(folder / "a.jsonl", os.fsencode(folder) + b"/caf\xe9.jsonl")
    result = run(landing, folder, "--json")
    assert result.exit_code == 0, result.output
    [load] = landing.rows("loads", keep_lineage=True)
    assert load["source_file"].endswith("caf\\xe9.jsonl")
    assert json.loads(result.output)["files"][0]["file"] == load["source_file"]


def test_what_is_no_file_is_named_and_waited_for_by_nobody(landing: Landing, write: Write) -> None:
    folder = write("a.jsonl", LINES).parent
    os.mkfifo(folder / "pipe")
    os.symlink(folder / "gone", folder / "dangling")
    result = run(landing, folder, folder / "pipe", "--json")
    said = {Path(each["file"]).name: each for each in json.loads(result.output)["files"]}
    assert said["a.jsonl"]["status"] == "landed"
    assert "not a regular file" in said["pipe"]["note"]
    assert said["dangling"]["status"] == "unreadable"


def test_a_landing_folder_inside_the_exports_is_no_export(tmp_path: Path, write: Write) -> None:
    folder = write("a.jsonl", LINES).parent
    landing = Landing(folder / "landing")
    landing.land(folder)
    assert [each.status for each in landing.land(folder).files] == ["skipped"]


def test_what_was_cut_or_left_out_of_records_is_reported(
    landing: Landing, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPANMART_MAX_VALUE_BYTES", "100")
    monkeypatch.setenv("SPANMART_MAX_ATTRIBUTES", "3")
    big = span(1, {"a": "x" * 500, "b": "y" * 500, "c": 1, "d": 2})
    over, within = write("over", json_lines([traces(big)])), write("within", LINES)
    said = json.loads(run(landing, over, within, "--dry-run", "--json").output)
    assert said["limits"] == {"cut_values": 2, "dropped_attributes": 1}
    assert [each["limits"] for each in said["files"]] == [said["limits"], {}]
    report = run(landing, over, within).output
    assert "/over: 2 values cut, 1 attribute dropped." in report
    assert "/within:" not in report


def test_the_bounds_of_a_run_hold_for_its_readers(
    landing: Landing, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("deep", json_lines([traces(span(1, {"deep": [[[["a"]]]]}))]))
    monkeypatch.setenv("SPANMART_MAX_DEPTH", "2")
    assert "1 x too_deep" in run(landing, path).output
    monkeypatch.setenv("SPANMART_MAX_DEPTH", "20")
    assert "1 x too_deep" not in run(landing, path, "--dry-run").output


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SPANMART_MAX_DECOMPRESSED_BYTES", "100", "more than 100 bytes"),
        ("SPANMART_MAX_COMPRESSION_RATIO", "1", "more than 1 times its compressed size"),
    ],
)
def test_the_bounds_on_compressed_files_are_settings(
    landing: Landing,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    says: str,
) -> None:
    monkeypatch.setattr(inflate, "_RATIO_COUNTS_FROM", 0)
    path = write("a.gz", gzip.compress(LINES))
    monkeypatch.setenv(name, value)
    run(landing, path, "--format", "otlp_json")
    assert says in " ".join(row["reason"] for row in landing.rows("rejects"))
    monkeypatch.setenv(name, "none")
    assert f"{name} is 'none'" in run(landing, path).output
