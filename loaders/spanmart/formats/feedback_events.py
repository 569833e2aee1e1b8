"""Feedback events in the documented form: JSON Lines, or CSV with a header.

Columns: `kind` and `source`, at least one of `trace_id`, `conversation_id` and `request_id`, and as
far as they are known `occurred_at`, `feedback_id`, `span_id`, `author`, `score`, `label`,
`comment`, `evaluator_name`, `evaluator_version`. Any other column goes to the attributes.

`occurred_at` is ISO-8601 (UTC where no zone is said) or a whole number: seconds, milliseconds,
microseconds or nanoseconds since 1970, told apart by size.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO

from spanmart.feedback import KINDS, SOURCES, Feedback, feedback_records
from spanmart.formats import About, Status, _ids
from spanmart.formats._head import CLAIMED, Head, Verdict, declined
from spanmart.records import Batch
from spanmart.rejects import Reason, Reject, excerpt

_TARGETS = ("trace_id", "conversation_id", "request_id")
_OWN = (
    *("feedback_id", "trace_id", "span_id", "conversation_id", "request_id", "occurred_at", "kind"),
    *("source", "author", "score", "label", "comment", "evaluator_name", "evaluator_version"),
)
_BATCH_ROWS = 20_000
# Lines of the head that are looked at: a damaged first line must not hide what the file is.
_SNIFFED_LINES = 20
# Seconds have up to 11 digits until the year 5138, and each smaller unit three more.
_UNITS = ((11, 1_000_000_000), (14, 1_000_000), (17, 1_000), (20, 1))
_FRACTION = re.compile(r"([.,]\d+)")
# A comment longer than this is an attachment in the wrong place; csv refuses more than 128 KB by
# default.
_MAX_FIELD_BYTES = 16 << 20


class _Unusable(ValueError):
    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


ABOUT = About(
    title="Feedback events in the documented form: JSON Lines or CSV",
    status=Status.RECORDED,
    record_key="feedback_id; without one: all of it",
    version="the latest occurred_at",
)


def sniff(head: Head) -> Verdict:
    lines = head.data.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n")
    if _is_csv_header(lines[0]) or any(_is_event(_parse(each)) for each in lines[:_SNIFFED_LINES]):
        return CLAIMED
    return declined("no kind and source of feedback with an id of what it is about")


def read(stream: BinaryIO) -> Iterator[Batch]:
    batch, rows = Batch(), list[Feedback]()
    for number, record, raw in _records(stream):
        try:
            if isinstance(record, _Unusable):
                raise record
            rows.append(_feedback(record, number))
        except _Unusable as unusable:
            batch.rejects.append(Reject(number, unusable.reason, excerpt(raw), unusable.detail))
        if len(rows) >= _BATCH_ROWS:
            yield _finished(batch, rows)
            batch, rows = Batch(), []
    yield _finished(batch, rows)


def _finished(batch: Batch, rows: list[Feedback]) -> Batch:
    if rows:
        batch.records.append(feedback_records(rows))
    return batch


def _records(stream: BinaryIO) -> Iterator[tuple[int, dict[str, Any] | _Unusable, str]]:
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
    first = text.readline()
    while first and not first.strip():
        first = text.readline()
    if _is_csv_header(first.encode()):
        yield from _csv_records(first, text)
        return
    number = 0
    for number, line in enumerate(_chained(first, text), start=1):
        if line.strip():
            parsed = _parse(line.encode("utf-8", errors="replace"))
            ends = line.endswith("\n")
            reason = Reason.NOT_JSON if ends else Reason.TRUNCATED_RECORD
            yield number, parsed if isinstance(parsed, dict) else _Unusable(reason), line


def _csv_records(
    header: str, text: io.TextIOWrapper
) -> Iterator[tuple[int, dict[str, Any] | _Unusable, str]]:
    """Rows numbered as they come, the header not counted: a quoted comment may run over lines."""
    csv.field_size_limit(_MAX_FIELD_BYTES)
    names = [name.strip().lower() for name in next(csv.reader([header]))]
    rows = csv.reader(text)
    number = 0
    while True:
        number += 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, _Unusable(Reason.NOT_A_ROW, str(error)), ""
            continue
        if not any(field.strip() for field in row):
            continue
        if len(row) != len(names):
            # Nothing of it is shown: which field names a person is what cannot be told.
            detail = f"{len(row)} fields for {len(names)} columns"
            yield number, _Unusable(Reason.NOT_A_ROW, detail), ""
        else:
            record = {name: field for name, field in zip(names, row, strict=True) if field}
            yield number, record, json.dumps(record, ensure_ascii=False)


def _feedback(record: dict[str, Any], number: int) -> Feedback:
    record = {key: value for key, value in record.items() if value is not None and value != ""}
    kind, source = _text(record.get("kind")), _text(record.get("source"))
    if kind not in KINDS:
        raise _Unusable(Reason.BAD_KIND, f"{kind!r}; known: {', '.join(KINDS)}")
    if source not in SOURCES:
        raise _Unusable(Reason.BAD_SOURCE, repr(source))
    if not any(name in record for name in _TARGETS):
        raise _Unusable(Reason.NO_TARGET)
    return Feedback(
        kind=kind,
        feedback_source=source,
        record_number=number,
        feedback_id=_text(record.get("feedback_id")),
        trace_id=_id(record, "trace_id", Reason.BAD_TRACE_ID),
        span_id=_id(record, "span_id", Reason.BAD_SPAN_ID),
        conversation_id=_text(record.get("conversation_id")),
        request_id=_text(record.get("request_id")),
        time_unix_nano=_nanos(record.get("occurred_at")),
        author=_text(record.get("author")),
        score=_score(record.get("score")),
        label=_text(record.get("label")),
        comment=_text(record.get("comment")),
        evaluator_name=_text(record.get("evaluator_name")),
        evaluator_version=_text(record.get("evaluator_version")),
        attributes={
            _text(key) or "": _text(value) for key, value in record.items() if key not in _OWN
        },
    )


def _id(record: dict[str, Any], name: str, reason: Reason) -> str | None:
    given = _text(record.get(name))
    if given is None:
        return None
    found = _ids.trace_id(given) if name == "trace_id" else _ids.span_id(given)
    if not found:
        raise _Unusable(reason, repr(given))
    return found


def _score(value: Any) -> float | None:
    """A number; true and false, as thumbs are often sent, are 1 and 0."""
    if value is None:
        return None
    if str(value).strip().lower() in ("true", "false"):
        return float(str(value).strip().lower() == "true")
    try:
        score = float(value)
    except (TypeError, ValueError):
        raise _Unusable(Reason.BAD_SCORE, repr(value)) from None
    if not math.isfinite(score):
        raise _Unusable(Reason.BAD_SCORE, repr(value))
    return score


def _nanos(value: Any) -> int:
    if isinstance(value, bool) or value is None:
        raise _Unusable(Reason.BAD_TIME, repr(value))
    text = str(value).strip()
    if text.isascii() and text.isdigit():
        for digits, factor in _UNITS:
            if len(text) <= digits and int(text) > 0:
                nanos = int(text) * factor
                if nanos < 1 << 63:
                    return nanos
        raise _Unusable(Reason.BAD_TIME, repr(value))
    return _iso_nanos(text)


def _iso_nanos(text: str) -> int:
    """Exact to the nanosecond, which `datetime` is not."""
    fraction = _FRACTION.search(text)
    digits = fraction[1][1:] if fraction else ""
    try:
        moment = datetime.fromisoformat(_FRACTION.sub("", text, count=1))
    except ValueError:
        raise _Unusable(Reason.BAD_TIME, repr(text)) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    elapsed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    seconds = elapsed.days * 86_400 + elapsed.seconds
    nanos = seconds * 1_000_000_000 + int(digits[:9].ljust(9, "0") or 0)
    if not 0 < nanos < 1 << 63:
        raise _Unusable(Reason.BAD_TIME, repr(text))
    return nanos


def _is_csv_header(line: bytes) -> bool:
    names = {name.strip(b' "\r\n').lower() for name in line.split(b",")}
    return b"kind" in names and any(name.encode() in names for name in _TARGETS)


def _is_event(parsed: Any) -> bool:
    return (
        isinstance(parsed, dict)
        and ("source" in parsed or parsed.get("kind") in KINDS)
        and "kind" in parsed
        and any(name in parsed for name in _TARGETS)
    )


def _parse(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _chained(first: str, rest: io.TextIOWrapper) -> Iterator[str]:
    yield first
    yield from rest


def _text(value: Any) -> str | None:
    """Text as any engine can store it; what is not text in its JSON form."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return text.encode("utf-8", errors="replace").decode()
