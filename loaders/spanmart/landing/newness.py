"""What is new is told by what landed: its keys, read a few commits at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from spanmart.landing.keys import Halves, keys
from spanmart.landing.ledger import Commit, Ledger, Reach
from spanmart.landing.store import Store

# The column by which rows of a table are told apart, and that which prunes where to look for them.
HASH_COLUMN = {
    "spans": "record_hash",
    "log_records": "record_hash",
    "feedback": "record_hash",
    "vendor_usage": "record_hash",
    "artifacts": "artifact_id",
}
TIME_COLUMN = {
    "spans": "start_time_unix_nano",
    "log_records": "time_unix_nano",
    "feedback": "time_unix_nano",
    "vendor_usage": "start_time_unix_nano",
}
# Commits whose keys are in memory at once while they are compared: many small ones, or one big one
# (32 MB of artifacts have some 130,000 ids, which take 20 MB).
_COMMITS_AT_ONCE = 8
_BYTES_AT_ONCE = 32 << 20
# Content is looked for in the newest commits only, up to this much of it: prompts come again within
# hours, and looking through all history would cost a lander of small files more than landing them.
# Content that comes again later lands again; `stg_artifacts` has one row for each all the same.
# This much has a million pieces of 700 bytes; their keys take 32 MB while a commit is made.
_LOOK_BACK_BYTES = 128 << 20
_LOOK_BACK_COMMITS = 64


def looked_back(store: Store, ledger: Ledger) -> list[Commit]:
    """The newest commits, whose content is not landed again."""
    newest: list[Commit] = []
    size = 0
    for commit in reversed(ledger.commits[-_LOOK_BACK_COMMITS:]):
        size += store.size("artifacts", commit)
        if size > _LOOK_BACK_BYTES:
            break
        newest.append(commit)
    return newest


def landed(
    store: Store, table: str, commits: Sequence[Commit], reach: Reach | None = None
) -> Iterator[Halves]:
    """The keys that landed, a few commits at a time; equal records have equal times."""
    names = [HASH_COLUMN[table]] + ([TIME_COLUMN[table]] if reach else [])
    for some in _few_at_once(store, table, commits):
        frame = store.columns(table, some, names)
        if reach is not None:
            frame = frame.filter(_within(pl.col(TIME_COLUMN[table]), reach))
        hashes = frame.select(HASH_COLUMN[table]).collect().to_series()
        yield keys(hashes.to_arrow())


def _few_at_once(store: Store, table: str, commits: Sequence[Commit]) -> Iterator[list[Commit]]:
    some: list[Commit] = []
    size = 0
    for commit in commits:
        some.append(commit)
        size += store.size(table, commit)
        if len(some) == _COMMITS_AT_ONCE or size >= _BYTES_AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some


def _within(time: pl.Expr, reach: Reach) -> pl.Expr:
    known = time.is_between(pl.lit(reach.first), pl.lit(reach.last)).fill_null(False)
    return known | time.is_null() if reach.has_unknown else known
