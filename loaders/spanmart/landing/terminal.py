"""How far a run has come, on a terminal; elsewhere nothing is shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TransferSpeedColumn
from rich.text import Text

from spanmart.landing import results
from spanmart.safe_text import one_line

_NAME_CHARS = 40


class _Counts(ProgressColumn):
    """Files, records a second and rejects."""

    def render(self, task: Task) -> Text:
        done: results.Done = task.fields["done"]
        files = f"{done.files}/{done.files_total} files"
        speed = done.records / task.elapsed if task.elapsed else 0
        rejected = f", {done.rejects:,} rejected" if done.rejects else ""
        return Text(f"{files}, {speed:,.0f} records/s{rejected}")


@contextmanager
def progress_bar() -> Iterator[results.Progress | None]:
    """What to give to `land` as `progress`; None when nobody watches."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TransferSpeedColumn(),
        _Counts(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None, done=results.Done())

        def show(done: results.Done) -> None:
            # The end of a path tells files apart.
            name = one_line(done.current[-_NAME_CHARS:], _NAME_CHARS)
            bar.update(
                task, description=name, completed=done.bytes, total=done.bytes_total, done=done
            )

        yield show
