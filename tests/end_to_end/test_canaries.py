"""No secret that is planted in an export is in any byte that the product writes: one run of every
command, as a user types them, and a search of all that is there afterwards."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from built_project import ROOT
from canaries import CANARIES, ENVIRONMENT, PEOPLE, PERSON, SECRETS, Canary, Search, forms
from planted import VALUE_BYTES, write

pytestmark = pytest.mark.heavy

MASKS = (
    *("email", "phone", "card", "iban", "national_id", "ip", "api_key", "jwt"),
    *("private_key", "token", "password", "secret"),
)


@dataclass
class Run:
    """A folder with the project and the exports, and `written` for all that the product writes."""

    folder: Path
    codes: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.exports = self.folder / "exports"
        self.project = self.folder / "project"
        self.written = self.folder / "written"
        self.landing = self.written / "landing"
        self.environment = {
            **os.environ,
            **ENVIRONMENT,
            "PYTHONPATH": str(ROOT / "loaders"),
            "SPANMART_MAX_VALUE_BYTES": str(VALUE_BYTES),
            "SPANMART_LANDING": str(self.landing),
            "SPANMART_WAREHOUSE": str(self.written / "warehouse" / "spanmart.duckdb"),
            "DBT_PROJECT_DIR": str(self.project),
            "DBT_TARGET_PATH": str(self.written / "target"),
            "DBT_LOG_PATH": str(self.written / "logs"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            # Whatever is left behind in these two is written, too.
            "TMPDIR": str(self.written / "tmp"),
            "HOME": str(self.written / "home"),
        }

    def start(self) -> None:
        for name in ("tmp", "home", "said", "here"):
            (self.written / name).mkdir(parents=True)
        self.project.mkdir()
        for name in ("models", "macros", "seeds", "tests/generic", "tests/assertions"):
            shutil.copytree(ROOT / name, self.project / name)
        for name in ("dbt_project.yml", "profiles.yml", "privacy.yml"):
            shutil.copy(ROOT / name, self.project)

    def spanmart(self, *arguments: str | Path, given: str = "", **settings: str | Path) -> str:
        return self._run(
            [sys.executable, "-m", "spanmart.cli", *map(str, arguments)], given, settings
        )

    def dbt(self, *arguments: str) -> str:
        dbt = str(Path(sys.executable).with_name("dbt"))
        places = {"DBT_PROFILES_DIR": self.project}
        return self._run([dbt, *arguments, "--project-dir", str(self.project)], "", places)

    def _run(self, command: list[str], given: str, settings: dict[str, str | Path]) -> str:
        """What it says is written, too: a scheduler keeps it."""
        done = subprocess.run(
            command,
            env=self.environment | {name: str(value) for name, value in settings.items()},
            cwd=self.written / "here",
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr[-3000:]
        self.codes.append(done.returncode)
        said = done.stdout + done.stderr
        (self.written / "said" / f"{len(self.codes):02d}.txt").write_text(said)
        return done.stdout if done.stdout.strip() else said


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = Run(tmp_path_factory.mktemp("canaries"))
    run.start()
    trace_ids = write(run.exports)

    run.spanmart("land", run.exports / "unreadable.jsonl", "--dry-run", "--json")
    assert not run.landing.exists()
    # Rows that break a critical expectation stop the night, and the report shows it.
    assert "nothing was built" in run.spanmart("nightly", run.exports)
    checked = list(run.landing.glob("checks/*/*.parquet"))
    failed = [
        row["expectation"]
        for path in checked
        for row in pq.ParquetFile(path).read().to_pylist()
        if (row["severity"], row["status"]) == ("critical", "failed")
    ]
    accepted = "".join(f"  {name}: {{severity: warning, reason: planted}}\n" for name in failed)
    (run.project / "checks.yml").write_text(f"expectations:\n{accepted}")
    assert "is up to date" in run.spanmart("nightly", run.exports), run.codes
    run.spanmart("trace", trace_ids[0])
    for trace_id in trace_ids:
        assert "message" in run.spanmart("trace", trace_id, "--content")
    run.spanmart("privacy-audit", "--own-only", "--json")
    run.spanmart("retention", "--dry-run", "--as-of", "2099-01-01")
    run.spanmart("retention", "--user", "-", given=PERSON["user.id"])

    # What goes wrong says so without what it was about.
    run.dbt("show", "--inline", "select cast(name as int) from {{ ref('stg_spans') }}")
    policy = run.folder / "raw.yml"
    policy.write_text("tiers: {raw: true}\n")
    wrong_key = ENVIRONMENT["SPANMART_RAW_KEY"] + "0"
    run.spanmart("land", run.exports, SPANMART_RAW_KEY=wrong_key, SPANMART_PRIVACY=policy)
    (run.exports / "gone.jsonl").symlink_to("nowhere")
    run.spanmart("land", run.exports / "gone.jsonl", "--json")
    damaged = run.folder / "damaged"
    shutil.copytree(run.landing, damaged)
    for path in damaged.glob("spans/*/*.parquet"):
        path.write_bytes(path.read_bytes()[:-100])
    run.spanmart(
        "check", "--all", "--html", run.written / "of damaged.html", SPANMART_LANDING=damaged
    )

    # Tier 3: content as it came, encrypted.
    places = {"SPANMART_LANDING": run.written / "kept", "SPANMART_PRIVACY": policy}
    run.spanmart("land", run.exports / "feedback.jsonl", **places)
    return run


def test_no_secret_is_in_any_byte_that_is_written(run: Run) -> None:
    found = Search().in_folder(run.written)
    report = [
        f"{file}: {kind}: {where}" for file, kinds in found.items() for kind, where in kinds.items()
    ]
    assert not report, "\n".join(report[:40])


def test_the_run_has_written_all_that_the_product_writes(run: Run) -> None:
    """Else there would be nothing to find anything in."""
    tables = {path.name for path in run.landing.iterdir()}
    assert tables >= {"spans", "log_records", "feedback", "artifacts", "rejects", "checks", "loads"}
    for pattern in (
        *(
            "logs/dbt.log",
            "target/manifest.json",
            "target/run_results.json",
            "target/compiled/**/*.sql",
        ),
        *("warehouse/spanmart.duckdb", "landing/checks/index.html", "landing/audits/**/*.parquet"),
        *("of damaged.html", "kept.raw/**/*.parquet"),
    ):
        assert list(run.written.glob(pattern)), pattern
    with duckdb.connect(
        str(run.written / "warehouse" / "spanmart.duckdb"), read_only=True
    ) as open_:
        for table in ("request_trace", "model_span", "feedback_event", "artifact_reference"):
            (rows,) = open_.execute(f"select count(*) from facts.{table}").fetchone() or (0,)
            assert rows > len(SECRETS), table


def test_every_mask_is_there(run: Run) -> None:
    landed = b"".join(
        repr(pq.ParquetFile(path).read().to_pylist()).encode()
        for table in ("spans", "log_records", "feedback", "artifacts", "rejects")
        for path in run.landing.glob(f"{table}/*/*.parquet")
    )
    assert [mask for mask in MASKS if f"[{mask}]".encode() not in landed] == []
    assert b"h1_" in landed


def test_what_is_kept_raw_is_encrypted(run: Run) -> None:
    (kept, *_) = run.written.glob("kept.raw/**/*.parquet")
    assert kept.read_bytes()[:4] == b"PARE"


# The search itself: what is not found by one that finds nothing says nothing.


def test_every_secret_was_planted(run: Run) -> None:
    found = Search().in_folder(run.exports)
    planted = {canary.kind for canary in CANARIES if not canary.kind.startswith("environment")}
    assert {kind for kinds in found.values() for kind in kinds} == planted


@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary.kind)
def test_the_search_finds_a_secret_in_each_of_its_forms(canary: Canary) -> None:
    secret, search = canary.secret, Search([canary])
    for form in (
        *forms(secret),
        json.dumps(secret),
        json.dumps(json.dumps({"a": secret})),
        base64.b64encode(f"x{secret}".encode()).decode(),
        base64.b64encode(f"yes {secret} no".encode()).decode(),
        secret.upper() if secret.isascii() else secret,
    ):
        assert search.in_bytes(f"before {form} behind".encode()), form


def test_the_search_looks_into_every_kind_of_file(tmp_path: Path) -> None:
    secret = SECRETS[0].secret
    nested = pa.array(
        [[("key", {"inner": [secret] * 500})]],
        pa.map_(pa.string(), pa.struct([("inner", pa.list_(pa.string()))])),
    )
    pq.write_table(pa.table({"a": nested}), tmp_path / "a.parquet", compression="zstd")
    with duckdb.connect(str(tmp_path / "b.duckdb")) as connection:
        connection.execute("create schema s; create table s.t as select [{'x': ?}] as a", [secret])
    (tmp_path / f"c {secret}").touch()
    (tmp_path / "d.html").write_text(f"<p>{secret}</p>")
    (tmp_path / "e.txt").write_text("nothing")
    assert set(Search().in_folder(tmp_path)) == {"a.parquet", "b.duckdb", f"c {secret}", "d.html"}


def test_without_detectors_and_hashes_everything_is_found(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spanmart.landing import land
    from spanmart.redaction import masking
    from spanmart.redaction.identity import Identities

    monkeypatch.setattr(masking, "masks", lambda column: masking.NO_CHANGES)
    monkeypatch.setattr(Identities, "hashed", lambda self, value: value)
    monkeypatch.setenv("SPANMART_HASH_KEY", "another")
    result = land(
        [run.exports / "spans.jsonl", run.exports / "feedback.jsonl"], landing=tmp_path / "landing"
    )
    assert result.total("records_landed") > len(SECRETS)
    found = Search([*SECRETS, *PEOPLE]).in_folder(tmp_path)
    assert {kind for kinds in found.values() for kind in kinds} == {
        canary.kind for canary in (*SECRETS, *PEOPLE)
    }


def test_no_two_canaries_share_a_form() -> None:
    """A find names its kind."""
    every = pl.Series([form.lower() for canary in CANARIES for form in forms(canary.secret)])
    assert every.is_duplicated().sum() == 0, every.filter(every.is_duplicated()).to_list()
