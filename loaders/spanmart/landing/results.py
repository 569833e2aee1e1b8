"""What became of the files that a user named, and how far a run has come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from spanmart.landing.load import Load
from spanmart.redaction.masking import mask_text

LANDED, SKIPPED, EMPTY, UNREADABLE = "landed", "skipped", "empty", "unreadable"


@dataclass
class FileResult:
    """What became of one file."""

    name: str
    is_named: bool
    status: str
    note: str = ""
    load: Load | None = None
    bytes: int = 0

    def __post_init__(self) -> None:
        # What is said of a run is kept in logs, and names of files hold addresses.
        self.name = mask_text(self.name)


@dataclass
class LandResult:
    """Of a run. In a dry run `landed` is what would have landed, and nothing did."""

    files: list[FileResult] = field(default_factory=list)
    landing: str = ""
    key_made_at: Path | None = None
    is_dry_run: bool = False
    seconds: float = 0.0

    def of_status(self, status: str) -> list[FileResult]:
        return [each for each in self.files if each.status == status]

    def total(self, count: str) -> int:
        """Of `records_read`, `records_landed`, `records_duplicate` or `records_rejected`."""
        return sum(getattr(each.load, count) for each in self.of_status(LANDED) if each.load)

    @property
    def limits(self) -> Counter[str]:
        """How often a bound on one record was hit, by the attribute that says so on the record."""
        return sum((each.load.limits for each in self.files if each.load), Counter())

    @property
    def exit_code(self) -> int:
        """0 all landed, 3 some not (and named), 1 nothing could be read."""
        unreadable = self.of_status(UNREADABLE)
        if self.files and len(unreadable) == len(self.files):
            return 1
        if self.total("records_rejected") or any(each.is_named for each in unreadable):
            return 3
        return 0


@dataclass
class Done:
    """How far a run has come."""

    files: int = 0
    files_total: int = 0
    bytes: int = 0
    bytes_total: int = 0
    records: int = 0
    rejects: int = 0
    current: str = ""


Progress = Callable[[Done], None]
