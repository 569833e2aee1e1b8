"""Every dialect means the same in the facts: one call of 120 tokens in and 30 out, counted once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from built_project import Warehouse
from capture_truth import CAPTURES
from dialect_cases import Dialect
from dialect_spans import DIALECTS, RENAMED_KEY
from otlp_json import trace_id

pytestmark = pytest.mark.heavy


def plain(value: Any) -> Any:
    return f"{value:.12f}" if isinstance(value, Decimal) else value


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_a_call_is_the_same_in_every_dialect(built: Warehouse, dialect: Dialect) -> None:
    call = built.row(
        "select * from facts.model_span where trace_id = ? and span_id = ?",
        dialect.trace_id,
        dialect.span_id,
    )
    assert {name: plain(call[name]) for name in dialect.expected} == dialect.expected


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_a_call_counts_once_beside_its_wrapper(built: Warehouse, dialect: Dialect) -> None:
    trace = built.row(
        "select input_tokens, output_tokens from facts.request_trace where trace_id = ?",
        dialect.trace_id,
    )
    assert trace == {"input_tokens": 120, "output_tokens": 30}


def test_usage_that_nothing_reads_is_shown_and_nothing_else_of_the_dialects(
    built: Warehouse,
) -> None:
    row = built.row("select * from marts.unmapped_keys where source = 'dialects'")
    assert row["attribute_key"] == RENAMED_KEY
    assert (row["span_count"], row["trace_count"]) == (1, 1)
    assert row["example_value_type"] == "integer"
    assert row["example_trace_id"] == trace_id("dialect of nobody")
    assert row["first_day"] == row["day"]


def test_the_captures_hold_no_usage_that_nothing_reads(built: Warehouse) -> None:
    """But for what their application calls the version of its prompt, once without `app.prompt.`"""
    if not CAPTURES.is_dir():
        pytest.skip("no ../shared/captures beside this clone to compare with")
    rows = built.rows(
        """
        select distinct source, attribute_key from marts.unmapped_keys
        where source not in ('cases', 'context', 'dialects')
        """
    )
    assert rows == [{"source": "pydantic_ai_v6", "attribute_key": "app.prompt_version"}]
