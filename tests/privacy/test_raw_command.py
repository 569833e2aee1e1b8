"""Raw content beside a landing: shown to who has the key and says why, and deleted in time."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from landed import Landing
from otlp_samples import json_lines, span, traces

from spanmart.commands.raw import command as raw_command
from spanmart.commands.retention import command as retention_command
from spanmart.privacy.raw_files import DRAFT_SCHEMA
from spanmart.privacy.raw_store import RawStore
from spanmart.settings import raw_directory

JANE, JOE = ("0a" * 16, "0b" * 16)
SAID = {JANE: "call jane.doe@example.com \x1b[31m", JOE: "Joe's secret"}


@pytest.fixture
def landed(landing: Landing, tmp_path: Path, raw_key: str) -> Landing:
    """A landing as one with `tiers: {raw: true}` leaves it."""
    export = tmp_path / "spans.jsonl"
    export.write_bytes(
        json_lines(
            [
                traces(span(1, {"gen_ai.input.messages": said}, trace_id=bytes.fromhex(trace)))
                for trace, said in SAID.items()
            ]
        )
    )
    landing.land(export)
    put_raw(landing, next(landing.root.glob("loads/landed_on=2*/*.parquet")).stem)
    return landing


def put_raw(landing: Landing, commit_id: str) -> None:
    """As a commit does it: what landed, with the ids of the redacted forms."""
    rows = []
    for row in landing.rows("spans", keep_lineage=True):
        (reference,) = row["artifact_refs"]
        rows.append(
            {
                "trace_id": row["trace_id"],
                "span_id": row["span_id"],
                "attribute_key": reference["attribute_key"],
                "artifact_kind": reference["artifact_kind"],
                "artifact_id": reference["artifact_id"],
                "content": SAID[row["trace_id"]],
                "retention_class": "sensitive",
                "record_hash": row["record_hash"],
                "load_id": row["load_id"],
            }
        )
    table = pa.Table.from_pylist(rows, schema=DRAFT_SCHEMA)
    with RawStore(raw_directory(landing.root)).staging() as staging:
        staging.add(table)
        at = datetime.strptime(commit_id[:21], "%Y%m%dT%H%M%S%f")
        assert staging.publish(commit_id, at, table, pa.array([], pa.string())) == 2


def raw(landing: Landing, *arguments: str) -> Result:
    return CliRunner().invoke(raw_command, [*arguments, "--landing", str(landing.root)])


def retention(landing: Landing, *arguments: str) -> Result:
    return CliRunner().invoke(
        retention_command, ["--landing", str(landing.root), *arguments], catch_exceptions=False
    )


def audits(landing: Landing) -> list[dict[str, Any]]:
    result = duckdb.execute(
        "select * from read_parquet(?, union_by_name = true) where audit_id is not null"
        " order by landed_at",
        [str(landing.root / "audits" / "*" / "*.parquet")],
    )
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def test_one_trace_is_shown_and_the_look_is_on_record(landed: Landing) -> None:
    done = raw(landed, JANE.upper(), "--reason", "incident 7, asked by jane.doe@example.com")
    assert done.exit_code == 0, done.output
    # As it came, but for what would act on the terminal.
    assert "jane.doe@example.com" in done.output and "\x1b" not in done.output
    assert "Joe" not in done.output
    (row,) = audits(landed)
    assert (row["action"], row["trace_ids"], row["raw_row_count"]) == ("read_raw", [JANE], 1)
    assert "incident 7" in row["reason"] and "jane.doe" not in row["reason"]


def test_it_is_shown_as_json_too(landed: Landing) -> None:
    done = raw(landed, JOE, "--reason", "x", "--json")
    assert json.loads(done.output)["content"] == SAID[JOE]


def test_without_reason_key_or_trace_nothing_is_shown(
    landed: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert raw(landed, JANE).exit_code == 2
    assert raw(landed, JANE, "--reason", " ").exit_code == 2
    assert raw(landed, "no id", "--reason", "x").exit_code == 2
    assert audits(landed) == []
    assert raw(landed, "0c" * 16, "--reason", "x").exit_code == 4
    assert len(audits(landed)) == 1
    monkeypatch.setenv("SPANMART_RAW_KEY", "ee" * 32)
    done = raw(landed, JANE, "--reason", "x")
    assert done.exit_code == 2 and "under the key with the id" in done.output
    monkeypatch.delenv("SPANMART_RAW_KEY")
    done = raw(landed, JANE, "--reason", "x")
    assert done.exit_code == 2 and "SPANMART_RAW_KEY is not set" in done.output
    assert len(audits(landed)) == 1


def test_a_request_takes_the_raw_rows_and_leaves_those_of_others(landed: Landing) -> None:
    planned = retention(landed, "--trace", JANE, "--dry-run").output
    assert "1 row of raw content would be deleted" in planned
    assert raw(landed, JANE, "--reason", "x").exit_code == 0
    assert retention(landed, "--trace", JANE).exit_code == 0
    assert raw(landed, JANE, "--reason", "x").exit_code == 4
    assert SAID[JOE] in raw(landed, JOE, "--reason", "x").output
    (done,) = [row for row in audits(landed) if row["raw_row_count"] and row["action"] == "erase"
               and row["status"] == "done"]  # fmt: skip
    assert done["raw_row_count"] == 1


def test_a_request_is_refused_whole_where_the_raw_rows_cannot_be_read(
    landed: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPANMART_RAW_KEY")
    before = landed.rows("artifacts")
    done = retention(landed, "--trace", JANE)
    assert done.exit_code == 2 and "SPANMART_RAW_KEY" in done.output
    assert landed.rows("artifacts") == before and audits(landed) == []


def test_expiry_takes_raw_files_by_their_class_and_without_the_key(
    landed: Landing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPANMART_RAW_KEY")
    assert "0 files of raw content" in retention(landed, "--dry-run").output
    put_in_the_past(landed, days=15)
    assert "1 file of raw content deleted" in retention(landed).output
    assert RawStore(raw_directory(landed.root)).files() == []
    assert all(row["content"] for row in landed.rows("artifacts"))
    done = [row for row in audits(landed) if row["status"] == "done" and row["retention_class"]]
    assert [(row["retention_class"], row["raw_file_count"]) for row in done] == [("sensitive", 1)]


def put_in_the_past(landing: Landing, days: int) -> None:
    """The commit's time is in its name: as if it had landed so long ago."""
    (file,) = RawStore(raw_directory(landing.root)).files()
    older = f"{file.landed_at - timedelta(days=days):%Y%m%dT%H%M%S%f}"
    for path in [file.path, *landing.root.glob("*/landed_on=2*/*.parquet")]:
        path.rename(path.with_name(path.name.replace(path.name[:21], older)))


def test_raw_content_of_a_landing_that_never_came_about_goes(
    landed: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_raw(landed, "20260101T000000000000-deadbeef")
    assert raw(landed, JANE, "--reason", "x", "--json").output.count("\n") == 1
    assert "1 file of unfinished landings" in retention(landed).output
    assert len(RawStore(raw_directory(landed.root)).files()) == 1
