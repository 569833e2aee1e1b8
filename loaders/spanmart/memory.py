"""How a process that lands keeps its memory: batch after batch of some 100 MB, all alike.

glibc gives every larger piece back to the system at once, and the system clears each page that it
hands out again. Kept instead, and shared by the threads, landing takes about an eighth less CPU and
less memory, not more (benchmarks/RESULTS.md).
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import platform

import pyarrow as pa

# mallopt(3): what to keep at the top, how much to ask for at once, from which size on a piece is
# mapped for itself (32 MB is the most that glibc takes), and how many arenas there are.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -2, -3, -8
_KEPT_BYTES, _ASKED_BYTES, _MAPPED_BYTES = 1 << 30, 64 << 20, 32 << 20


def keep_memory() -> None:
    """For a process of its own, before it starts threads; elsewhere than on glibc, little."""
    # What was imported stays: the garbage collector need not walk over it again and again.
    gc.freeze()
    # DuckDB's binding counts what is left at the end, and complains of what nobody collected.
    atexit.register(gc.unfreeze)
    if platform.libc_ver()[0] != "glibc":
        return
    mallopt = ctypes.CDLL(None).mallopt
    for option, value in (
        (_TRIM_THRESHOLD, _KEPT_BYTES),
        (_TOP_PAD, _ASKED_BYTES),
        (_MMAP_THRESHOLD, _MAPPED_BYTES),
        (_ARENA_MAX, 1),
    ):
        mallopt(option, value)
    pa.set_memory_pool(pa.system_memory_pool())


def give_back() -> None:
    """What was kept and is not in use: after a commit, whose tables are of other sizes than what
    comes next."""
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)
