"""Checks of an export format against a sample of it, for our formats and those of other packages.

    from spanmart.testing import check_sample

    def test_acme() -> None:
        check_sample("acme", "samples/night.jsonl", "samples/night.golden.json")

The golden file says what the sample's records become: `golden` makes it, `write_golden` and
`python -m spanmart.testing SAMPLE...` write it, and a person compares it with the sample, once.
It holds {"spans": [...], "log_records": [...], "feedback": [...], "rejects": [...]}, each record
with what it has of the columns of the landed tables (landing/schemas.py), before redaction; records
that rightly give nothing are listed by number under "nothing".
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from spanmart import formats
from spanmart.formats import Format
from spanmart.formats._head import PARQUET_MAGIC, Container, Head, look
from spanmart.formats._sql import documents
from spanmart.landing import schemas
from spanmart.records import Children, KeyValues, Records

TABLES = schemas.RECORD_TABLES
SUFFIX = ".golden.json"
_ALWAYS_SHOWN = ("spans", "log_records", "feedback")
# Where a copy is cut off: early, and just before the end.
_CUTS = (0.3, 0.97)
# What stands where something else is expected. Co-prime to the bound below, so that a sample of
# many values meets each of these.
_ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e300,
    "",
    "x",
    "2026-13-01T00:00:00Z",
    [],
    [1, None],
    {},
    {"a": [{}]},
)
_MOST_ODD = 200

Golden = dict[str, list[Any]]


class SampleFault(AssertionError):
    """A sample is not read as its format promises; the message says which promise is broken."""


def check_sample(
    format: str | Format, sample_path: str | Path, golden_path: str | Path | None = None
) -> None:
    """Whether the format keeps its promises with this sample. Raises SampleFault.

    That no other format claims the file; that all its records become what the golden file says
    (`<sample without its suffix>.golden.json` unless it is given) and none is lost; that reading
    is repeatable; that a copy which is cut off anywhere, or has odd values, gives rejects and never
    an exception.

    `format` is a name, or a module that no entry point names (yet).
    """
    sample = Path(sample_path)
    module = _module(format)
    data = sample.read_bytes()
    check_claim(module, data)
    read = golden(module, data)
    expected = json.loads(Path(golden_path or golden_of(sample)).read_text(encoding="utf-8"))
    if difference := first_difference(expected, read):
        raise SampleFault(f"{sample.name} is not read as its golden file says: {difference}")
    if difference := first_difference(read, golden(module, data)):
        raise SampleFault(f"{sample.name} read twice is not the same: {difference}")
    check_accounted(read, data)
    check_truncated(module, data)
    check_odd_values(module, data)


def golden(format: str | Format, data: bytes) -> Golden:
    """What the records of a file (decompressed) become, as JSON."""
    found: Golden = {table: [] for table in TABLES}
    rejects: list[dict[str, Any]] = []
    for batch in _module(format).read(io.BytesIO(data)):
        for records in batch.records:
            found[records.table] += rows_of(records)
        rejects += [
            {"record_number": each.record_number, "reason": each.reason.code}
            for each in batch.rejects
        ]
    for rows in found.values():
        rows.sort(key=_place)
    found = {table: rows for table, rows in found.items() if rows or table in _ALWAYS_SHOWN}
    found["rejects"] = sorted(rejects, key=lambda each: (each["record_number"], each["reason"]))
    nothing = sorted(_numbers(data) - _mentioned(found))
    return found | ({"nothing": nothing} if nothing else {})


def rows_of(records: Records) -> list[dict[str, Any]]:
    """Records as JSON objects: the columns that are not null, then what belongs to them."""
    landed = schemas.TABLES[records.table].names
    # `author` is not landed: its keyed hash is.
    order = [name.replace("author_hash", "author") for name in landed]
    names = sorted(records.columns.column_names, key=order.index)
    rows = [_known(row) for row in records.columns.select(names).to_pylist()]
    attributes = _by_owner(records.attributes, len(rows))
    resources = _by_owner(records.resources, records.resource_count)
    events = _children(records.events, len(rows))
    links = _children(records.links, len(rows))
    bodies = [None] * len(rows) if records.body is None else records.body.to_pylist()
    body_name = "comment" if records.table == "feedback" else "body"
    for number, row in enumerate(rows):
        resource = {}
        if records.resource_index is not None and records.resource_count:
            resource = resources[int(records.resource_index[number])]
        more = {
            body_name: bodies[number],
            "attributes": attributes[number],
            "resource_attributes": resource,
            "events": events[number],
            "links": links[number],
        }
        row.update({name: value for name, value in more.items() if value})
    return rows


def write_golden(format: str | Format, sample_path: str | Path) -> Path:
    """Writes what the format makes of the sample now as its golden file, to be checked by eye."""
    sample = Path(sample_path)
    path = golden_of(sample)
    text = json.dumps(golden(format, sample.read_bytes()), indent=2, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8")
    return path


def golden_of(sample: Path) -> Path:
    """Samples of one name in several containers share one golden file: they say the same."""
    return sample.with_name(sample.name.partition(".")[0] + SUFFIX)


def head_of(data: bytes) -> Head:
    """What a file with this content (decompressed) shows of itself."""
    seekable = io.BytesIO(data) if data[:4] == PARQUET_MAGIC else None
    return look(data[: formats.HEAD_BYTES], seekable)


def claims(data: bytes) -> list[str]:
    """The names of the formats that claim a file with this content."""
    head = head_of(data)
    return [name for name in formats.names() if formats.named(name).sniff(head)]


def check_claim(format: str | Format, data: bytes) -> None:
    """That this format claims the file and no other does. Raises SampleFault."""
    module = _module(format)
    name = formats.name_of(module)
    verdict = module.sniff(head_of(data))
    if not verdict:
        raise SampleFault(f"{name} does not claim its own sample: {verdict.why}")
    others = [other for other in claims(data) if other != name]
    if others:
        raise SampleFault(f"{', '.join(others)} claims a sample of {name} as well")


def check_accounted(found: Golden, data: bytes) -> None:
    """That what was found in a file is in it: each record gives a row, a reject that says why not,
    or stands under "nothing". Raises SampleFault."""
    if not _mentioned(found):
        raise SampleFault("no record of the sample is read")
    beyond = sorted(_mentioned(found) - _numbers(data)) if _numbers(data) else []
    if beyond:
        raise SampleFault(f"record {beyond[0]} is not in the file; records count from 1")


def check_truncated(format: str | Format, data: bytes) -> None:
    """That a copy which is cut off gives rows and rejects and no exception. Raises SampleFault."""
    module = _module(format)
    for part in _CUTS:
        cut = data[: int(len(data) * part)]
        try:
            module.sniff(head_of(cut))
            # Parquet says at its end where its columns are: cut off, no format can read it.
            if cut[:4] != PARQUET_MAGIC:
                golden(module, cut)
        except Exception as error:
            place = f"at byte {len(cut)} of {len(data)}"
            raise SampleFault(f"a copy that is cut off {place} raises {error!r}") from error


def check_odd_values(format: str | Format, data: bytes) -> None:
    """That JSON whose members hold what nobody expects gives rows and rejects and no exception:
    an exception costs a whole file. Raises SampleFault."""
    module = _module(format)
    odd = [json.dumps(record) for record in _with_odd_values(head_of(data).records)]
    try:
        golden(module, "\n".join(odd).encode())
    except Exception as error:
        # Which of them it is, is looked for only now.
        for record in odd:
            try:
                golden(module, f"{record}\n{record}".encode())
            except Exception as own:
                raise SampleFault(f"a record like {_shown(record)} raises {own!r}") from own
        raise SampleFault(f"records with odd values raise {error!r}") from error


def first_difference(expected: Any, found: Any, path: str = "") -> str | None:
    """Where two JSON values differ first, in words; None where they are the same."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in dict.fromkeys([*expected, *found]):
            place = f"{path}.{name}" if path else name
            if name not in expected:
                return f"{place} is {_shown(found[name])}, and should not be there"
            if name not in found:
                return f"{place} is not there, and should be {_shown(expected[name])}"
            if difference := first_difference(expected[name], found[name], place):
                return difference
        return None
    if isinstance(expected, list) and isinstance(found, list):
        for number, (one, other) in enumerate(zip(expected, found, strict=False)):
            if difference := first_difference(one, other, f"{path}[{number}]"):
                return difference
        if len(expected) != len(found):
            return f"{path} has {len(found)} elements, and should have {len(expected)}"
        return None
    if expected == found and type(expected) is type(found):
        return None
    return f"{path} is {_shown(found)}, and should be {_shown(expected)}"


def _with_odd_values(records: Sequence[Any]) -> list[Any]:
    """Copies of the records with one value each replaced by an odd one, _MOST_ODD at most."""
    places = [(record, path) for record in records for path in _paths(record)]
    cases = [(*place, odd) for place in places for odd in _ODD]
    return [_replaced(*case) for case in cases[:: len(cases) // _MOST_ODD + 1]]


def _paths(value: Any) -> Iterator[tuple[Any, ...]]:
    """Where the values of a JSON value are, itself not among them."""
    inner: Any = enumerate(value) if isinstance(value, list) else ()
    for name, each in value.items() if isinstance(value, dict) else inner:
        yield (name,)
        yield from ((name, *path) for path in _paths(each))


def _replaced(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    copy = value.copy()
    copy[path[0]] = _replaced(copy[path[0]], path[1:], odd)
    return copy


def _module(format: str | Format) -> Format:
    return formats.named(format) if isinstance(format, str) else format


def _numbers(data: bytes) -> set[int]:
    """The numbers of the records of a file; none where only its format knows what a record is."""
    head = head_of(data)
    if head.container is Container.OTHER or any("{" in name for name in head.csv_columns):
        return set()
    found: set[int] = set()
    for table, rejects in documents.records(io.BytesIO(data)):
        found.update(table["record_number"].to_pylist())
        found.update(each.record_number for each in rejects)
    return found


def _mentioned(found: Golden) -> set[int]:
    return {
        row["record_number"] for name, rows in found.items() if name != "nothing" for row in rows
    }


def _place(row: dict[str, Any]) -> tuple[Any, ...]:
    """The order of the file; rows of one record by time, then id: SQL gives them in any order."""
    time = row.get("start_time_unix_nano") or row.get("time_unix_nano") or 0
    ids = (row.get(name) or "" for name in ("trace_id", "span_id", "feedback_id"))
    return row["record_number"], time, *ids, json.dumps(row, sort_keys=True)


def _by_owner(pairs: KeyValues, owners: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{} for _ in range(owners)]
    for owner, key, value in zip(
        pairs.owner.tolist(), pairs.key.to_pylist(), pairs.value.to_pylist(), strict=True
    ):
        if key in found[owner]:
            raise SampleFault(f"attribute {key} stands twice on one record")
        found[owner][key] = value
    return found


def _children(children: Children | None, owners: int) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = [[] for _ in range(owners)]
    if children is None:
        return found
    attributes = _by_owner(children.attributes, len(children))
    columns = children.columns.to_pylist()
    for owner, row, own in zip(children.owner.tolist(), columns, attributes, strict=True):
        found[owner].append(_known(row) | ({"attributes": own} if own else {}))
    return found


def _known(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _json(value) for name, value in row.items() if value is not None}


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}..."


def _written(arguments: list[str]) -> Iterator[str]:
    for argument in arguments:
        sample = Path(argument)
        found = claims(sample.read_bytes())
        if len(found) == 1:
            yield f"{write_golden(found[0], sample)}: as {found[0]} reads it; compare with {sample}"
        else:
            yield f"{sample}: claimed by {' and by '.join(found) or 'no format'}; nothing written"


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit(f"usage: python -m spanmart.testing SAMPLE...\n\n{__doc__}")
    print("\n".join(_written(sys.argv[1:])))
