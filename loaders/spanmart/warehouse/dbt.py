"""Run dbt in a process of its own: it keeps locks and loggers for the life of its process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


class NoProject(Exception):
    """There is no dbt project where one was looked for."""


class NoDbt(Exception):
    """The dbt command is not installed beside this Python."""


def project_dir() -> Path:
    """The dbt project: where DBT_PROJECT_DIR says, else this folder, else the clone we run from."""
    said = os.environ.get("DBT_PROJECT_DIR")
    places = [Path(said)] if said else [Path.cwd(), Path(__file__).resolve().parents[3]]
    for place in places:
        if (place / "dbt_project.yml").is_file():
            return place
    raise NoProject(
        f"no dbt_project.yml in {' or '.join(str(place) for place in places)}: "
        "run spanmart in the folder of the dbt project, or set DBT_PROJECT_DIR"
    )


def run_dbt(arguments: Sequence[str], settings: Mapping[str, str]) -> int:
    """Run dbt with `settings` added to the environment; its exit code. Output passes through."""
    project = project_dir()
    command = [_dbt(), *arguments, "--project-dir", str(project)]
    environment = {
        # A profile of the user's own wins; without one the project's own profiles.yml is used.
        "DBT_PROFILES_DIR": str(project),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        # A night's log is read in a file.
        "DBT_USE_COLORS": str(sys.stdout.isatty()).lower(),
        **os.environ,
        **settings,
    }
    sys.stdout.flush()
    return subprocess.run(command, env=environment, check=False).returncode


def _dbt() -> str:
    beside = Path(sys.executable).with_name("dbt")
    found = str(beside) if beside.exists() else shutil.which("dbt")
    if found is None:
        raise NoDbt(
            "dbt is not installed: `pip install spanmart` brings it, `make demo` sets it up"
        )
    return found
