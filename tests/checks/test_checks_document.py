"""docs/checks.md says what the code does, and the code reads what the models read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jinja2
import pytest

from spanmart.checks import calls
from spanmart.checks.expectations import (
    CHECKED_TABLES,
    REQUIRED,
    Catalogue,
    Expectation,
    setting_reasons,
)
from spanmart.landing.schemas import RECORD_TABLES, TABLES

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "checks.md"
FROM_SCHEMAS = (".not_null", ".readable", ".columns")


def rule_rows() -> list[str]:
    head = [
        "| expectation | severity | at most | what must hold | why this threshold | what to do |",
        "|---|---|---|---|---|---|",
    ]
    rules = [each for each in Catalogue.load().expectations if not each.name.endswith(FROM_SCHEMAS)]
    return head + [_rule_row(each) for each in rules]


def _rule_row(each: Expectation) -> str:
    cells = [each.severity, each.limit, each.description, each.reason, each.remedy]
    return f"| `{each.name}` | " + " | ".join(cells) + " |"


def column_rows() -> list[str]:
    head = ["| table | never NULL |", "|---|---|"]
    return head + [
        f"| {table} | {', '.join(f'`{name}`' for name in REQUIRED[table])} |"
        for table in CHECKED_TABLES
    ]


def setting_rows() -> list[str]:
    head = ["| setting | value | why |", "|---|---|---|"]
    return head + [
        f"| `{name}` | {value} | {' '.join(reason.split())} |"
        for name, (value, reason) in setting_reasons().items()
    ]


@pytest.mark.parametrize("rows", [rule_rows, column_rows, setting_rows])
def test_the_document_has_the_tables_of_the_code(rows: Any) -> None:
    table = "\n".join(rows())
    assert f"\n{table}\n\n" in DOCUMENT.read_text() + "\n", f"replace the table by:\n{table}"


def test_required_columns_are_columns_of_the_schemas() -> None:
    assert [table for table in REQUIRED if table not in TABLES] == []
    for table, columns in REQUIRED.items():
        assert set(columns) <= set(TABLES[table].names), table
    assert set(RECORD_TABLES) <= set(REQUIRED)


def test_an_expectation_is_named_for_its_table_and_only_once() -> None:
    expectations = Catalogue.load().expectations
    names = [each.name for each in expectations]
    assert len(names) == len(set(names))
    for each in expectations:
        assert each.table in CHECKED_TABLES and each.severity in ("critical", "warning")
        assert each.measure == "count" or 0 < each.at_most < 1, each.name
        assert each.description and each.reason and each.remedy


class _Returned(Exception):
    pass


def _said(macro: str) -> Any:
    """What a macro without arguments returns."""

    def returned(value: Any) -> None:
        raise _Returned(value)

    source = (ROOT / f"macros/spans/{macro}.sql").read_text()
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    module = environment.from_string(source, globals={"return": returned}).module
    with pytest.raises(_Returned) as raised:
        getattr(module, macro)()
    return raised.value.args[0]


def test_calls_are_read_by_the_names_that_the_models_read() -> None:
    aliases = _said("attribute_aliases")
    assert list(calls.SPAN_TYPE) == aliases["span_type"][1]
    assert list(calls.MODEL_USED) == aliases["model_used"][1]
    assert list(calls.MODEL_REQUESTED) == aliases["model_requested"][1]
    assert list(calls.USAGE) == aliases["usage_input"][1] + aliases["usage_output"][1]
    types = {name: values for name, values, _ in _said("span_types")}
    assert list(calls.MODEL_TYPES) == types["model"]


def test_every_remedy_that_says_as_for_names_another_expectation() -> None:
    names = {each.name for each in Catalogue.load().expectations}
    for each in Catalogue.load().expectations:
        for name in re.findall(r"As for (\S+?)[.;](?:\s|$)", each.remedy):
            assert name in names and name != each.name, each.name
