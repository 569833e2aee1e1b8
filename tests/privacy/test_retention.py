"""What `spanmart retention` deletes, what it leaves, and that it does not come back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from landed import SECRET, Landing, untrue
from otlp_samples import any_value, json_lines, log_record, logs, span, traces

from spanmart.commands.retention import command
from spanmart.privacy.side_tables import erased_artifacts
from spanmart.redaction.identity import Identities

Write = Callable[[str, bytes], Path]
JANE, JOE = "jane-7", "joe-8"
HASH = Identities(SECRET.encode()).hashed(JANE)
TRACES = {name: bytes([number]) * 16 for number, name in enumerate(("jane", "joe", "nobody"), 1)}
SHARED = "You are a helpful assistant."


def request(name: str, user: str | None, said: str) -> Any:
    values = {"gen_ai.input.messages": said, "gen_ai.system_instructions": SHARED}
    if user:
        values["user.id"] = user
    root = span(1, values, trace_id=TRACES[name])
    # The person is named on the root only; what a tool gave back is hers all the same.
    child = span(2, {"gen_ai.tool.call.result": f"result for {name}"}, trace_id=TRACES[name])
    return traces(root, child)


EXPORT = json_lines(
    [
        request("jane", JANE, "Jane asks"),
        request("joe", JOE, "Joe asks"),
        request("nobody", None, json.dumps({"user_id": JANE, "text": "about Jane"})),
        logs(log_record(trace_id=TRACES["jane"], body=any_value("a log of Jane"))),
    ]
)
# Records that cannot be landed: one says her trace, the other who she is.
REJECTED = json_lines([traces(span(9, trace_id=TRACES["jane"], span_id=b""))])


def feedback(**fields: Any) -> dict[str, Any]:
    return {"kind": "thumbs", "source": "user", "occurred_at": 1790000000, **fields}


FEEDBACK = [
    feedback(trace_id=TRACES["joe"].hex(), author=JANE, comment="Jane on Joe's answer"),
    feedback(trace_id=TRACES["joe"].hex(), author=JOE, comment="Joe on his answer"),
    feedback(kind="applause", author=JANE, comment="rejected"),
    feedback(kind="applause", author=JOE, comment="rejected"),
]


@pytest.fixture
def landed(landing: Landing, write: Write) -> Landing:
    landing.land(
        write("spans.jsonl", EXPORT + REJECTED),
        write("feedback.jsonl", "\n".join(map(json.dumps, FEEDBACK)).encode()),
    )
    return landing


def retention(landing: Landing, *arguments: str, **options: Any) -> Result:
    return CliRunner().invoke(
        command, ["--landing", str(landing.root), *arguments], catch_exceptions=False, **options
    )


def contents(landing: Landing) -> set[str]:
    return {row["content"] for row in landing.rows("artifacts") if row["content"] is not None}


def audits(landing: Landing) -> list[dict[str, Any]]:
    result = duckdb.execute(
        "select * from read_parquet(?, hive_partitioning = false, union_by_name = true)"
        " order by landed_at, retention_class",
        [str(landing.root / "audits" / "*" / "*.parquet")],
    )
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def in_days(days: int) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"


def everything(landing: Landing) -> dict[str, bytes]:
    return {name: (landing.root / name).read_bytes() for name in landing.files()}


def test_a_person_s_content_goes_and_that_of_others_stays(landed: Landing) -> None:
    before = landed.rows("spans"), landed.rows("feedback"), landed.rows("log_records")
    artifacts = landed.rows("artifacts")
    done = retention(landed, "--user", JANE, "--reason", "ticket 12 of jane.doe@example.com")
    assert done.exit_code == 0, done.output
    assert contents(landed) == {
        SHARED,
        "Joe asks",
        "result for joe",
        "result for nobody",
        "Joe on his answer",
    }
    # Everything but the content is as it was: what metrics are made of does not change.
    assert (landed.rows("spans"), landed.rows("feedback"), landed.rows("log_records")) == before
    kept = ("artifact_id", "artifact_kind", "bytes", "redaction_count", "retention_class")
    assert sorted(tuple(row[name] for name in kept) for row in landed.rows("artifacts")) == sorted(
        tuple(row[name] for name in kept) for row in artifacts
    )
    gone = [row for row in landed.rows("artifacts") if row["content"] is None]
    assert {row["deletion_reason"] for row in gone} == {"subject_request"} and len(gone) == 5
    assert all(row["deleted_at"] for row in gone)
    # What the lander leaves out from now on.
    assert set(erased_artifacts(landed.root).to_pylist()) == {row["artifact_id"] for row in gone}
    for name in landed.files():
        assert b"Jane asks" not in (landed.root / name).read_bytes()


def test_keys_and_resources_are_still_told_apart_as_they_are(landed: Landing) -> None:
    kinds = [(row["attribute_keys"], row["resource_hash"]) for row in landed.rows("spans")]
    assert len(set(kinds)) > 1 and untrue(landed) == []
    assert retention(landed, "--user", JANE).exit_code == 0
    assert untrue(landed) == []
    assert [(row["attribute_keys"], row["resource_hash"]) for row in landed.rows("spans")] == kinds


def test_the_audit_says_what_was_done_and_never_who(landed: Landing) -> None:
    retention(landed, "--user", JANE, "--reason", "ticket 12 of jane.doe@example.com")
    rows = audits(landed)
    assert len({row["audit_id"] for row in rows}) == 1
    assert {row["status"] for row in rows} == {"started", "done"}
    done = {row["retention_class"]: row for row in rows if row["status"] == "done"}
    assert done["standard"]["artifact_count"] == 5
    assert done[None]["shared_artifact_count"] == 1
    assert done[None]["trace_count"] == 1 and done[None]["reject_count"] == 2
    assert done[None]["subject_hashes"] == [HASH] and done[None]["action"] == "erase"
    assert "ticket 12" in done[None]["reason"]
    said = repr(rows)
    assert JANE not in said and "jane.doe" not in said
    assert done[None]["performed_by_hash"] is None or done[None]["performed_by_hash"][:3] == "h1_"


def test_the_excerpts_of_her_rejected_records_go_too(landed: Landing) -> None:
    before = landed.rows("rejects")
    assert sum(HASH in row["record_redacted"] for row in before) == 1
    assert sum(TRACES["jane"].hex() in row["record_redacted"] for row in before) == 1
    retention(landed, "--user", HASH)
    after = landed.rows("rejects")
    assert [row["reason_code"] for row in after if row["record_redacted"] is not None] == [
        "bad_kind"
    ]
    assert len(after) == len(before) == 3


def test_a_trace_can_be_named_in_any_spelling(landed: Landing) -> None:
    done = retention(landed, "--trace", TRACES["joe"].hex().upper())
    assert done.exit_code == 0, done.output
    assert contents(landed).isdisjoint({"Joe asks", "result for joe", "Joe on his answer"})
    # Her comment is about his answer.
    assert "Jane on Joe's answer" not in contents(landed) and "Jane asks" in contents(landed)


def test_what_was_deleted_does_not_land_again(landed: Landing, write: Write) -> None:
    retention(landed, "--user", JANE)
    before = contents(landed)
    again = json_lines([request("jane", JANE, "Jane asks"), request("joe", JOE, "another word")])
    landed.land(write("again.jsonl", again))
    assert contents(landed) == before | {"another word"}
    assert len([row for row in landed.rows("artifacts") if row["content"] is None]) == 5


def test_a_dry_run_counts_the_same_and_writes_nothing(landed: Landing) -> None:
    before = everything(landed)
    for arguments in (["--user", JANE], ["--as-of", in_days(91)]):
        said = retention(landed, *arguments, "--dry-run").output
        assert "would be deleted" in said and "Nothing was written" in said
    assert "5 artifacts" in retention(landed, "--user", JANE, "--dry-run").output
    assert everything(landed) == before


def test_content_expires_with_its_class_and_not_a_day_sooner(landed: Landing) -> None:
    count = len(contents(landed))
    assert (
        f"content of {count} artifacts"
        in retention(landed, "--dry-run", "--as-of", in_days(91)).output
    )
    assert "content of 0 artifacts" in retention(landed, "--dry-run", "--as-of", in_days(90)).output
    done = retention(landed)
    assert "Nothing has expired" in done.output and len(contents(landed)) == count
    assert audits(landed) == []


def test_what_is_in_use_again_is_kept_from_then_on(landed: Landing, write: Write) -> None:
    age(landed, days=100)
    landed.land(write("new.jsonl", json_lines([request("joe", JOE, "new today")])))
    done = retention(landed)
    assert done.exit_code == 0
    assert contents(landed) == {SHARED, "new today"}
    reasons = {row["deletion_reason"] for row in landed.rows("artifacts") if not row["content"]}
    assert reasons == {"expired"}
    assert {row["record_redacted"] for row in landed.rows("rejects")} == {None}
    (standard,) = [
        row for row in audits(landed) if row["status"] == "done" and row["retention_class"]
    ]
    assert standard["action"] == "expire" and standard["artifact_count"] == 9
    assert retention(landed).output.count("Nothing has expired") == 1


def age(landing: Landing, days: int) -> None:
    """Moves what has landed into the past."""
    for table in ("artifacts", "spans", "log_records", "feedback", "rejects", "loads"):
        for path in list((landing.root / table).glob("landed_on=2*/*.parquet")):
            rows = pq.read_table(path, partitioning=None)
            place = rows.column_names.index("landed_at")
            older = pc.subtract(rows["landed_at"], pa.scalar(timedelta(days=days)))
            day = f"landed_on={older[0].as_py():%Y-%m-%d}"
            (landing.root / table / day).mkdir(exist_ok=True)
            pq.write_table(
                rows.set_column(place, "landed_at", older), landing.root / table / day / path.name
            )
            path.unlink()


def test_the_policy_s_days_are_landed_for_the_models(landed: Landing, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yml"
    policy.write_text("retention: {classes: {standard: 30, eternal: forever}}")
    for _ in range(2):
        assert retention(landed, "--policy", str(policy)).exit_code == 0
    # Those of the policy that the records landed with, and once those that changed.
    found = (landed.root / "retention_classes").glob("landed_on=2*/*.parquet")
    _, landed_file = sorted(found, key=lambda path: path.name)
    rows = {row["retention_class"]: row for row in pq.read_table(landed_file).to_pylist()}
    assert {name: row["days"] for name, row in rows.items()} == {
        "standard": 30,
        "sensitive": 14,
        "eternal": None,
    }
    assert [name for name, row in rows.items() if row["is_default"]] == ["standard"]


@pytest.mark.parametrize(
    ("arguments", "sentence", "code"),
    [
        (["--trace", "not a trace"], "is no trace id", 2),
        (["--trace", "ab" * 16], "names that person or trace", 4),
        (["--user", "somebody-else"], "names that person or trace", 4),
        (["--user", " "], "no id was given", 2),
        (["--user", JANE, "--as-of", "2020-01-01"], "--as-of judges expiry", 2),
        (["--as-of", in_days(91)], "lies ahead", 2),
        (["--policy", "nowhere.yml"], "no privacy policy at nowhere.yml", 2),
    ],
)
def test_what_cannot_be_done_is_said(
    landed: Landing, arguments: list[str], sentence: str, code: int
) -> None:
    done = retention(landed, *arguments)
    assert sentence in done.output and done.exit_code == code


def test_without_the_key_a_user_cannot_be_recognised(
    landed: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPANMART_HASH_KEY")
    done = retention(landed, "--user", JANE)
    assert done.exit_code == 2 and "SPANMART_HASH_KEY" in done.output
    assert not list(landed.root.parent.glob("*.hash_key"))


def test_ids_can_come_by_standard_input(landed: Landing) -> None:
    done = retention(landed, "--user", "-", input=f"{JANE}\n")
    assert "in 1 trace:" in done.output and "Jane asks" not in contents(landed)


def test_places_that_hold_no_landing_are_named(tmp_path: Path) -> None:
    for place, sentence in (
        ("s3://bucket/landing", "object storage"),
        ("gone", "nothing has been"),
    ):
        done = CliRunner().invoke(command, ["--landing", place])
        assert done.exit_code == 2 and sentence in done.output
    assert not (tmp_path / "gone").exists()
