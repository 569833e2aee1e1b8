"""One file on its way into the ledger."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from spanmart.rejects import Reject


@dataclass
class Load:
    """What the ledger says of one file; the counts are complete after the commit."""

    load_id: str
    source: str
    source_format: str
    source_file: str
    content_sha256: str = ""
    bytes: int = 0
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(tzinfo=None))
    records_read: int = 0
    records_landed: int = 0
    records_duplicate: int = 0
    redactions: int = 0
    rejects: list[Reject] = field(default_factory=list)
    # How often a bound on one record was hit, by the attribute that says so on the record.
    limits: Counter[str] = field(default_factory=Counter)
    # Its place among the loads of its commit: what the draft calls it.
    place: int = 0
    # Set when another lander has landed the same content in the meantime.
    was_landed_before: bool = False

    @property
    def records_rejected(self) -> int:
        return len(self.rejects)
