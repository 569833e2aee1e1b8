"""The command line as a whole: what it offers, and how it fails."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from spanmart import cli, commands
from spanmart.warehouse.reading import NoWarehouse

MODULES = sorted(
    path.stem for path in Path(commands.__path__[0]).glob("*.py") if not path.stem.startswith("_")
)


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["spanmart", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert isinstance(stopped.value.code, int)
    return stopped.value.code


@pytest.mark.parametrize("module", MODULES)
def test_every_command_has_a_help_page_with_a_first_sentence(module: str) -> None:
    name = module.replace("_", "-")
    page = CliRunner().invoke(cli.root, [name, "--help"])
    assert page.exit_code == 0, page.output
    command = cli.root.get_command(click.Context(cli.root), name)
    assert command is not None and command.get_short_help_str()


def test_the_help_page_names_every_command_in_the_order_of_work() -> None:
    page = CliRunner().invoke(cli.root, ["--help"]).output
    listed = page[page.index("Commands:") :]
    places = [listed.index(f"\n  {name}") for name in cli.WORKFLOW if name in _names()]
    assert places == sorted(places)
    assert all(f"\n  {name}" in listed for name in _names())


def test_the_help_page_names_the_environment_and_the_exit_codes() -> None:
    page = CliRunner().invoke(cli.root, ["--help"]).output
    for word in ("SPANMART_LANDING", "SPANMART_WAREHOUSE", "SPANMART_HASH_KEY", "Exit codes"):
        assert word in page


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NoWarehouse("no warehouse here"), "Error: no warehouse here\n"),
        (PermissionError(13, "Permission denied", "x.parquet"), "Permission denied: 'x.parquet'"),
        (KeyError("span"), "Error: KeyError: 'span' (set SPANMART_DEBUG=1 to see where)\n"),
        (ValueError("\x1b[2Jgone"), r"ValueError: \x1b[2Jgone"),
    ],
)
def test_an_error_is_a_sentence_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    said: str,
) -> None:
    @click.command()
    def command() -> None:
        raise error

    monkeypatch.delenv("SPANMART_DEBUG", raising=False)
    monkeypatch.setattr(cli.Workflow, "get_command", lambda *_: command)
    assert run_main(monkeypatch, "anything") == 1
    printed = capsys.readouterr().err
    assert said in printed
    assert "Traceback" not in printed and printed.count("\n") == 1


def test_the_exit_code_of_a_command_is_that_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    @click.pass_context
    def command(ctx: click.Context) -> None:
        ctx.exit(3)

    monkeypatch.setattr(cli.Workflow, "get_command", lambda *_: command)
    assert run_main(monkeypatch, "anything") == 3


def test_an_unknown_command_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(monkeypatch, "no-such-command") == 2
    assert "no-such-command" in capsys.readouterr().err


def _names() -> list[str]:
    return [module.replace("_", "-") for module in MODULES]
