"""`spanmart land` as a person and a scheduler use it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from landed import Landing
from otlp_samples import json_lines, span, traces

from spanmart.commands.land import command

Write = Callable[[str, bytes], Path]


def run(landing: Landing, *arguments: object) -> Result:
    return CliRunner().invoke(command, [*map(str, arguments), "--landing", str(landing.root)])


def test_the_summary_names_each_file_and_the_next_step(landing: Landing, write: Write) -> None:
    first = write("a.jsonl", json_lines([traces(span(1), span(2))]))
    second = write("b.jsonl", json_lines([traces(span(2), span(3))]))
    result = run(landing, first, second)
    assert result.exit_code == 0, result.output
    rows = [line.split() for line in result.output.splitlines()]
    assert [str(first), "2", "2", "0", "0"] in rows
    assert [str(second), "2", "1", "1", "0"] in rows
    assert ["total", "4", "3", "1", "0"] in rows
    assert "Next: dbt build" in result.output


def test_rejects_are_named_and_the_exit_code_is_three(landing: Landing, write: Write) -> None:
    path = write("a.jsonl", json_lines([traces(span(1))]) + b"broken\nbroken too\n")
    result = run(landing, path)
    assert result.exit_code == 3
    assert "2 x not_json, first at record 2" in result.output


def test_landing_again_says_that_it_is_landed(landing: Landing, write: Write) -> None:
    path = write("a.jsonl", json_lines([traces(span(1))]))
    run(landing, path)
    result = run(landing, path)
    assert result.exit_code == 0
    assert "landed already" in result.output
    assert "Nothing new" in result.output


def test_json_is_one_line_for_schedulers(landing: Landing, write: Write) -> None:
    path = write("a.jsonl", json_lines([traces(span(1))]) + b"broken\n")
    result = run(landing, path, "--json", "--source", "prod")
    [line] = result.output.splitlines()
    said = json.loads(line)
    assert (said["read"], said["landed"], said["duplicate"], said["rejected"]) == (2, 1, 0, 1)
    assert said["exit_code"] == result.exit_code == 3
    assert said["files"][0]["reasons"] == {"not_json": 1}
    assert landing.rows("spans")[0]["source"] == "prod"


@pytest.mark.parametrize("arguments", [[], ["no/such/file"], ["--format", "nope", "."]])
def test_wrong_usage_is_exit_code_two(
    landing: Landing, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(landing, *arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_nothing_readable_is_exit_code_one(landing: Landing, write: Write) -> None:
    result = run(landing, write("diary.txt", b"dear diary"))
    assert result.exit_code == 1
    assert "Nothing could be read" in result.output


def test_folders_and_globs_find_files_once(landing: Landing, write: Write) -> None:
    folder = write("a.jsonl", json_lines([traces(span(1))])).parent
    write("b.jsonl", json_lines([traces(span(2))]))
    result = run(landing, folder, folder / "*.jsonl", folder / "a.jsonl", "--json")
    assert [each["status"] for each in json.loads(result.output)["files"]] == ["landed", "landed"]


def test_control_characters_in_a_file_name_do_not_reach_the_terminal(
    landing: Landing, write: Write
) -> None:
    path = write("evil\x1b[31m.jsonl", json_lines([traces(span(1))]))
    assert "\x1b" not in run(landing, path).output


def test_the_landing_directory_comes_from_the_environment(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPANMART_LANDING", str(tmp_path / "elsewhere"))
    path = write("a.jsonl", json_lines([traces(span(1))]))
    assert CliRunner().invoke(command, [str(path)]).exit_code == 0
    assert list((tmp_path / "elsewhere" / "spans").glob("*/*.parquet"))
