"""`spanmart land` under a privacy policy: what it says is what lands, in every tier."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from landed import SECRET, Landing
from otlp_samples import json_lines, length_prefixed, span, traces

from spanmart.commands.land import command as land_command
from spanmart.commands.raw import command as raw_command
from spanmart.commands.retention import command as retention_command
from spanmart.landing import newness
from spanmart.landing.local_store import LocalStore
from spanmart.privacy.raw_store import RawStore
from spanmart.redaction.identity import Identities
from spanmart.settings import Settings, raw_directory

Write = Callable[[str, bytes], Path]
TRACE = "0af7651916cd43dd8448eb211c80319c"
MAIL = "jane.doe@example.com"
SAID = f"Write to {MAIL}, says the canary"
RAW_ON = "tiers: {raw: true}"


def export(*texts: str) -> bytes:
    return json_lines(
        [
            traces(span(number, {"gen_ai.input.messages": text}))
            for number, text in enumerate(texts, 1)
        ]
    )


@pytest.fixture
def land(landing: Landing, tmp_path: Path) -> Callable[..., Result]:
    def run(policy: str, *arguments: object) -> Result:
        path = tmp_path / "policy.yml"
        path.write_text(policy)
        given = ["--landing", landing.root, "--policy", path, *arguments]
        return CliRunner().invoke(land_command, [str(each) for each in given])

    return run


Land = Callable[..., Result]


def raw_rows(landing: Landing) -> list[dict[str, Any]]:
    shown = CliRunner().invoke(
        raw_command, [TRACE, "--reason", "a test", "--json", "--landing", str(landing.root)]
    )
    assert shown.exit_code in (0, 4), shown.output
    return [json.loads(line) for line in shown.stdout.splitlines() if line.startswith("{")]


def every_byte(folder: Path) -> bytes:
    """Of all files, Parquet decompressed as well."""
    found = b""
    for path in folder.rglob("*"):
        if path.is_file():
            found += path.read_bytes()
            if path.suffix == ".parquet" and ".raw/" not in str(path):
                found += json.dumps(pq.read_table(path).to_pylist(), default=str).encode()
    return found


@pytest.mark.usefixtures("raw_key")
def test_raw_content_is_kept_for_who_has_the_key_and_is_nowhere_in_plain_text(
    landing: Landing, land: Land, write: Write, tmp_path: Path
) -> None:
    assert land(RAW_ON, write("a", export(SAID, "another"))).exit_code == 0
    assert [row["content"] for row in raw_rows(landing)] == [SAID, "another"]
    [artifact] = [row for row in landing.rows("artifacts") if "canary" in row["content"]]
    assert artifact["content"] == "Write to [email], says the canary"
    [raw] = [row for row in raw_rows(landing) if "canary" in row["content"]]
    assert (raw["artifact_id"], raw["retention_class"]) == (artifact["artifact_id"], "sensitive")
    [landed] = {row["load_id"] for row in landing.rows("loads", keep_lineage=True)}
    assert raw["load_id"] == landed
    (tmp_path / "exports" / "a").unlink()
    assert MAIL.encode() not in every_byte(tmp_path)
    place = raw_directory(landing.root)
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert not list((place / ".staging").iterdir())


@pytest.mark.usefixtures("raw_key")
def test_raw_content_is_there_once_however_often_its_record_comes(
    landing: Landing, land: Land, write: Write
) -> None:
    land(RAW_ON, write("a", export(SAID)))
    both = [traces(span(number, {"gen_ai.input.messages": SAID})) for number in (1, 2)]
    land(RAW_ON, write("b", length_prefixed(both)), write("c", json_lines(both)))
    spans = landing.rows("spans")
    assert len(spans) == 2
    hashes = [row["record_hash"] for row in raw_rows(landing)]
    assert sorted(hashes) == sorted(row["record_hash"] for row in spans)


@pytest.mark.usefixtures("raw_key")
def test_raw_content_of_a_commit_that_was_cut_off_does_not_count_and_goes(
    landing: Landing, land: Land, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("a", export(SAID))
    with monkeypatch.context() as patch:
        # As a kill would between the raw content and the ledger.
        patch.setattr(LocalStore, "publish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        land(RAW_ON, path)
    store = RawStore(raw_directory(landing.root))
    [debris] = store.files()
    assert raw_rows(landing) == [] == landing.rows("spans")
    assert land(RAW_ON, path).exit_code == 0
    assert [row["content"] for row in raw_rows(landing)] == [SAID]
    [whole] = store.files()
    assert whole.path != debris.path


@pytest.mark.usefixtures("raw_key")
def test_nothing_of_a_file_that_breaks_is_kept_raw(
    landing: Landing, land: Land, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spanmart.landing.reading import Reading

    finish = Reading.finish

    def breaking(self: Reading) -> tuple[int, str]:
        if "broken" in str(self._source):
            raise OSError("the disk went away")
        return finish(self)

    monkeypatch.setattr(Reading, "finish", breaking)
    broken, sound = write("broken", export(SAID)), write("sound", export("sound"))
    assert land(RAW_ON, broken).exit_code == 1
    assert land(RAW_ON, broken, sound).exit_code == 3
    assert [row["content"] for row in raw_rows(landing)] == ["sound"]


def test_raw_content_without_its_key_or_in_object_storage_is_refused(
    landing: Landing, land: Land, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("a", export(SAID))
    refused = land(RAW_ON, path)
    assert refused.exit_code == 2 and "SPANMART_RAW_KEY is not set" in refused.output
    monkeypatch.setenv("SPANMART_RAW_KEY", "0f" * 32)
    refused = land(RAW_ON, path, "--landing", "s3://bucket/landing")
    assert refused.exit_code == 2 and "never in object storage" in refused.output
    assert not landing.root.exists()


@pytest.mark.usefixtures("raw_key")
def test_a_dry_run_keeps_nothing_raw(landing: Landing, land: Land, write: Write) -> None:
    assert land(RAW_ON, write("a", export(SAID)), "--dry-run").exit_code == 0
    assert not landing.root.exists() and not raw_directory(landing.root).exists()


@pytest.mark.usefixtures("raw_key")
def test_what_no_allowlist_names_is_in_no_tier(landing: Landing, land: Land, write: Write) -> None:
    policy = "tiers: {raw: true}\ntools: {crm_*: {arguments: [tier], result: [rows.id]}}"
    values = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "crm_lookup",
        "gen_ai.tool.call.arguments": json.dumps({"tier": "gold", "diagnosis": "flu"}),
        "gen_ai.tool.call.result": json.dumps({"rows": [{"id": 7, "note": "flu"}], "total": 1}),
    }
    assert land(policy, write("a", json_lines([traces(span(1, values))]))).exit_code == 0
    kept = [row["content"] for row in landing.rows("artifacts")]
    kept += [row["content"] for row in raw_rows(landing)]
    assert len(kept) == 4
    for text in kept:
        assert "flu" not in text and "[removed]" in text and ("gold" in text or '"id"' in text)


def test_without_tier_two_ids_and_sizes_land_and_no_content(
    new_landing: Callable[[], Landing], land: Land, landing: Landing, write: Write
) -> None:
    path = write("a", export(SAID))
    assert land("tiers: {redacted: false}", path).exit_code == 0
    usual = new_landing()
    usual.land(path)
    [without], [with_content] = landing.rows("artifacts"), usual.rows("artifacts")
    assert with_content["content"] and without == with_content | {"content": None}


def test_each_tenant_s_content_gets_its_class_and_the_classes_land(
    landing: Landing, land: Land, write: Write
) -> None:
    policy = """
retention:
  classes: {short: 7, contract: 400}
  rules: [{class: short, when: {tenant_id: "acme-*"}}, {class: contract, when: {tenant_id: big}}]
"""
    tenants = {"acme-1": "short", "big": "contract", "other": "standard"}
    said = [
        traces(span(number, {"gen_ai.input.messages": name}), resource={"tenant.id": name})
        for number, name in enumerate(tenants, 1)
    ]
    for _ in range(2):
        assert land(policy, write("a", json_lines(said))).exit_code == 0
    assert {r["content"]: r["retention_class"] for r in landing.rows("artifacts")} == tenants
    [classes] = (landing.root / "retention_classes").glob("landed_on=2*/*.parquet")
    days = {row["retention_class"]: row["days"] for row in pq.read_table(classes).to_pylist()}
    assert (days["short"], days["contract"], days["standard"]) == (7, 400, 90)


def test_sessions_are_hashed_where_that_is_asked_for(
    new_landing: Callable[[], Landing], landing: Landing, land: Land, write: Write
) -> None:
    path = write("a", json_lines([traces(span(1, {"session.id": "s-1", "user.id": "jane"}))]))
    assert land("hash_sessions: true", path).exit_code == 0
    usual = new_landing()
    usual.land(path)
    [hashed], [plain] = landing.rows("spans"), usual.rows("spans")
    hash_of = Identities(SECRET.encode()).hashed
    assert hashed["attributes"] == {"session.id": hash_of("s-1"), "user.id": hash_of("jane")}
    assert plain["attributes"] == {"session.id": "s-1", "user.id": hash_of("jane")}


def test_names_are_masked_in_content_where_that_is_asked_for(
    landing: Landing, land: Land, write: Write
) -> None:
    pytest.importorskip("presidio_analyzer", reason="the extra spanmart[presidio] is not installed")
    said = "My name is John Smith and I live in Berlin."
    refused_or_done = land("names: presidio", write("a", export(said)))
    if refused_or_done.exit_code == 2:
        pytest.skip(f"no model of language is installed: {refused_or_done.output}")
    [artifact] = landing.rows("artifacts")
    assert "Smith" not in artifact["content"] and artifact["redaction_count"] >= 1


@pytest.mark.usefixtures("raw_key")
def test_erased_content_does_not_come_back_even_with_a_new_record(
    landing: Landing, land: Land, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As when so much has landed since that its tombstone is not looked at.
    monkeypatch.setattr(newness, "_LOOK_BACK_BYTES", -1)
    land(RAW_ON, write("a", export(SAID)))
    erased = CliRunner().invoke(
        retention_command, ["--landing", str(landing.root), "--trace", TRACE, "--reason", "4711"]
    )
    assert erased.exit_code == 0, erased.output
    assert raw_rows(landing) == []
    again = [traces(span(number, {"gen_ai.input.messages": SAID})) for number in (1, 5)]
    assert land(RAW_ON, write("b", json_lines(again))).exit_code == 0
    assert len(landing.rows("spans")) == 2
    assert [row["content"] for row in landing.rows("artifacts")] == [None]
    assert raw_rows(landing) == []


def test_a_landing_of_an_older_version_gets_the_columns_of_this_one(
    landing: Landing, write: Write
) -> None:
    landing.land(write("a", export("first")))
    empty = landing.root / "artifacts" / "landed_on=1970-01-01" / "empty.parquet"
    columns = [name for name in pq.read_schema(empty).names if not name.startswith("delet")]
    pq.write_table(pq.read_table(empty, partitioning=None).select(columns), empty)
    other = landing.root / "spans" / "landed_on=1970-01-01" / "empty.parquet"
    before = other.stat().st_mtime_ns
    landing.land(write("b", export("second")), settings=Settings())
    assert "deleted_at" in pq.read_schema(empty).names
    assert other.stat().st_mtime_ns == before
