"""Run the command line's own commands one after another, each in a process of its own.

A process of its own gives each step its exit code and its memory back, and DuckDB no chance to keep
an old warehouse open over the swap.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence


def run_command(
    name: str, arguments: Sequence[str], settings: Mapping[str, str], quiet: bool = False
) -> int:
    """Run `spanmart <name>` with `settings` added to the environment; its exit code."""
    sys.stdout.flush()
    return subprocess.run(
        [sys.executable, "-m", "spanmart.cli", name, *arguments],
        env={**os.environ, **settings},
        check=False,
        stdout=subprocess.DEVNULL if quiet else None,
    ).returncode
