"""The command line: finds the commands, says what they do, and turns every error into a sentence.

A command is a module in `spanmart.commands` with a click command named `command`; the file name is
its name. Dropping a file there is all it takes to add one.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from importlib.abc import MetaPathFinder
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import click

from spanmart import commands
from spanmart.safe_text import one_line

# The order one works in; a command that is not named here follows, by name.
WORKFLOW = (
    *("demo", "formats", "land", "pull", "check", "nightly", "trace"),
    *("retention", "raw", "privacy-audit"),
    *("prices", "demo-traffic"),
)

EPILOG = """\
\b
Environment:
  SPANMART_LANDING    where Parquet lands, folder or URL   (default: landing)
  SPANMART_WAREHOUSE  the DuckDB file of the marts         (default: warehouse/spanmart.duckdb)
  SPANMART_HASH_KEY   secret of the keyed hashes that stand in for users; without it a key
                      is made once and kept beside the landing folder
  SPANMART_PRIVACY    the privacy policy                   (default: privacy.yml)
  SPANMART_RAW_KEY    key of the raw content, where the policy keeps any
  SPANMART_MAX_*      bounds on one record: docs/rejects.md
  DBT_PROJECT_DIR     the dbt project                      (default: this folder)
  SPANMART_DEBUG      1: show where an unexpected error came from

\b
Exit codes:
  0  done            3  landed, but some records were rejected (`spanmart land` names them)
  1  it failed       4  not found
  2  wrong usage
"""


class Workflow(click.Group):
    """A group whose commands are the modules of `spanmart.commands`, in the order one works in."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        found = {
            module.name.replace("_", "-")
            for module in pkgutil.iter_modules(commands.__path__)
            if not module.name.startswith("_")
        }
        known = [name for name in WORKFLOW if name in found]
        return known + sorted(found.difference(known))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{commands.__name__}.{cmd_name.replace('-', '_')}")
        command = module.command
        assert isinstance(command, click.Command), f"{module.__name__}.command is no click command"
        command.name = cmd_name
        return command


def installed_version() -> str:
    try:
        return version("spanmart")
    except PackageNotFoundError:
        return "not installed"


@click.command(
    cls=Workflow,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)
@click.version_option(installed_version(), prog_name="spanmart")
def root() -> None:
    """Raw LLM span exports to tested marts: why an answer was bad, what it cost, and whether a
    prompt version made things worse.

    \b
      export files --land--> landing/ (Parquet) --dbt build--> facts and marts --> BI, alerts

    A night's work is `spanmart nightly exports/`; by hand it is `spanmart land exports/`,
    `spanmart check` and `dbt build`. `spanmart demo` shows all of it on shipped data.
    """


class _WithoutPandas(MetaPathFinder):
    """pyarrow imports pandas, where it is installed, for the first array that it makes: a third of
    a second of a command that has no use for it."""

    commands = ("land", "pull")

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("spanmart land does without pandas", name=fullname)


def main() -> None:
    """Run the command line; the only place where a process of ours ends."""
    if sys.argv[1:2] and sys.argv[1] in _WithoutPandas.commands:
        sys.meta_path.insert(0, _WithoutPandas())
    try:
        code: Any = root.main(prog_name="spanmart", standalone_mode=False)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.Abort:
        click.echo("stopped", err=True)
        code = 130
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except BrokenPipeError:
        # The reader (`| head`) went away: nothing to say, and nobody to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except Exception as error:
        if os.environ.get("SPANMART_DEBUG") == "1":
            raise
        click.echo(f"Error: {_sentence(error)}", err=True)
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


def _sentence(error: Exception) -> str:
    """Our own errors and the system's say what to do; any other names its kind as well."""
    said = one_line(str(error)) or "no more is known"
    if type(error).__module__.startswith("spanmart") or isinstance(error, OSError):
        return said
    return f"{type(error).__name__}: {said} (set SPANMART_DEBUG=1 to see where)"


if __name__ == "__main__":
    main()
