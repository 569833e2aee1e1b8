"""The audit trail: what was deleted or looked at, by whom and why; nobody's name, nobody's text."""

from __future__ import annotations

import getpass
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from spanmart import __version__
from spanmart.privacy.side_tables import add_rows
from spanmart.redaction.identity import Identities
from spanmart.redaction.masking import mask_text
from spanmart.safe_text import one_line
from spanmart.settings import existing_hash_key

EXPIRE, ERASE, READ_RAW = "expire", "erase", "read_raw"
STARTED, DONE = "started", "done"

Counts = dict[str, Any]


@dataclass
class Act:
    """One deletion or one look. Its rows share `audit_id`."""

    landing: Path
    action: str
    reason: str
    as_of: datetime | None = None
    subject_hashes: Sequence[str] = ()
    trace_ids: Sequence[str] = ()
    audit_id: str = field(default_factory=lambda: secrets.token_hex(16))

    def record(self, status: str, counts: Sequence[Counts]) -> None:
        """Lands one row for each of `counts` (columns of the table that tell them apart).

        `started` rows are written before anything happens, so that an act that broke off shows.
        """
        shared = {
            "audit_id": self.audit_id,
            "status": status,
            "action": self.action,
            # People write names and ticket texts here.
            "reason": mask_text(one_line(self.reason)) or None,
            "as_of": self.as_of,
            "subject_hashes": list(self.subject_hashes),
            "trace_ids": list(self.trace_ids),
            "performed_by_hash": _performed_by(self.landing),
            "spanmart_version": __version__,
        }
        add_rows(self.landing, "audits", [shared | each for each in counts])


def _performed_by(landing: Path) -> str | None:
    """The keyed hash of the system's user name; None where there is no key or no name."""
    key = existing_hash_key(landing)
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        return None
    return Identities(key.secret).hashed(name) if key else None
