"""Tier 3: nothing readable on the disk, nobody else let in, and no row of what did not land."""

from __future__ import annotations

import base64
import stat
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spanmart.privacy.raw_files import DRAFT_SCHEMA
from spanmart.privacy.raw_key import RawKey
from spanmart.privacy.raw_store import RawStore
from spanmart.settings import UnusableSetting, raw_directory

CANARY = "canary jane.doe@example.com"
LANDED_AT = datetime(2026, 3, 1, 10)
COMMIT = "20260301T100000000000-0123abcd"


def row(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "trace_id": f"{number:032x}",
        "span_id": f"{number:016x}",
        "attribute_key": "gen_ai.input.messages",
        "artifact_kind": "prompt",
        "artifact_id": f"artifact {number}",
        "content": f"{CANARY} {number}",
        "retention_class": "sensitive",
        "record_hash": f"record {number}",
        "load_id": "load 1",
        **fields,
    }


def drafts(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=DRAFT_SCHEMA)


def landed(*numbers: int, load_id: str = "load 1") -> pa.Table:
    return pa.table(
        {
            "load_id": pa.array([load_id] * len(numbers), pa.string()),
            "record_hash": pa.array([f"record {each}" for each in numbers], pa.string()),
        }
    )


def publish(store: RawStore, rows: pa.Table, records: pa.Table, erased: list[str]) -> int:
    with store.staging() as staging:
        staging.add(rows)
        return staging.publish(COMMIT, LANDED_AT, records, pa.array(erased, pa.string()))


def stored(store: RawStore) -> list[dict[str, Any]]:
    return [
        each for file in store.files() for rows in store.rows(file) for each in rows.to_pylist()
    ]


@pytest.fixture
def store(tmp_path: Path, raw_key: str) -> RawStore:
    return RawStore(tmp_path / "landing.raw")


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_what_is_stored_can_be_read_with_the_key_and_by_nobody_else(
    store: RawStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert publish(store, drafts(row(1), row(2)), landed(1, 2), []) == 2
    assert [each["content"] for each in stored(store)] == [f"{CANARY} 1", f"{CANARY} 2"]
    assert {each["landed_at"] for each in stored(store)} == {LANDED_AT}
    everything = b"".join(path.read_bytes() for path in files(store.root))
    # Neither content nor the schema and statistics of a footer.
    for plain in (b"canary", b"jane", b"prompt", b"attribute_key", b"artifact"):
        assert plain not in everything
    with pytest.raises(OSError, match="decrypt"):
        pq.read_table(store.files()[0].path)
    monkeypatch.setenv("SPANMART_RAW_KEY", "ab" * 32)
    with pytest.raises(UnusableSetting, match=r"written under the key with the id [0-9a-f]{8}"):
        stored(RawStore(store.root))
    monkeypatch.delenv("SPANMART_RAW_KEY")
    with pytest.raises(UnusableSetting, match="SPANMART_RAW_KEY is not set"):
        stored(RawStore(store.root))


def test_the_drafts_are_as_unreadable_as_the_files(store: RawStore) -> None:
    with store.staging() as staging:
        staging.add(drafts(*(row(number) for number in range(5_000))))
        staging._writer.close()  # type: ignore[union-attr]
        written = [path for path in files(store.root) if path.suffix == ".parquet"]
        assert written and all(b"canary" not in path.read_bytes() for path in written)
        assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in written)
        staging._writer = None
    assert not [path for path in files(store.root) if path.suffix == ".parquet"]


def test_only_the_owner_may_look(store: RawStore) -> None:
    publish(store, drafts(row(1)), landed(1), [])
    for path in [store.root, *store.root.rglob("*")]:
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_a_place_that_is_open_to_all_is_refused(store: RawStore) -> None:
    store.root.mkdir()
    store.root.chmod(0o755)
    with pytest.raises(UnusableSetting, match="chmod 700"), store.staging():
        pass


def test_only_records_that_land_bring_their_raw_content(store: RawStore) -> None:
    rows = drafts(
        row(1),
        row(2),
        row(2),
        row(3),
        row(4),
        row(4, load_id="load 2"),
    )
    # 1 was there before, 3's content was erased, the file of load 2 was landed by another run.
    assert publish(store, rows, landed(2, 3, 4), ["artifact 3"]) == 2
    assert [(each["trace_id"][-1], each["load_id"]) for each in stored(store)] == [
        ("2", "load 1"),
        ("4", "load 1"),
    ]


def test_the_class_stands_in_the_path_so_that_expiry_takes_no_key(
    store: RawStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store, drafts(row(1), row(2, retention_class="tiny")), landed(1, 2), [])
    monkeypatch.delenv("SPANMART_RAW_KEY")
    listed = RawStore(store.root).files()
    assert [(each.retention_class, each.commit_id, each.landed_at) for each in listed] == [
        ("sensitive", COMMIT, LANDED_AT),
        ("tiny", COMMIT, LANDED_AT),
    ]


def test_a_file_under_another_name_does_not_open(store: RawStore) -> None:
    publish(store, drafts(row(1)), landed(1), [])
    (file,) = store.files()
    renamed = file.path.with_name(file.path.name.replace("20260301", "20270301"))
    file.path.rename(renamed)
    with pytest.raises(UnusableSetting, match="cannot be decrypted"):
        stored(store)


def test_rewriting_takes_rows_out_and_an_empty_file_goes(store: RawStore) -> None:
    publish(store, drafts(row(1), row(2)), landed(1, 2), [])
    (file,) = store.files()
    before = file.path.read_bytes()
    assert store.rewrite(file, lambda rows: pa.array([True] * len(rows))) == 0
    assert file.path.read_bytes() == before
    assert store.rewrite(file, lambda rows: pa.array([False, True])) == 1
    assert [each["content"] for each in stored(store)] == [f"{CANARY} 2"]
    assert store.rewrite(file, lambda rows: pa.array([False])) == 1
    assert store.files() == []
    assert not [
        path for path in files(store.root) if path.suffix != ".lock" and path.name != ".lock"
    ]


def test_what_a_killed_lander_left_goes_and_a_living_one_s_stays(store: RawStore) -> None:
    with store.staging() as staging:
        staging.add(drafts(row(1)))
        dead = store.root / ".staging" / "dead"
        dead.mkdir()
        (dead / "draft.parquet").write_bytes(b"left")
        (store.root / ".staging" / "dead.alive").touch()
        store.clean_staging()
        assert not dead.exists()
        assert staging.publish(COMMIT, LANDED_AT, landed(1), pa.array([], pa.string())) == 1


def test_keys_differ_from_file_to_file_and_the_id_gives_nothing_away() -> None:
    key = RawKey(b"k" * 32)
    assert key._of("a") != key._of("b") and len(key._of("a")) == 32
    assert key.key_id not in key._of("a").hex() and key.key_id not in key.secret.hex()
    assert "kkk" not in repr(key)


def test_another_engine_reads_a_file_with_the_derived_key(store: RawStore) -> None:
    """What docs/privacy.md says of DuckDB."""
    publish(store, drafts(row(1)), landed(1), [])
    (file,) = store.files()
    derived = base64.b64encode(store.key._of(file.path.name)).decode()
    with duckdb.connect() as connection:
        connection.execute(f"pragma add_parquet_key('k', '{derived}')")
        rows = connection.execute(
            "select content from read_parquet(?, encryption_config = {footer_key: 'k'},"
            " hive_partitioning = false)",
            [str(file.path)],
        ).fetchall()
    assert rows == [(f"{CANARY} 1",)]


def test_raw_content_lies_beside_the_landing_and_never_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing = tmp_path / "landing"
    assert raw_directory(landing) == tmp_path / "landing.raw"
    monkeypatch.setenv("SPANMART_RAW_LANDING", str(landing / "raw"))
    with pytest.raises(UnusableSetting, match="whoever reads the landing directory"):
        raw_directory(landing)
    monkeypatch.setenv("SPANMART_RAW_LANDING", str(tmp_path))
    with pytest.raises(UnusableSetting):
        raw_directory(landing)
    assert raw_directory(landing, tmp_path / "vault") == tmp_path / "vault"
