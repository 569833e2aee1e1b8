"""The SQL against genai_prices.calc_price, call by call. Where the two differ by intent, the
reason is asserted here and listed in seeds/prices/README.md."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal

import genai_prices
import pytest
from genai_prices.data_snapshot import get_snapshot
from price_project import Call, Priced, PriceProject
from sampled_calls import sampled_calls

pytestmark = pytest.mark.heavy

TOLERANCE = Decimal("1e-9")

USAGE_KEYS = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_tokens": "cache_read_tokens",
    "cache_write_tokens": "cache_write_tokens",
    "cache_write_5m_tokens": "cache_write_5m_tokens",
    "cache_write_1h_tokens": "cache_write_1h_tokens",
    "input_audio_tokens": "input_audio_tokens",
    "output_audio_tokens": "output_audio_tokens",
    "reasoning_tokens": "output_reasoning_tokens",
}

Calculated = genai_prices.types.PriceCalculation | str


def calculated(call: Call) -> Calculated:
    """What genai-prices says: a price, or why there is none."""
    usage = genai_prices.Usage(**{key: getattr(call, column) for column, key in USAGE_KEYS.items()})
    try:
        return genai_prices.calc_price(
            usage,
            call.model_used or "",
            provider_id=call.model_provider,
            genai_request_timestamp=call.started_at.replace(tzinfo=UTC),
            price_context={"service_tier": call.service_tier} if call.service_tier else None,
        )
    except LookupError as error:
        return "unknown_model" if "find model" in str(error) else "unknown_provider"
    except ValueError as error:
        return "ambiguous" if "require explicit" in str(error) else "invalid_usage"


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    return sampled_calls()


@pytest.fixture(scope="module")
def expected(calls: Sequence[Call]) -> list[Calculated]:
    return [calculated(call) for call in calls]


@pytest.fixture(scope="module")
def project(calls: Sequence[Call], tmp_path_factory: pytest.TempPathFactory) -> PriceProject:
    return PriceProject(tmp_path_factory.mktemp("prices"), calls)


@pytest.fixture(scope="module")
def strict(project: PriceProject) -> list[Priced]:
    return project.priced()


@pytest.fixture(scope="module")
def lenient(project: PriceProject, strict: list[Priced]) -> list[Priced]:
    return project.priced("--select", "int_calls__priced", "--vars", "count_partial_costs: true")


def test_the_sample_covers_each_provider_and_every_outcome(
    calls: Sequence[Call], expected: Sequence[Calculated], strict: Sequence[Priced]
) -> None:
    assert len(calls) >= 2_000
    assert len(strict) == len(calls)
    providers = {row.price_provider_id for row in strict if row.price_source}
    assert providers == {provider.id for provider in get_snapshot().providers}
    counts = Counter(row.cost_status for row in strict)
    assert {status for status in counts if counts[status] >= 20} == {
        "priced",
        "partial",
        "no_price",
        "unknown_model",
        "unknown_provider",
        "invalid_usage",
    }
    assert "ambiguous" in expected


def test_every_cost_is_the_calculated_one(
    calls: Sequence[Call], expected: Sequence[Calculated], lenient: Sequence[Priced]
) -> None:
    compared = 0
    for call, calculation, row in zip(calls, expected, lenient, strict=True):
        if isinstance(calculation, str) or row.cost_status == "no_price":
            continue
        compared += 1
        assert row.cost_usd is not None, (call, row)
        assert row.input_cost_usd is not None and row.output_cost_usd is not None
        assert abs(row.cost_usd - calculation.total_price) <= TOLERANCE, (call, row, calculation)
        assert abs(row.input_cost_usd - calculation.input_price) <= TOLERANCE
        assert abs(row.output_cost_usd - calculation.output_price) <= TOLERANCE
        assert row.price_model_id == calculation.model.id
    assert compared >= 2_000


def test_what_has_no_calculated_price_has_no_cost(
    calls: Sequence[Call], expected: Sequence[Calculated], strict: Sequence[Priced]
) -> None:
    for call, calculation, row in zip(calls, expected, strict, strict=True):
        if calculation == "ambiguous":
            assert (row.cost_status, row.cost_usd) == ("partial", None), (call, row)
        elif isinstance(calculation, str):
            status = calculation
            if calculation == "unknown_provider" and call.model_provider in (None, "litellm"):
                # No provider is named: it is the model that nobody knows.
                status = "unknown_model"
            assert (row.cost_status, row.cost_usd) == (status, None), (call, row)


def test_a_cost_stands_only_where_all_of_it_is_known(strict: Sequence[Priced]) -> None:
    assert all((row.cost_usd is not None) == (row.cost_status == "priced") for row in strict)


def test_partial_and_unpriced_calls_are_those_of_which_genai_prices_drops_tokens(
    calls: Sequence[Call], expected: Sequence[Calculated], strict: Sequence[Priced]
) -> None:
    for call, calculation, row in zip(calls, expected, strict, strict=True):
        if isinstance(calculation, str):
            continue
        price = vars(calculation.model_price)
        drops_input = bool(call.input_tokens) and price.get("input_mtok") is None
        drops_output = bool(call.output_tokens) and price.get("output_mtok") is None
        token_priced = {"input_mtok", "output_mtok", "requests_kcount"} & price.keys()
        if not token_priced:
            assert row.cost_status == "no_price", (call, row)
        else:
            dropped = drops_input or drops_output
            assert row.cost_status == ("partial" if dropped else "priced"), (call, row)
