"""The landing place: what lies where, what is whole, and how a commit becomes visible at once.

A commit's files are written aside, then put into place, `loads` last. A row whose load is not in
`loads` is not there; files of a commit without a `loads` file are what a killed run left, and go.
Two kinds of place keep that promise by different means: a local folder (`local_store`) by renames
under a lock, object storage (`remote_store`), which has neither, by a numbered log whose next entry
only one lander can create.
"""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import polars as pl
import pyarrow as pa

from spanmart.landing import objects
from spanmart.landing.ledger import Commit, Ledger
from spanmart.landing.schemas import RECORD_TABLES
from spanmart.privacy.policy import Policy

COMPRESSION = "zstd"
# Tables whose files belong to a commit, `loads` last. The others' files stand for themselves.
COMMITTED = (*RECORD_TABLES, "artifacts", "rejects", "loads")
# So that every table can be read before anything landed in it. No commit is named like this.
EMPTY_FOLDER, EMPTY_FILE = "landed_on=1970-01-01", "empty.parquet"


class Conflict(Exception):
    """Another lander has committed since the ledger was read: what is new has to be found anew."""


class CannotStore(OSError):
    """The landing place takes nothing more. What landed before is whole."""


class Store(Protocol):
    """One landing place."""

    @property
    def location(self) -> str:
        """As the user names it."""
        ...

    def make_readable(self) -> None:
        """Gives every table a file, so that a reader finds its columns."""
        ...

    def publish_classes(self, policy: Policy) -> None:
        """Lands the retention classes of the policy where they changed, for models to read."""
        ...

    def staging(self) -> AbstractContextManager[Path]:
        """A local directory for what is not committed yet. It is gone when its lander is; what a
        killed one left goes when the next one starts."""
        ...

    def committing(self) -> AbstractContextManager[None]:
        """While a commit is made. Where the place can lock, no other is made meanwhile."""
        ...

    def ledger(self) -> Ledger:
        """All commits that are whole, as of now."""
        ...

    def columns(self, table: str, commits: Sequence[Commit], names: list[str]) -> pl.LazyFrame:
        """Columns of a table in some of its commits; those that have no rows in it do not count."""
        ...

    def erased_artifacts(self) -> pa.Array:
        """Ids of content that data-subject requests took away, as of now: it must not land again.
        To be called after `ledger`."""
        ...

    def size(self, table: str, commit: Commit) -> int:
        """Bytes of a table's file in a commit; 0 where it has none. Cheap after `ledger`."""
        ...

    def publish(self, drafts: dict[str, Path], commit: Commit) -> None:
        """Makes the files of a commit visible, all or none.

        Raises Conflict when another commit has taken its place, and leaves nothing of it then.
        """
        ...


def open_store(landing: Path | str) -> Store:
    """Of a folder or a URL; creates nothing yet."""
    if isinstance(landing, str) and objects.is_url(landing):
        from spanmart.landing.remote_store import RemoteStore

        return RemoteStore(landing)
    from spanmart.landing.local_store import LocalStore

    return LocalStore(Path(landing))


def new_commit_id() -> str:
    """Sorts by time, and is unique among landers that start in the same microsecond."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"


def day_of(landed_at: datetime) -> str:
    return f"landed_on={landed_at.date().isoformat()}"


@contextmanager
def storing(location: str) -> Iterator[None]:
    """Errors of writing to the landing place, told apart from those of reading a file."""
    try:
        yield
    except CannotStore:
        raise
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        todo = "make room" if full else "see to it"
        said = error.strerror or str(error)
        raise CannotStore(
            f"{location} cannot be written to: {said}. What landed so far is whole: {todo}, then "
            "run the same command again."
        ) from error
