"""A format of another package is found by its entry point, and the kit catches what is wrong with
it."""

from __future__ import annotations

import importlib
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner

from spanmart import cli, formats, testing
from spanmart.testing import SampleFault, check_sample

MODULE = '''
from spanmart.format_api import About, Head, Queries, Status, Verdict, read_records

ABOUT = About("Acme traces", Status.BY_SPECIFICATION, "trace and span id", "never changes")
SPANS = """
select
    record_number,
    row ->> 'acme_trace' as trace_id,
    row ->> 'acme_span' as span_id,
    row ->> 'name' as name,
    moment_nanos(row ->> 'began') as start_time_unix_nano,
    map {'gen_ai.usage.input_tokens': row ->> 'tokens'} as attributes
from records
where row ->> 'acme_span' is not null
"""

def sniff(head: Head) -> Verdict:
    return head.has("acme_trace", "acme_span")

def read(stream):
    return read_records(stream, Queries(spans=SPANS, nothing="row ->> 'ping' is not null"))
'''
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
RECORDS: list[dict[str, Any]] = [
    {"acme_trace": TRACE, "acme_span": "00f067aa0ba902b7", "name": "a", "began": 1772442000},
    {"ping": 1},
    {"acme_trace": TRACE, "acme_span": "?", "name": "b", "tokens": 7},
    {"acme_trace": TRACE, "acme_span": "00f067aa0ba902b8", "name": "c", "tokens": 7},
]
GOLDEN = {
    "spans": [
        {
            "trace_id": TRACE,
            "span_id": "00f067aa0ba902b7",
            "source_trace_id": TRACE,
            "source_span_id": "00f067aa0ba902b7",
            "name": "a",
            "kind": "unspecified",
            "start_time_unix_nano": 1772442000000000000,
            "status_code": "unset",
            "flags": 0,
            "record_number": 1,
        },
        {
            "trace_id": TRACE,
            "span_id": "00f067aa0ba902b8",
            "source_trace_id": TRACE,
            "source_span_id": "00f067aa0ba902b8",
            "name": "c",
            "kind": "unspecified",
            "status_code": "unset",
            "flags": 0,
            "record_number": 4,
            "attributes": {"gen_ai.usage.input_tokens": "7"},
        },
    ],
    "log_records": [],
    "feedback": [],
    "rejects": [{"record_number": 3, "reason": "bad_span_id"}],
    "nothing": [2],
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package with a format, installed as pip would leave it."""
    (tmp_path / "acme_spanmart.py").write_text(MODULE, encoding="utf-8")
    info = tmp_path / "acme_spanmart-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-spanmart\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[spanmart.formats]\nacme = acme_spanmart\notlp_json = acme_spanmart\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    formats._foreign.cache_clear()
    yield tmp_path
    formats._foreign.cache_clear()
    sys.modules.pop("acme_spanmart", None)


@pytest.fixture
def sample(package: Path) -> Path:
    path = package / "night.jsonl"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in RECORDS), encoding="utf-8")
    path.with_name("night.golden.json").write_text(json.dumps(GOLDEN), encoding="utf-8")
    return path


def test_a_format_of_another_package_keeps_the_promises_of_ours(sample: Path) -> None:
    assert "acme" in formats.names()
    assert formats.name_of(formats.detect(testing.head_of(sample.read_bytes()))) == "acme"
    check_sample("acme", sample)
    check_sample("acme", str(sample), str(testing.golden_of(sample)))


def test_a_module_that_no_entry_point_names_can_be_checked(sample: Path) -> None:
    formats._foreign.cache_clear()
    entry_points = sample.parent / "acme_spanmart-1.0.dist-info" / "entry_points.txt"
    entry_points.write_text("[spanmart.formats]\n")
    assert "acme" not in formats.names()
    check_sample(importlib.import_module("acme_spanmart"), sample)  # type: ignore[arg-type]


def test_no_package_takes_the_name_of_a_format_of_ours(package: Path) -> None:
    assert formats.named("otlp_json").__name__ == "spanmart.formats.otlp_json"
    assert formats.names().count("otlp_json") == 1


def test_a_format_that_cannot_be_imported_is_a_sentence_and_hinders_no_other(
    package: Path,
) -> None:
    (package / "acme_spanmart.py").write_text("import not_installed_anywhere", encoding="utf-8")
    said = "acme cannot be imported: No module named"
    with pytest.raises(formats.UnknownFormat, match=said):
        formats.named("acme")
    with pytest.raises(formats.UnknownFormat, match=f"tried: .*{said}"):
        formats.detect(testing.head_of(b"hello"))
    otlp = b'{"resourceSpans": []}'
    assert formats.name_of(formats.detect(testing.head_of(otlp))) == "otlp_json"


def test_the_list_of_formats_says_where_each_comes_from(package: Path) -> None:
    page = CliRunner().invoke(cli.root, ["formats"]).output
    assert re.search(r"^acme +by specification: Acme traces$", page, re.MULTILINE)
    assert page.count("package: acme-spanmart 1.0") == 1
    lines = CliRunner().invoke(cli.root, ["formats", "--json"]).output.splitlines()
    listed = {each["name"]: each for each in map(json.loads, lines)}
    assert list(listed) == formats.names()
    assert listed["acme"]["package"] == "acme-spanmart 1.0"
    assert listed["otlp_json"] == {
        "name": "otlp_json",
        "status": "recorded",
        "title": formats.named("otlp_json").ABOUT.title,
        "record_key": formats.named("otlp_json").ABOUT.record_key,
        "version": formats.named("otlp_json").ABOUT.version,
        "package": "spanmart",
    }


def test_the_list_of_formats_names_those_that_are_broken(package: Path) -> None:
    (package / "acme_spanmart.py").write_text("import not_installed_anywhere", encoding="utf-8")
    result = CliRunner().invoke(cli.root, ["formats"])
    assert result.exit_code == 0
    assert "broken: format acme cannot be imported: No module named" in result.output


def test_golden_files_are_written_by_the_kit(sample: Path) -> None:
    golden = testing.golden_of(sample)
    golden.unlink()
    assert testing.write_golden("acme", sample) == golden
    assert json.loads(golden.read_text(encoding="utf-8")) == GOLDEN


def test_samples_of_one_name_share_a_golden_file() -> None:
    names = ("a/spans.jsonl", "a/spans.csv", "a/spans.parquet", "a/spans.jsonl.gz")
    assert {testing.golden_of(Path(name)) for name in names} == {Path("a/spans.golden.json")}


def test_the_first_difference_is_named_with_its_place() -> None:
    changed = json.loads(json.dumps(GOLDEN))
    changed["spans"][1]["attributes"]["gen_ai.usage.input_tokens"] = 7
    assert testing.first_difference(GOLDEN, changed) == (
        'spans[1].attributes.gen_ai.usage.input_tokens is 7, and should be "7"'
    )
    assert "spans has 1 elements" in str(
        testing.first_difference(GOLDEN, GOLDEN | {"spans": GOLDEN["spans"][:1]})
    )
    assert testing.first_difference(GOLDEN, json.loads(json.dumps(GOLDEN))) is None


def _broken(name: str, **changed: Any) -> ModuleType:
    """The format of the package with a part that breaks a promise."""
    module = ModuleType(name)
    good = formats.named("acme")
    for part in ("ABOUT", "sniff", "read"):
        setattr(module, part, changed.get(part, getattr(good, part)))
    return module


def _reads_the_whole_or_raises(stream: Any) -> Any:
    data = stream.read()
    json.loads(data.splitlines()[-1])
    return formats.named("acme").read(io.BytesIO(data))


def _numbers_from_zero(stream: Any) -> Any:
    for batch in formats.named("acme").read(stream):
        batch.rejects = [type(each)(99, each.reason, "") for each in batch.rejects]
        yield batch


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"sniff": lambda head: head.has("trace")}, "does not claim its own sample: no trace"),
        ({"read": lambda stream: iter([])}, "spans has 0 elements, and should have 2"),
        ({"read": _reads_the_whole_or_raises}, "cut off at byte .* raises JSONDecodeError"),
        ({"read": _numbers_from_zero}, r"rejects\[0\].record_number is 99, and should be 3"),
    ],
    ids=["unclaimed", "rows lost", "fragile", "wrong numbers"],
)
def test_a_broken_promise_is_caught(sample: Path, changed: dict[str, Any], said: str) -> None:
    broken = _broken("acme_spanmart", **changed)
    with pytest.raises(SampleFault, match=said):
        check_sample(broken, sample)  # type: ignore[arg-type]


def test_a_second_claim_is_caught(sample: Path) -> None:
    with pytest.raises(SampleFault, match="acme claims a sample of other_format as well"):
        testing.check_claim(_broken("other_format"), sample.read_bytes())  # type: ignore[arg-type]


def test_what_is_not_the_same_twice_is_caught(sample: Path) -> None:
    reads = iter(range(10))

    def fickle(stream: Any) -> Any:
        given = stream.read()
        return formats.named("acme").read(
            io.BytesIO(given if next(reads) == 0 else given[: given.rfind(b"\n{")])
        )

    with pytest.raises(SampleFault, match="read twice is not the same"):
        check_sample(_broken("acme_spanmart", read=fickle), sample)  # type: ignore[arg-type]
