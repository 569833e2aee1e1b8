"""OpenAI's pages of usage and costs: landed as lines of a bill, never as calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from spanmart.landing import land
from spanmart.testing import claims, golden

NAME = "openai_usage"
DAY = 1772409600
MEMBER = "user-ada.lovelace@example.org"


def usage(**said: Any) -> dict[str, Any]:
    return {"object": "organization.usage.completions.result", "num_model_requests": 1, **said}


def page(*results: dict[str, Any], **said: Any) -> dict[str, Any]:
    bucket = {"object": "bucket", "start_time": DAY, "end_time": DAY + 86_400}
    return {"object": "page", "data": [{**bucket, "results": list(results)}], **said}


def lines(*pages: dict[str, Any]) -> list[dict[str, Any]]:
    data = "\n".join(map(json.dumps, pages)).encode()
    assert claims(data) == [NAME]
    read = golden(NAME, data)
    assert not read["rejects"] and not read["spans"]
    return list(read.get("vendor_usage", []))


def test_what_a_page_is_grouped_by_is_what_any_of_its_results_has() -> None:
    """A result without a model, on a page by model, is of no model; not a total."""
    found = lines(page(usage(model="gpt-4o"), usage(model=None)), page(usage(model=None)))
    assert [line.get("grouped_by") for line in found] == ["model", "model", None]


def test_an_amount_is_the_number_that_the_page_has() -> None:
    """Amounts come as numbers and as texts of 18 digits; neither goes through a float."""
    costs = {"object": "organization.costs.result", "line_item": "gpt-4o, input"}
    amounts = ["0.060000000000000001", "12.5"]
    text = json.dumps(page({**costs, "amount": {"value": amounts[0], "currency": "usd"}}))
    number = '{"value": 12.5, "currency": "usd"}'
    data = text + "\n" + text.replace(f'{{"value": "{amounts[0]}", "currency": "usd"}}', number)
    found = golden(NAME, data.encode())["vendor_usage"]
    assert [line["amount"] for line in found] == amounts
    assert {line["currency"] for line in found} == {"USD"}


@pytest.mark.parametrize("odd", [None, "x", 3, [], {}, [1], [{"object": "bucket"}], [None]])
def test_odd_pages_are_rejected_or_empty_and_the_rest_lands(odd: Any) -> None:
    data = "\n".join(map(json.dumps, [page(usage(model="a")), {"object": "page", "data": odd}]))
    read = golden(NAME, data.encode())
    assert [line["model"] for line in read["vendor_usage"]] == ["a"]


def test_a_member_of_the_organisation_is_a_keyed_hash_on_disk(tmp_path: Path) -> None:
    export, landing = tmp_path / "usage.jsonl", tmp_path / "landing"
    pages = [page(usage(user_id=MEMBER, model="gpt-4o", fetched=1)), page(usage(model=MEMBER))]
    export.write_text("\n".join(map(json.dumps, [*pages, pages[0]])))
    load = land([export], landing=landing)
    # The third page is the first one again.
    connection = duckdb.connect()
    (row,) = connection.execute(
        f"select records_read, records_landed, records_duplicate, records_rejected"
        f" from read_parquet('{landing}/loads/*/*.parquet') where records_read > 0"
    ).fetchall()
    assert row == (3, 2, 1, 0), load
    table = f"read_parquet('{landing}/vendor_usage/*/*.parquet')"
    said = connection.execute(f"select author_hash, model, redaction_count from {table}").fetchall()
    assert "ada.lovelace" not in str(connection.execute(f"select * from {table}").fetchall())
    assert sorted(redactions for *_, redactions in said) == [1, 1]
    assert sorted(bool(author) for author, *_ in said) == [False, True]
