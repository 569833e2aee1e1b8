"""The table in docs/formats.md of what each format carries is what its samples show.

A cell is ticked when the warehouse reads such a thing from a sample: from an attribute that has an
alias (macros/spans/attribute_aliases.sql), after landing derived what stands inside others.

After a change that is meant: SPANMART_UPDATE_GOLDEN=1 pytest tests/formats/test_summary_table.py
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import pyarrow as pa
import pytest

from spanmart import formats
from spanmart.formats._sql.rows import COLUMNS, records_of
from spanmart.landing import derived, dialects, evaluations
from spanmart.landing.content import artifact_kind
from spanmart.records import Records

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = Path(__file__).parent / "samples"
DOCUMENT = ROOT / "docs" / "formats.md"
BEGIN, END = "<!-- what formats carry -->\n", "<!-- end -->"

Rows = list[dict[str, Any]]


class _Returned(Exception):
    pass


def aliases() -> dict[str, list[str]]:
    """Canonical field to the names of its attributes, as the macro says them."""

    def returned(value: Any) -> None:
        raise _Returned(value)

    source = (ROOT / "macros/spans/attribute_aliases.sql").read_text(encoding="utf-8")
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    module = environment.from_string(source, globals={"return": returned}).module
    with pytest.raises(_Returned) as raised:
        module.attribute_aliases()  # type: ignore[attr-defined]
    return {field: keys for field, (_, keys) in raised.value.args[0].items()}


@pytest.fixture(scope="module")
def known() -> dict[str, list[str]]:
    return aliases()


class Shown:
    """What the samples of a format show, as landing gives it to the models."""

    def __init__(self, name: str, known: dict[str, list[str]]) -> None:
        self._known = known
        files = sorted((SAMPLES / name).glob("*.golden.json"))
        golden = [json.loads(file.read_text(encoding="utf-8")) for file in files]
        self.tables: dict[str, Rows] = {
            table: [row for each in golden for row in each.get(table, [])]
            for table in ("spans", "log_records", "feedback", "vendor_usage")
        }
        self.attributes: Rows = []
        self._evaluations = 0
        for table in ("spans", "log_records"):
            if self.tables[table]:
                self._land(dialects.said_plainly(records(self.tables[table], table)))

    def _land(self, given: Records) -> None:
        pairs = derived.merged(given.attributes, derived.derived(given))
        maps = pairs.to_maps(len(given)).to_pylist()
        self.attributes += [dict(each) for each in maps]
        if given.table == "spans":
            found = evaluations.of_spans(given)
        else:
            found = evaluations.split_logs(evaluations.with_event_names(given))[1]
        self._evaluations += 0 if found is None else len(found)

    def has(self, *fields: str) -> bool:
        keys = [key for field in fields for key in self._known[field]]
        return any(_holds(attributes, key) for attributes in self.attributes for key in keys)

    def usage(self, *words: str) -> bool:
        """Whether totals of a vendor have such a column."""
        rows = self.tables["vendor_usage"]
        return any(word in name for row in rows for name in row for word in words)

    @property
    def is_tree(self) -> bool:
        return any("parent_span_id" in row for row in self.tables["spans"])

    @property
    def has_content(self) -> bool:
        bodies = any("body" in row for row in self.tables["log_records"])
        return bodies or any(artifact_kind(key) for row in self.attributes for key in row)

    @property
    def has_feedback(self) -> bool:
        return bool(self.tables["feedback"]) or self._evaluations > 0


def _holds(attributes: dict[str, str], key: str) -> bool:
    name, _, member = key.partition("*")[0].partition("#")
    value = attributes.get(name)
    if value is None or not member:
        return value not in (None, "")
    try:
        found = json.loads(value)
        for step in member.split("."):
            found = found[step]
    except (ValueError, KeyError, TypeError):
        return False
    return found is not None


def records(rows: Rows, table: str) -> Records:
    """Golden rows as a format gave them."""
    columns = {"record_number": pa.array([row["record_number"] for row in rows], pa.int64())}
    for name, kind in COLUMNS[table].items():
        # Ids in the spelling of their source were read once.
        if name != "source_version_at" and any(name in row for row in rows):
            columns[name] = pa.array([_arrow(row.get(name)) for row in rows], kind)
    made, rejects = records_of(pa.table(columns), table)
    assert not rejects
    return made


def _arrow(value: Any) -> Any:
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list):
        return [{**each, "attributes": list(each.get("attributes", {}).items())} for each in value]
    return value


WHAT: dict[str, Callable[[Shown], bool]] = {
    "tree": lambda shown: shown.is_tree,
    "tokens": lambda shown: shown.has("usage_input", "usage_output") or shown.usage("token"),
    "cache split": lambda shown: (
        shown.has("usage_cache_read", "usage_cache_write") or shown.usage("cache")
    ),
    "cost": lambda shown: shown.has("provided_cost_usd") or shown.usage("cost", "amount"),
    "finish reason": lambda shown: shown.has("finish_reasons"),
    "content": lambda shown: shown.has_content,
    "feedback": lambda shown: shown.has_feedback,
    "prompt version": lambda shown: shown.has("prompt_version"),
}


def table_of(known: dict[str, list[str]]) -> str:
    lines = [
        "| format | status | " + " | ".join(WHAT) + " |",
        "|---|---|" + ":-:|" * len(WHAT),
    ]
    for name in formats.names():
        shown = Shown(name, known)
        cells = ["✓" if carries(shown) else "-" for carries in WHAT.values()]
        status = formats.named(name).ABOUT.status.value
        lines.append(f"| [`{name}`](#{name}) | {status} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def test_the_table_says_what_the_samples_show(known: dict[str, list[str]]) -> None:
    before, begin, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    written, end, after = rest.partition(END)
    assert begin and end, f"{DOCUMENT.name} has no place for the table"
    found = table_of(known)
    if os.environ.get("SPANMART_UPDATE_GOLDEN"):
        DOCUMENT.write_text(f"{before}{BEGIN}{found}{END}{after}", encoding="utf-8")
        written = found
    assert written == found


def test_a_cell_is_ticked_only_for_what_is_read(known: dict[str, list[str]]) -> None:
    everything = {what: carries(Shown("otlp_json", known)) for what, carries in WHAT.items()}
    assert all(everything.values()), everything
    annotations = Shown("phoenix_annotations", known)
    ticked = [what for what, carries in WHAT.items() if carries(annotations)]
    assert ticked == ["feedback"]


def test_a_member_of_an_object_is_looked_up() -> None:
    held = {"metadata": '{"prompt_version": "v3", "a": {"b": null}}', "text": "not JSON"}
    assert _holds(held, "metadata#prompt_version") and _holds(held, "text")
    for key in ("metadata#tenant", "metadata#a.b", "metadata#prompt_version.x", "text#a", "no"):
        assert not _holds(held, key)
