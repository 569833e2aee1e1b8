"""The generator as a program: the same bytes again, never over somebody else's files."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from spanmart.commands.demo_traffic import command
from spanmart.demo.generate import NotOurs, Settings, generate

SMALL = Settings(days=3, seed=11, requests_per_day=30)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    generate(tmp_path / "one", SMALL)
    generate(tmp_path / "two", SMALL)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_another_seed_gives_other_traces(tmp_path: Path) -> None:
    generate(tmp_path / "one", SMALL)
    generate(tmp_path / "two", Settings(days=3, seed=12, requests_per_day=30))
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    day = "traces/2026-11-20.otlp.jsonl"
    assert one[day] != two[day]


def test_a_complete_folder_is_left_alone(tmp_path: Path) -> None:
    assert generate(tmp_path, SMALL)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert not generate(tmp_path, SMALL)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_other_settings_replace_what_was_there(tmp_path: Path) -> None:
    generate(tmp_path, Settings(days=5, seed=11, requests_per_day=30))
    assert generate(tmp_path, SMALL)
    assert len(list((tmp_path / "traces").iterdir())) == 3


def test_an_interrupted_run_is_made_anew(tmp_path: Path) -> None:
    generate(tmp_path, SMALL)
    whole = contents(tmp_path)
    (tmp_path / "manifest.json").unlink()
    (tmp_path / "traces" / "2026-11-20.otlp.jsonl").write_bytes(b"half")
    assert generate(tmp_path, SMALL)
    assert contents(tmp_path) == whole


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("the only copy")
    with pytest.raises(NotOurs, match="not made by demo-traffic"):
        generate(tmp_path, SMALL)
    assert contents(tmp_path) == {"thesis.txt": b"the only copy"}


def test_the_command_names_what_it_planted(tmp_path: Path) -> None:
    arguments = ["--out", str(tmp_path / "out"), "--days", "3", "--requests-per-day", "30"]
    first = CliRunner().invoke(command, arguments)
    assert first.exit_code == 0, first.output
    assert "changed_mix" in first.output
    again = CliRunner().invoke(command, arguments)
    assert "already there" in again.output
    refused = CliRunner().invoke(command, ["--out", str(tmp_path)])
    assert refused.exit_code == 2
    assert "name another folder" in refused.output
