"""A value of a kind that no one expects costs at most its record: SQL that fails on one value would
cost the whole file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spanmart import formats, testing

SAMPLES = Path(__file__).parent / "samples"
FORMATS = (
    *("azure_monitor", "braintrust", "clickhouse_traces", "datadog_evaluations"),
    *("datadog_llm_spans", "google_cloud_spans", "google_cloud_traces", "jaeger", "tempo_search"),
    *("weave_calls", "xray", "xray_spans"),
)
ODD: tuple[Any, ...] = (
    *(None, True, -1, 0, 9223372036854775807, 123456789012345678901234567890, 1e300, 0.1),
    *("", "x", "9999-12-31T00:00:00Z", "1e999", "$.a", "/a/b", "{", "[1]", "\x00", "é\n'"),
    *([], [None], [1, "x", {}], [[]], {}, {"": None}, {"$x": 1, "/": [1]}, {"a": {"a": {"a": 1}}}),
)
DEEPEST = 5


def changed(value: Any, depth: int = 0) -> Iterator[Any]:
    """The value with each of its parts, in turn, replaced by each odd value."""
    if depth == DEEPEST:
        return
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in list(parts):
        # Some of them suffice deep inside, where there are many parts; others at other depths.
        for odd in ODD if depth == 0 else ODD[depth % 3 :: depth + 2]:
            yield _with(value, key, odd)
        if isinstance(part, dict | list):
            for other in changed(part, depth + 1):
                yield _with(value, key, other)


def _with(value: Any, key: Any, part: Any) -> Any:
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[key] = part
    return copy


def records(path: Path) -> list[Any]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return [json.loads(text)]
    return [json.loads(line) for line in text.splitlines()]


def odd_and_whole(format: str) -> tuple[list[Any], list[Any]]:
    files = sorted((SAMPLES / format).glob("*.json*"))
    samples = [path for path in files if not path.name.endswith(testing.SUFFIX)]
    whole = [record for path in samples for record in records(path)]
    return [other for record in whole for other in changed(record)], whole


def test_an_odd_value_does_not_stop_a_format_from_being_told() -> None:
    sniffs = [formats.named(name).sniff for name in formats.names()]
    for name in FORMATS:
        odd, _ = odd_and_whole(name)
        for record in odd[:: len(odd) // 40]:
            head = testing.head_of(json.dumps(record).encode())
            assert all(sniff(head).why is not None for sniff in sniffs)


@pytest.mark.parametrize("format", FORMATS)
def test_an_odd_value_costs_at_most_its_record(format: str) -> None:
    odd, whole = odd_and_whole(format)
    assert len(odd) > 100
    data = "\n".join(json.dumps(record) for record in [*odd, *whole]).encode()
    found = testing.golden(format, data)
    # Those that nothing was done to are read as ever.
    expected = testing.golden(format, "\n".join(map(json.dumps, whole)).encode())
    for table in set(expected) - {"nothing"}:
        ours = [row for row in found[table] if row["record_number"] > len(odd)]
        moved = [row | {"record_number": row["record_number"] - len(odd)} for row in ours]
        assert testing.first_difference(expected[table], moved) is None
