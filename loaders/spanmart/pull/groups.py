"""Pages on their way into landing: in memory, so many of them together, as files that are none."""

from __future__ import annotations

import io
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO
from urllib.parse import quote

from spanmart.landing.files import Found
from spanmart.pull.remembered import Of
from spanmart.pull.streams import Page, iso, line

# Pages land together up to this much JSON. It waits in memory, twice while it is put together; what
# landing needs on top (1.2 GB for a format that is SQL) does not grow with it. Half of it would
# make twice the commits of a first pull, and a commit is 0.1 s and a file a table.
GROUP_BYTES = 32 << 20


@dataclass(frozen=True)
class InMemory:
    """Bytes that were never on a disk, as landing reads a file."""

    content: bytes = field(repr=False)
    # The next pull of the same hours is another one: that it begins alike saves nothing.
    can_grow: bool = False

    @property
    def size(self) -> int:
        return len(self.content)

    def open(self, position: int = 0) -> BinaryIO:
        stream = io.BytesIO(self.content)
        stream.seek(position)
        return stream


@dataclass
class Group:
    """Pages of one stream that land in one commit: a line a row, a file a table and format."""

    of: Of
    since: datetime
    # Up to where all is in this group or landed before, and where the window ends that is read.
    until: datetime
    reading_until: datetime
    # Since the last time that `until` was remembered; `size` is the bytes that wait.
    rows: int = 0
    size: int = 0
    _lines: dict[tuple[str, str], list[bytes]] = field(default_factory=lambda: defaultdict(list))

    @property
    def is_full(self) -> bool:
        return self.size >= GROUP_BYTES

    def add(self, page: Page) -> None:
        lines = [line(row) for row in page.rows]
        self._lines[page.table, page.format] += lines
        self.rows += len(lines)
        self.size += sum(map(len, lines)) + len(lines)

    def files(self) -> list[tuple[str, Found]]:
        """Each with the format that reads it. Takes the rows out of the group."""
        found = []
        for (table, format_name), lines in self._lines.items():
            lines.append(b"")
            content = b"\n".join(lines)
            lines.clear()
            if content:
                name = f"{self._place(table)}?from={iso(self.since)}&to={iso(self.reading_until)}"
                source = InMemory(content)
                found.append((format_name, Found(name, True, source.size, source=source)))
        self._lines.clear()
        self.size = 0
        return found

    def _place(self, table: str) -> str:
        project = quote(self.of.project_id, safe="")
        return f"pull://{self.of.vendor}/{self.of.host}/{project}/{table}"
