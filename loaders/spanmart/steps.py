"""Run the command line's own commands one after another, each in a process of its own.

A process of its own gives each step its exit code and its memory back, and DuckDB no chance to keep
an old warehouse open over the swap.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence


def run_command(name: str, arguments: Sequence[str], settings: Mapping[str, str]) -> int:
    """Run `spanmart <name>` with `settings` added to the environment; its exit code."""
    sys.stdout.flush()
    return subprocess.run(_command(name, arguments), env=_with(settings), check=False).returncode


def ask_command(
    name: str, arguments: Sequence[str], settings: Mapping[str, str]
) -> tuple[int, str]:
    """As `run_command`, with what the command printed instead of printing it."""
    ran = subprocess.run(
        _command(name, arguments),
        env=_with(settings),
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    return ran.returncode, ran.stdout


def _command(name: str, arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "spanmart.cli", name, *arguments]


def _with(settings: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, **settings}
