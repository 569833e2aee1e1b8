"""The seed's comparisons mean what genai-prices' clauses mean."""

import re

import pytest
from genai_prices import types as genai

from spanmart.prices.matching import MatchRow, UnsupportedPattern, model_matches

NAMES = ("gpt-4", "gpt-4-tts", "tts-gpt-4", "a-tts-b", "xgpt", "pre-x-end", "pre-y-end", "")


def matches(rows: list[MatchRow], name: str) -> bool:
    """As the SQL reads the rows: any group of which every comparison holds."""
    groups: dict[int, bool] = {}
    for row in rows:
        holds = {
            "equals": name == row.pattern,
            "starts_with": name.startswith(row.pattern),
            "ends_with": name.endswith(row.pattern),
            "contains": row.pattern in name,
            "regex": row.match_kind == "regex" and bool(re.search(row.pattern, name)),
        }[row.match_kind]
        found = holds != (row.is_negated == "true")
        groups[row.clause_group] = groups.get(row.clause_group, True) and found
    return any(groups.values())


def rows_of(logic: genai.MatchLogic) -> list[MatchRow]:
    model = genai.ModelInfo(id="m", match=logic, prices=genai.ModelPrice())
    return model_matches([genai.Provider(id="p", name="P", api_pattern="", models=[model])])


@pytest.mark.parametrize(
    "logic",
    [
        genai.ClauseEquals("GPT-4"),
        genai.ClauseOr([genai.ClauseStartsWith("gpt"), genai.ClauseEndsWith("-END")]),
        genai.ClauseAnd(
            [
                genai.ClauseOr([genai.ClauseStartsWith("pre-"), genai.ClauseContains("tts")]),
                genai.ClauseOr([genai.ClauseContains("x"), genai.ClauseEndsWith("4")]),
            ]
        ),
        genai.ClauseRegex(r"^(?!.*-tts(?:$|-))"),
        genai.ClauseRegex(r"^(?![^/)]+-tts)(?!tts)(?:gpt|pre)"),
        genai.ClauseRegex(r"^[a-z]+-\d"),
    ],
    ids=str,
)
def test_any_clause_is_an_or_of_ands(logic: genai.MatchLogic) -> None:
    rows = rows_of(logic)
    assert [matches(rows, name) for name in NAMES] == [logic.is_match(name) for name in NAMES]
    assert len({logic.is_match(name) for name in NAMES}) == 2


def test_no_shipped_pattern_needs_a_lookaround() -> None:
    for pattern in ("gpt(?!-4)", "gpt(?=-4)", "(?<=a)gpt"):
        with pytest.raises(UnsupportedPattern):
            rows_of(genai.ClauseRegex(pattern))
