"""Where the time of landing goes, by stage: nothing unless a benchmark asks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

_NOTHING = nullcontext()
# Innermost last: a stage inside another is taken out of the outer one.
_running: list[str] = []
_seconds: dict[str, float] | None = None
_since = 0.0


def stage(name: str) -> AbstractContextManager[None]:
    """Books the CPU seconds of what is done inside to this stage, when somebody measures."""
    return _NOTHING if _seconds is None else _booked(name)


@contextmanager
def measured() -> Iterator[dict[str, float]]:
    """CPU seconds of the whole process by stage, filled in while the context lasts.

    CPU of a process cannot be told apart by thread where libraries keep threads of their own, so
    this is right only while one thing is done at a time: land with one worker.
    """
    global _seconds, _since
    _seconds, _since = {}, time.process_time()
    _running.append("other")
    try:
        yield _seconds
    finally:
        _book()
        _running.clear()
        _seconds = None


@contextmanager
def _booked(name: str) -> Iterator[None]:
    _book()
    _running.append(name)
    try:
        yield
    finally:
        _book()
        _running.pop()


def _book() -> None:
    global _since
    now = time.process_time()
    if _seconds is not None:
        _seconds[_running[-1]] = _seconds.get(_running[-1], 0.0) + now - _since
    _since = now
