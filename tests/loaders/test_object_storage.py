"""Landing from and to object storage, against a server that speaks S3 on this machine."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from landed import Landing
from otlp_samples import json_lines, span, traces

from spanmart.commands.land import command
from spanmart.landing import land
from spanmart.privacy import side_tables
from spanmart.settings import Settings, UnusableSetting

obstore = pytest.importorskip("obstore")
moto = pytest.importorskip("moto.server")

from spanmart.landing import remote_store  # noqa: E402
from spanmart.landing.objects import UnusableLocation, open_bucket  # noqa: E402
from spanmart.landing.store import CannotStore  # noqa: E402

Write = Callable[[str, bytes], Path]
PLACE = "s3://telemetry/prod/landing"
SOURCES = Path(__file__).resolve().parents[2] / "loaders"


@pytest.fixture(scope="module")
def _server() -> Iterator[str]:
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty bucket, and the settings by which it is found."""
    import boto3

    settings = {
        "AWS_ENDPOINT_URL": _server,
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_REGION": "us-east-1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    client = boto3.resource("s3", endpoint_url=_server, region_name="us-east-1")
    client.create_bucket(Bucket="telemetry")
    yield open_bucket("s3://telemetry")
    client.Bucket("telemetry").objects.delete()
    client.Bucket("telemetry").delete()


def content(first: int, last: int) -> bytes:
    return json_lines(
        [
            traces(span(number, {"gen_ai.input.messages": f"question {number}"}))
            for number in range(first, last + 1)
        ]
    )


def rows(table: str) -> list[dict[str, Any]]:
    """As dbt reads them: through DuckDB, and only what a load in the log brought."""
    from spanmart.warehouse.bucket_files import make_readable

    with duckdb.connect() as connection:
        make_readable(connection, PLACE)
        found = connection.execute(
            "select * from read_parquet(?, union_by_name = true, hive_partitioning = true)"
            " where load_id in (select load_id from read_parquet(?))",
            [f"{PLACE}/{table}/*/*.parquet", f"{PLACE}/loads/*/*.parquet"],
        )
        names = [each[0] for each in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def keys(bucket: Any, table: str = "") -> list[str]:
    listed = [each["path"] for page in obstore.list(bucket) for each in page]
    return [key for key in listed if f"/{table}" in key and not key.endswith("empty.parquet")]


def assert_whole(bucket: Any, records: int) -> None:
    spans, artifacts = rows("spans"), rows("artifacts")
    assert len(spans) == len({row["span_id"] for row in spans}) == records
    assert len(artifacts) == len({row["artifact_id"] for row in artifacts}) == records
    assert sum(row["records_landed"] for row in rows("loads")) == records
    log = [int(Path(key).stem) for key in keys(bucket, "loads/")]
    assert sorted(log) == list(range(1, len(log) + 1))


def test_what_lands_in_a_bucket_is_what_lands_in_a_folder(
    bucket: Any, landing: Landing, write: Write
) -> None:
    path = write("a", content(1, 8))
    result = land([path], landing=PLACE)
    assert (result.exit_code, result.total("records_landed")) == (0, 8)
    landing.land(path)
    there = sorted((row["record_hash"], row["record_number"]) for row in rows("spans"))
    here = sorted(
        (row["record_hash"], row["record_number"])
        for row in landing.rows("spans", keep_lineage=True)
    )
    assert there == here
    assert_whole(bucket, 8)
    from spanmart.warehouse.bucket_files import read_contents

    ids = {row["artifact_id"]: row["content"] for row in landing.rows("artifacts")}
    assert read_contents(PLACE, [*ids, "no such"]) == ids


def test_landing_again_and_landing_more_adds_only_what_is_new(bucket: Any, write: Write) -> None:
    land([write("a", content(1, 8))], landing=PLACE)
    again = land([write("a", content(1, 8))], landing=PLACE)
    assert [each.status for each in again.files] == ["skipped"]
    more = land([write("b", content(5, 12))], landing=PLACE)
    assert (more.total("records_landed"), more.total("records_duplicate")) == (4, 4)
    assert_whole(bucket, 12)


def test_inputs_are_objects_prefixes_and_globs(bucket: Any, landing: Landing) -> None:
    for name, numbers in {
        "in/a.jsonl": (1, 2),
        "in/day 2/b.jsonl": (3, 4),
        "in/day 2/c.txt": (5, 6),
        "in/.hidden/d.jsonl": (7, 8),
        "inside.jsonl": (9, 10),
    }.items():
        obstore.put(bucket, name, content(*numbers))

    def found(url: str) -> list[str]:
        result = landing.land(url, is_dry_run=True)
        return sorted(each.name.removeprefix("s3://telemetry/") for each in result.files)

    assert found("s3://telemetry/in/a.jsonl") == ["in/a.jsonl"]
    assert found("s3://telemetry/in") == ["in/a.jsonl", "in/day 2/b.jsonl", "in/day 2/c.txt"]
    assert found("s3://telemetry/in/") == found("s3://telemetry/in")
    assert found("s3://telemetry/in/*.jsonl") == ["in/a.jsonl"]
    assert found("s3://telemetry/in/**/[bc].*") == ["in/day 2/b.jsonl", "in/day 2/c.txt"]
    assert landing.land("s3://telemetry/in").total("records_landed") == 6
    assert landing.rows("loads", keep_lineage=True)[0]["source_file"].startswith("s3://telemetry/")


def test_an_object_that_is_landed_is_skipped_and_one_that_grew_lands_its_rest(
    bucket: Any, landing: Landing
) -> None:
    obstore.put(bucket, "in/a.jsonl", content(1, 5))
    landing.land("s3://telemetry/in")
    assert [each.status for each in landing.land("s3://telemetry/in").files] == ["skipped"]
    obstore.put(bucket, "in/a.jsonl", content(1, 7))
    assert landing.land("s3://telemetry/in").total("records_landed") == 2


def test_since_is_about_when_an_object_was_put(bucket: Any, landing: Landing) -> None:
    obstore.put(bucket, "in/a.jsonl", content(1, 5))
    now = datetime.now(UTC)
    assert not landing.land("s3://telemetry/in", since=now + timedelta(hours=1)).files
    assert len(landing.land("s3://telemetry/in", since=now - timedelta(hours=1)).files) == 1


def test_of_two_landers_that_saw_the_same_log_one_begins_again(
    bucket: Any, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have read the log and written their files before either creates its entry."""
    paths = write("a", content(1, 30)), write("b", content(20, 50))
    both_ready = threading.Barrier(2)
    publish = remote_store.RemoteStore.publish
    attempts: list[int] = []

    def publishes(self: remote_store.RemoteStore, drafts: Any, commit: Any) -> None:
        attempts.append(commit.number)
        if len(attempts) <= 2:
            both_ready.wait(timeout=30)
        publish(self, drafts, commit)

    land([], landing=PLACE)
    monkeypatch.setattr(remote_store.RemoteStore, "publish", publishes)
    results: list[Any] = []
    landers = [
        threading.Thread(
            target=lambda path=path: results.append(
                land([path], landing=PLACE, settings=Settings(), workers=1)
            )
        )
        for path in paths
    ]
    for lander in landers:
        lander.start()
    for lander in landers:
        lander.join(timeout=60)
    assert sorted(attempts) == [1, 1, 2]
    assert sum(each.total("records_landed") for each in results) == 50
    assert sum(each.total("records_duplicate") for each in results) == 11
    assert_whole(bucket, 50)
    # What the loser had uploaded first is gone.
    assert len(keys(bucket, "spans/")) == len(keys(bucket, "loads/")) == 2


@pytest.mark.heavy
def test_landers_at_once_land_every_record_once(bucket: Any, write: Write) -> None:
    paths = [write(f"{number}", content(number * 20 + 1, number * 20 + 40)) for number in range(3)]
    script = (
        "import sys; from spanmart.landing import land; from spanmart.settings import Settings;"
        f"land(sys.argv[1:], landing={PLACE!r}, settings=Settings(commit_bytes=1))"
    )
    landers = [
        subprocess.Popen(
            [sys.executable, "-c", script, *map(str, order)],
            env=os.environ | {"PYTHONPATH": str(SOURCES)},
        )
        for order in (paths, paths[::-1])
    ]
    assert [lander.wait(timeout=120) for lander in landers] == [0, 0]
    assert_whole(bucket, 80)


def test_a_lander_that_dies_before_its_entry_leaves_nothing_that_counts(
    bucket: Any, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("a", content(1, 8))
    put = obstore.put

    def dies(store: Any, key: str, *arguments: Any, **options: Any) -> Any:
        if key.startswith("loads/landed_on=log"):
            raise KeyboardInterrupt
        return put(store, key, *arguments, **options)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(obstore, "put", dies)
        land([path], landing=PLACE)
    assert len(keys(bucket, "spans/")) == 1
    assert rows("spans") == rows("loads") == []
    land([path], landing=PLACE)
    assert_whole(bucket, 8)
    # Debris may be a lander at work; when it can be none any more, it goes.
    assert len(keys(bucket, "spans/")) == 2
    monkeypatch.setattr(remote_store, "_DEBRIS_AFTER", timedelta(seconds=-5))
    land([], landing=PLACE)
    assert len(keys(bucket, "spans/")) == 1
    assert_whole(bucket, 8)


def test_an_entry_whose_answer_was_lost_is_not_taken_for_another_landers(
    bucket: Any, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = obstore.put

    def put_twice(store: Any, key: str, *arguments: Any, **options: Any) -> Any:
        answer = put(store, key, *arguments, **options)
        return put(store, key, *arguments, **options) if "landed_on=log" in key else answer

    monkeypatch.setattr(obstore, "put", put_twice)
    land([write("a", content(1, 8))], landing=PLACE)
    assert_whole(bucket, 8)


def test_a_landing_place_in_a_bucket_needs_a_key_of_its_own(
    bucket: Any, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPANMART_HASH_KEY")
    with pytest.raises(UnusableSetting, match="SPANMART_HASH_KEY"):
        land([write("a", content(1, 2))], landing=PLACE)
    assert keys(bucket) == []


def test_what_cannot_be_reached_is_a_sentence(
    bucket: Any, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("a", content(1, 2))
    with pytest.raises(UnusableLocation, match="ftp://telemetry"):
        land([path], landing="ftp://telemetry/landing")
    with pytest.raises(CannotStore, match="s3://nowhere"):
        land([path], landing="s3://nowhere/landing")
    with pytest.raises(FileNotFoundError, match="s3://telemetry/nothing"):
        land(["s3://telemetry/nothing"], landing=PLACE)
    result = CliRunner().invoke(command, [str(path), "--landing", "s3://nowhere/x", "--json"])
    said = json.loads(result.output)
    assert result.exit_code == said["exit_code"] == 1
    assert "<?xml" not in said["error"] and "s3://nowhere/x" in said["error"]


def test_content_that_was_erased_before_it_was_put_into_a_bucket_does_not_land_there(
    bucket: Any, write: Write, tmp_path: Path
) -> None:
    land([write("a", content(1, 2))], landing=PLACE, settings=Settings())
    ids = {row["content"]: row["artifact_id"] for row in rows("artifacts")}
    other = "s3://telemetry/other"
    gone = pl.Series([ids["question 1"]])
    side_tables.bar_from_landing(tmp_path / "brought", gone, "an audit")
    [listed] = (tmp_path / "brought").rglob("*.parquet")
    key = listed.relative_to(tmp_path / "brought").as_posix()
    obstore.put(bucket, f"other/{key}", listed)
    land([write("a", content(1, 2))], landing=other, settings=Settings())
    store = remote_store.RemoteStore(other)
    found = store.columns("artifacts", store.ledger().commits, ["content"]).collect()
    assert found["content"].to_list() == ["question 2"]


def test_tables_that_an_older_version_made_get_the_columns_of_this_one(bucket: Any) -> None:
    land([], landing=PLACE, settings=Settings())
    key = "prod/landing/artifacts/landed_on=1970-01-01/empty.parquet"
    empty = pq.read_table(pa.BufferReader(bytes(obstore.get(bucket, key).bytes())))
    sink = io.BytesIO()
    pq.write_table(empty.drop_columns(["deleted_at"]), sink)
    obstore.put(bucket, key, sink.getvalue())
    land([], landing=PLACE, settings=Settings())
    again = pq.read_schema(pa.BufferReader(bytes(obstore.get(bucket, key).bytes())))
    assert again.equals(empty.schema)
