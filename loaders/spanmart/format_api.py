"""What a format is written with, for packages that bring their own.

A format is a module with `ABOUT`, `sniff` and `read` (see `spanmart.formats`), named by an entry
point in the group `spanmart.formats`:

    [project.entry-points."spanmart.formats"]
    acme = "acme_spanmart.traces"

Most formats are a SELECT over their records:

    from spanmart.format_api import About, Head, Queries, Status, Verdict, read_records

    def sniff(head: Head) -> Verdict:
        return head.has("acme_trace", "acme_span")

    def read(stream):
        return read_records(stream, Queries(spans=SPANS))

The columns that such a SELECT may give are said in `spanmart.formats._sql.rows`; the macros that it
may use stand in `_sql/macros.sql`. `spanmart.testing` checks the result against samples.
"""

from __future__ import annotations

from spanmart.feedback import KINDS as FEEDBACK_KINDS
from spanmart.feedback import SOURCES as FEEDBACK_SOURCES
from spanmart.formats import About, Format, Status
from spanmart.formats._head import CLAIMED, Container, Head, Verdict, declined
from spanmart.formats._sql.reading import Queries
from spanmart.formats._sql.reading import read as read_records
from spanmart.records import Batch, Children, KeyValues, Records
from spanmart.rejects import Reason, Reject

__all__ = [
    "CLAIMED",
    "FEEDBACK_KINDS",
    "FEEDBACK_SOURCES",
    "About",
    "Batch",
    "Children",
    "Container",
    "Format",
    "Head",
    "KeyValues",
    "Queries",
    "Reason",
    "Records",
    "Reject",
    "Status",
    "Verdict",
    "declined",
    "read_records",
]
