"""A small landing folder made row by row, into which a test plants one fault at a time."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from spanmart import __version__
from spanmart.checks.expectations import COUNT, Catalogue
from spanmart.checks.run import measure
from spanmart.checks.suite import observed
from spanmart.checks.window import find_window
from spanmart.landing.schemas import KEY_SEPARATOR, RECORD_TABLES, TABLES

Row = dict[str, Any]

FIRST_NIGHT = datetime(2026, 3, 2, 3, 0)
SECOND = 10**9
# 400 spans: one of them is less than one in a hundred, and more than one in a thousand.
TRACES = 100
_SPANS_A_TRACE = 4


def hexadecimal(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def nanoseconds(at: datetime) -> int:
    return int((at - datetime(1970, 1, 1)).total_seconds()) * SECOND


class PlantedLanding:
    """Rows by table; `write` makes them one commit. Every row is sound until a test spoils it."""

    def __init__(self, root: Path, night: datetime = FIRST_NIGHT, name: str = "a") -> None:
        self.root, self.night, self.name = root, night, name
        self.schemas = dict(TABLES)
        self.tables: dict[str, list[Row]] = {
            "spans": [],
            "log_records": [],
            "feedback": [],
            "vendor_usage": [],
            "artifacts": [],
            "rejects": [],
            "loads": [],
        }
        for number in range(TRACES):
            self._add_trace(number)
        spans = self.tables["spans"]
        self.tables["log_records"] = [
            {**self._record(f"log {n}"), "trace_id": spans[n]["trace_id"], "event_name": "said"}
            for n in range(20)
        ]
        self.tables["feedback"] = [
            {
                **self._record(f"thumb {n}"),
                "feedback_id": f"{name}-{n}",
                "trace_id": spans[n]["trace_id"],
                "kind": "thumbs",
                "feedback_source": "user",
                "label": "up",
            }
            for n in range(20)
        ]
        self.tables["vendor_usage"] = [
            {
                **self._record(f"line {n}"),
                "vendor": "openai",
                "kind": "cost",
                "start_time_unix_nano": nanoseconds(night) - SECOND,
                "end_time_unix_nano": nanoseconds(night),
                "line_item": f"model {n}, input",
                "amount": "0.5",
                "currency": "USD",
            }
            for n in range(20)
        ]
        self.tables["rejects"] = [
            {
                "load_id": f"load {name}",
                "source_file": "spans.jsonl",
                "record_number": 1,
                "reason_code": "not_json",
                "reason": "The line is not JSON.",
                "record_redacted": "{",
                "landed_at": night,
            }
        ]
        landed = sum(len(self.tables[table]) for table in RECORD_TABLES)
        self.tables["loads"] = [
            {
                "load_id": f"load {name}",
                "source": "web",
                "source_format": "otlp_json",
                "source_file": "spans.jsonl",
                "content_sha256": hexadecimal(name, 64),
                "bytes": 1000,
                "records_read": landed + 1,
                "records_landed": landed,
                "records_duplicate": 0,
                "records_rejected": 1,
                "redactions": 0,
                "started_at": night - timedelta(minutes=1),
                "landed_at": night,
                "spanmart_version": __version__,
            }
        ]

    @property
    def spans(self) -> list[Row]:
        return self.tables["spans"]

    @property
    def calls(self) -> list[Row]:
        """The spans that are model calls: one a trace."""
        return [span for span in self.spans if span["name"] == "chat gpt-4o"]

    def write(self) -> Path:
        commit = f"{self.night:%Y%m%dT%H%M%S%f}-{hexadecimal(self.name, 8)}"
        for table, rows in self.tables.items():
            folder = self.root / table / f"landed_on={self.night.date()}"
            folder.mkdir(parents=True, exist_ok=True)
            if rows and table == "spans":
                rows = [{**_told_apart(row), **row} for row in rows]
            if rows:
                written = pa.Table.from_pylist(rows, schema=self.schemas[table])
                pq.write_table(written, folder / f"{commit}.parquet")
        return self.root

    def file(self, table: str) -> Path:
        return next((self.root / table).glob("landed_on=*/*.parquet"))

    def _add_trace(self, number: int) -> None:
        trace_id = hexadecimal(f"{self.name} trace {number}", 32)
        ids = [hexadecimal(f"{self.name} {number} {n}", 16) for n in range(_SPANS_A_TRACE)]
        began = nanoseconds(self.night - timedelta(hours=5)) + number * SECOND
        for place, span_id in enumerate(ids):
            is_call = place == 3
            artifact = hexadecimal(f"{self.name} prompt {number}", 64)
            self.spans.append(
                {
                    **self._record(f"span {number} {place}"),
                    "trace_id": trace_id,
                    "span_id": span_id,
                    "parent_span_id": ids[0] if place else None,
                    "name": "chat gpt-4o" if is_call else f"step {place}",
                    "kind": "internal",
                    "status_code": "unset",
                    "start_time_unix_nano": began + place * 1000,
                    "end_time_unix_nano": began + 2 * SECOND,
                    "attributes": _CALL if is_call else {"spanmart.route.name": "help"},
                    "resource_attributes": {"service.name": "web"},
                    "resource_hash": "web",
                    "artifact_refs": [{"artifact_id": artifact}] if is_call else [],
                }
            )
            if is_call:
                self.tables["artifacts"].append(
                    {
                        "artifact_id": artifact,
                        "artifact_kind": "prompt",
                        "content": f"how do I return order {number}?",
                        "bytes": 30,
                        "redaction_count": 0,
                        "privacy_class": "redacted",
                        "retention_class": "standard",
                        "load_id": f"load {self.name}",
                        "landed_at": self.night,
                    }
                )

    def _record(self, what: str) -> Row:
        return {
            "redaction_count": 0,
            "record_hash": hexadecimal(f"{self.name} {what}", 32),
            "source": "web",
            "source_format": "otlp_json",
            "source_file": "spans.jsonl",
            "record_number": 1,
            "load_id": f"load {self.name}",
            "landed_at": self.night,
        }


def _told_apart(span: Row) -> Row:
    """What the loader would say of these attributes."""
    return {"attribute_keys": KEY_SEPARATOR.join(span["attributes"])}


_CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": "100",
    "gen_ai.usage.output_tokens": "20",
}


def failing(landing: Path, after: datetime | None = None) -> dict[str, int]:
    """The expectations that what landed does not meet, and by how many rows. Judged by arithmetic:
    that Great Expectations judges alike is a test of its own."""
    catalogue = Catalogue.load()
    window = find_window(landing, after)
    assert window is not None
    counts = measure(window, catalogue, None, lambda _: None)
    failed = {}
    for each in catalogue.expectations:
        found = observed(each, counts[each.name])
        if found is not None and found > each.at_most:
            assert each.measure == COUNT or found <= 1, each.name
            failed[each.name] = counts[each.name][0]
    return failed
