"""How often and after how long a request is made again."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Too early, too many, and what gateways say of a server that is away or overloaded.
RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})


@dataclass(frozen=True)
class Patience:
    """1, 2, 4 … 60 seconds, each less up to a half by chance, so that many pulls which failed
    together do not come back together: some two minutes in all, which outlives the restart of a
    server. What a server asks for (Retry-After) is waited for instead, up to `longest_asked`: the
    windows of the vendors' rate limits are a minute long, a quarter of an hour is another matter.
    """

    attempts: int = 8
    # A host that never answered is more likely misspelt than away.
    first_attempts: int = 3
    shortest: float = 1.0
    longest: float = 60.0
    longest_asked: float = 900.0

    def seconds(self, failures: int) -> float:
        most = min(self.longest, self.shortest * 2.0 ** (failures - 1))
        return most * random.uniform(0.5, 1.0)


def asked_for(retry_after: str | None, date: str | None) -> float | None:
    """Seconds that a `Retry-After` asks for: a number, or a time, which is taken relative to the
    server's own clock (RFC 9110, 10.2.3). None where it says nothing that can be understood."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isdigit():
        return float(text[:9])
    until = moment(text)
    if until is None:
        return None
    return max(0.0, (until - (moment(date) or datetime.now(UTC))).total_seconds())


def moment(http_date: str | None) -> datetime | None:
    """A time as HTTP headers write it."""
    try:
        parsed = parsedate_to_datetime(http_date or "")
    except (TypeError, ValueError):
        return None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
