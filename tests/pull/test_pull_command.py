"""`spanmart pull` as a person and a scheduler use it; and that a secret goes nowhere."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from landed import Landing
from loopback import Answer, Asked, Loopback
from vendors import PUBLIC, SECRET, FakeLangfuse, observation, score

from spanmart.commands.pull import command
from spanmart.pull import langfuse as vendor

ROOT = Path(__file__).resolve().parents[2]
# The secret, and what HTTP Basic makes of the two keys.
TOKEN = base64.b64encode(f"{PUBLIC}:{SECRET}".encode())
CANARY = re.compile(rb"CANARY|" + re.escape(TOKEN))


@pytest.fixture(autouse=True)
def _no_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendor, "_SECONDS_BETWEEN", 0.0)


def run(landing: Landing, environment: dict[str, str], *arguments: object) -> Result:
    given = ["langfuse", *map(str, arguments), "--landing", str(landing.root)]
    return CliRunner(env=environment).invoke(command, given)


def test_the_report_says_what_was_read_and_the_next_step(
    landing: Landing, langfuse: FakeLangfuse
) -> None:
    langfuse.observations = [observation(number) for number in range(3)]
    result = run(landing, langfuse.environment, "--since", "3d")
    assert result.exit_code == 0, result.output
    assert re.search(r"observations of support: first read from .* UTC, 3 rows", result.output)
    assert "3 new records" in result.output
    assert "Next: dbt build" in result.output


def test_json_is_one_line_for_schedulers(landing: Landing, langfuse: FakeLangfuse) -> None:
    langfuse.observations = [observation(number) for number in range(3)]
    langfuse.scores = [score(1)]
    result = run(landing, langfuse.environment, "--since", "3d", "--json", "--source", "prod")
    [line] = result.stdout.splitlines()
    said = json.loads(line)
    assert said["exit_code"] == result.exit_code == 0
    assert (said["landed"], said["vendor"]) == (4, "langfuse")
    assert [(each["stream"], each["rows"]) for each in said["streams"]] == [
        ("observations", 3),
        ("scores", 1),
    ]
    assert landing.rows("spans")[0]["source"] == "prod"


def test_a_failure_is_one_sentence_and_says_what_landed(
    landing: Landing, langfuse: FakeLangfuse, loopback: Loopback
) -> None:
    answer = loopback.handler

    def breaks(asked: Asked) -> Answer:
        if "scores" in asked.path and "fromTimestamp" in asked.query:
            return Answer({"message": "the scores are being mended"}, 400)
        return answer(asked)

    loopback.handler = breaks
    langfuse.observations = [observation(0)]
    result = run(landing, langfuse.environment, "--since", "3d")
    assert result.exit_code == 1
    assert "the scores are being mended" in result.stderr
    assert "1 new records" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["--since", "3d"], {}, "LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY must be set"),
        (["--lookback", "soon"], {}, "'soon' is no duration"),
        (["--since", "soon"], {}, "neither a duration"),
        (["--page-rows", "0"], {}, "--page-rows"),
        (
            ["--since", "3d"],
            {
                "LANGFUSE_HOST": f"https://{PUBLIC}:{SECRET}@cloud.langfuse.com",
                "LANGFUSE_PUBLIC_KEY": PUBLIC,
                "LANGFUSE_SECRET_KEY": SECRET,
            },
            "LANGFUSE_HOST holds a name or a password",
        ),
    ],
)
def test_wrong_usage_is_told_and_nothing_is_asked(
    landing: Landing, arguments: list[str], environment: dict[str, str], said: str
) -> None:
    result = run(landing, environment, *arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert SECRET not in result.output


def test_no_secret_is_shown_or_kept_whatever_the_server_does_with_it(
    landing: Landing, langfuse: FakeLangfuse, loopback: Loopback, tmp_path: Path
) -> None:
    """The server repeats our keys in a row, in an error that is tried again, in one that is not,
    and where a redirect leads; in a process of its own, of which all output and files are read."""
    said = f"they said {SECRET} to me"
    langfuse.observations = [
        observation(0, input=said, metadata={"note": said}, name=said, statusMessage=said)
    ]
    langfuse.scores = [score(0, comment=said)]
    answer = loopback.handler
    count = 0

    def repeats(asked: Asked) -> Answer:
        nonlocal count
        count += 1
        if count == 1:
            return Answer({"message": said}, 503, {"Retry-After": "0"})
        if "scores" in asked.path and "fromTimestamp" in asked.query:
            if count % 2:
                return Answer({"message": f"{asked.headers['Authorization']}, {said}"}, 400)
            return Answer({}, 302, {"Location": f"{loopback.url}/{SECRET}"})
        return answer(asked)

    loopback.handler = repeats
    environment = {
        **{name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
        **langfuse.environment,
        "PYTHONPATH": str(ROOT / "loaders"),
        "TMPDIR": str(tmp_path),
        "HOME": str(tmp_path),
    }
    shown = b""
    for more in ([], ["--json"]):
        arguments = ["pull", "langfuse", "--since", "3d", "--landing", str(landing.root), *more]
        ran = subprocess.run(
            [sys.executable, "-m", "spanmart.cli", *arguments],
            env=environment,
            capture_output=True,
            check=False,
        )
        assert ran.returncode == 1, ran.stderr
        shown += ran.stdout + ran.stderr
    assert {"302", "400"} & set(re.findall(r"answered with (\d+)", shown.decode()))
    assert landing.rows("spans"), "the row with the secret in it must have landed"
    assert not CANARY.search(shown)
    kept = {path: _content(path) for path in tmp_path.rglob("*") if path.is_file()}
    assert len(kept) > 5
    assert not [path for path, content in kept.items() if CANARY.search(content)]


def _content(path: Path) -> bytes:
    """All values of Parquet, whose pages are compressed; any other file as it is."""
    if path.suffix != ".parquet":
        return path.read_bytes()
    import pyarrow.parquet as pq

    return repr(pq.read_table(path, partitioning=None).to_pylist()).encode()
