"""Published cases of double counting and of unclear token counts, with the published answers."""

from __future__ import annotations

import pytest
from built_project import Row, Warehouse
from case_spans import (
    CASES,
    RULED_VECTOR,
    SHARED_CASES,
    Case,
    needs_convention,
    shape_trace,
    shapes,
    vector_trace,
    vectors,
)
from otlp_json import trace_id

pytestmark = pytest.mark.heavy

# Of the shape whose children were lost to head sampling only the wrapper knows all tokens: what it
# says beyond the children that came is shown, and never added.
LOST_CHILDREN = 7


@pytest.mark.parametrize("name", ["usage_attribution.json", "token_semantics.json"])
def test_the_cases_are_the_published_ones(name: str) -> None:
    if not SHARED_CASES.is_dir():
        pytest.skip("no ../shared/design/cases beside this clone to compare with")
    assert (CASES / name).read_bytes() == (SHARED_CASES / name).read_bytes()


def counted_tokens(built: Warehouse, shape: Case) -> Row:
    return built.row(
        """
        select
            input_tokens,
            rollup_gap_tokens,
            (
                select sum(input_tokens + coalesce(output_tokens, 0)) from facts.model_span
                where trace_id = traces.trace_id and is_usage_counted
            ) as counted,
        from facts.request_trace as traces
        where trace_id = ?
        """,
        trace_id(shape_trace(shape)),
    )


@pytest.mark.parametrize(
    "shape",
    [shape for shape in shapes() if shape["case"] != LOST_CHILDREN],
    ids=lambda shape: shape["note"],
)
def test_usage_is_counted_once(built: Warehouse, shape: Case) -> None:
    found = counted_tokens(built, shape)
    assert found["counted"] == found["input_tokens"] == shape["true_tokens"]


def test_a_wrapper_that_knows_more_than_its_children_shows_the_gap(built: Warehouse) -> None:
    (shape,) = [shape for shape in shapes() if shape["case"] == LOST_CHILDREN]
    found = counted_tokens(built, shape)
    came = sum(span["reported_tokens"] for span in shape["spans"] if span["kind"] == "llm")
    assert found["counted"] == came
    assert found["rollup_gap_tokens"] == shape["true_tokens"] - came == 60


def call(built: Warehouse, number: int) -> Row:
    query = "select * from facts.model_span where trace_id = ?"
    return built.row(query, trace_id(vector_trace(number)))


DECIDED = [
    pytest.param(number, vector, id=vector["case"])
    for number, vector in enumerate(vectors())
    if vector["expected_semantics"] != "needs_scope_seed"
]
(UNDECIDED,) = set(range(len(vectors()))) - {param.values[0] for param in DECIDED}


@pytest.mark.parametrize(("number", "vector"), DECIDED)
def test_what_a_call_read_and_wrote(built: Warehouse, number: int, vector: Case) -> None:
    found = call(built, number)
    assert found["input_uncached_tokens"] == vector["expected_input_uncached"]
    assert found["output_tokens"] == vector["expected_output_billable"]
    cached = vector["cache_read_tokens"] + vector["cache_write_tokens"]
    assert found["input_tokens"] == vector["expected_input_uncached"] + cached
    if vector["expected_semantics"] == "gap":
        missing = vector["expected_output_billable"] - vector["output_tokens"]
        assert found["unreported_output_tokens"] == missing > 0
    else:
        assert found["token_semantics"] == vector["expected_semantics"]
        assert found["unreported_output_tokens"] in (None, 0)


def test_most_vectors_are_decided_by_their_numbers_alone(built: Warehouse) -> None:
    by_convention = [number for number, vector in enumerate(vectors()) if needs_convention(vector)]
    assert len(vectors()) - len(by_convention) - 1 == 8
    bases = {
        number: call(built, number)["token_semantics_basis"] for number in range(len(vectors()))
    }
    assert {number for number, basis in bases.items() if basis == "namespace_default"} == set(
        by_convention
    )
    assert bases[UNDECIDED] == "undetermined"


def test_what_nothing_decides_stays_unknown(built: Warehouse) -> None:
    found = call(built, UNDECIDED)
    assert found["token_semantics"] == "undetermined"
    assert found["input_uncached_tokens"] is None
    assert found["input_tokens"] is None
    assert found["cost_usd"] is None


def test_a_rule_for_the_producer_decides_it(built: Warehouse) -> None:
    found, vector = call(built, RULED_VECTOR), vectors()[UNDECIDED]
    assert found["token_semantics"] == "exclusive"
    assert found["input_uncached_tokens"] == vector["input_tokens"]
    assert found["input_tokens"] == vector["input_tokens"] + vector["cache_read_tokens"]
