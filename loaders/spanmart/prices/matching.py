"""How names are matched to providers and models, in a form that SQL can evaluate.

genai-prices nests `or` and `and` clauses. Any such tree is an `or` of `and` groups; each seed row
is one comparison of one group. SQL engines on RE2 know no lookahead, so that a pattern `^(?!A)B`
becomes two comparisons: it matches `^B`, and it does not match `^A`.
"""

import csv
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

from genai_prices import types as genai


class Comparison(NamedTuple):
    kind: str
    pattern: str
    is_negated: bool


class MatchRow(NamedTuple):
    """One row of a match seed; `subject` is the model id or the kind of name that is matched."""

    provider_id: str
    subject: str
    match_order: int
    clause_group: int
    match_kind: str
    pattern: str
    is_negated: str


class UnsupportedPattern(ValueError):
    """A pattern that no seed row can express."""


def model_matches(published: list[genai.Provider]) -> list[MatchRow]:
    return [
        row
        for provider in published
        for order, model in enumerate(provider.models)
        for row in _match_rows(provider.id, model.id, order, model.match)
    ]


def provider_matches(published: list[genai.Provider]) -> list[MatchRow]:
    """All ids come before all patterns: an exact id wins wherever it stands."""
    rows = [
        row
        for order, provider in enumerate(published)
        for row in _match_rows(
            provider.id, "provider_name", order, genai.ClauseEquals(equals=provider.id)
        )
    ]
    for order, provider in enumerate(published, start=len(published)):
        if provider.provider_match is not None:
            rows += _match_rows(provider.id, "provider_name", order, provider.provider_match)
        if provider.model_match is not None:
            rows += _match_rows(provider.id, "model_name", order, provider.model_match)
    return rows


def keep_gone(old: list[MatchRow], new: list[MatchRow]) -> list[MatchRow]:
    """Names of models that upstream dropped still match, after all that it still lists.

    Without them, calls of last year would lose their price on the next full refresh.
    """
    present = {(row.provider_id, row.subject) for row in new}
    last: dict[str, int] = {}
    for row in new:
        last[row.provider_id] = max(last.get(row.provider_id, -1), row.match_order)
    gone = [row for row in old if (row.provider_id, row.subject) not in present]
    shift = {(row.provider_id, row.subject): row.match_order for row in gone}
    ranks: dict[tuple[str, str], int] = {}
    for key in sorted(shift, key=lambda key: (key[0], shift[key])):
        last[key[0]] = ranks[key] = last.get(key[0], -1) + 1
    return new + [row._replace(match_order=ranks[row.provider_id, row.subject]) for row in gone]


def read_match_rows(path: Path) -> list[MatchRow]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return [
        MatchRow(row[0], row[1], int(row[2]), int(row[3]), row[4], row[5], row[6]) for row in rows
    ]


def write_match_rows(path: Path, subject: str, rows: Iterable[MatchRow]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(subject if field == "subject" else field for field in MatchRow._fields)
        writer.writerows(rows)


def _match_rows(
    provider_id: str, subject: str, order: int, logic: genai.MatchLogic
) -> Iterator[MatchRow]:
    for group, comparisons in enumerate(_any_of(logic)):
        for kind, pattern, is_negated in comparisons:
            negated = "true" if is_negated else "false"
            yield MatchRow(provider_id, subject, order, group, kind, pattern, negated)


def _any_of(logic: genai.MatchLogic) -> list[list[Comparison]]:
    match logic:
        case genai.ClauseOr():
            return [group for clause in logic.or_ for group in _any_of(clause)]
        case genai.ClauseAnd():
            parts = [_any_of(clause) for clause in logic.and_]
            return [[one for group in choice for one in group] for choice in product(*parts)]
        case genai.ClauseEquals():
            return [[Comparison("equals", logic.equals.lower(), False)]]
        case genai.ClauseStartsWith():
            return [[Comparison("starts_with", logic.starts_with.lower(), False)]]
        case genai.ClauseEndsWith():
            return [[Comparison("ends_with", logic.ends_with.lower(), False)]]
        case genai.ClauseContains():
            return [[Comparison("contains", logic.contains.lower(), False)]]
        case genai.ClauseRegex():
            return [_without_lookahead(logic.regex)]


def _without_lookahead(regex: str) -> list[Comparison]:
    if regex.startswith("^(?!"):
        close = _closing_parenthesis(regex, 1)
        found = [Comparison("regex", "^(?:" + regex[4:close] + ")", True)]
        rest = regex[close + 1 :]
        return [*found, *_without_lookahead("^" + rest)] if rest else found
    if "(?=" in regex or "(?!" in regex or "(?<" in regex:
        raise UnsupportedPattern(
            f"pattern {regex!r}: a lookaround that does not open the pattern has no form in SQL;"
            " extend spanmart.prices.matching"
        )
    return [Comparison("regex", regex, False)]


def _closing_parenthesis(regex: str, opening: int) -> int:
    depth, position, in_class = 0, opening, False
    while position < len(regex):
        sign = regex[position]
        if sign == "\\":
            position += 1
        elif in_class:
            in_class = sign != "]"
        elif sign == "[":
            in_class = True
        elif sign in "()":
            depth += 1 if sign == "(" else -1
            if depth == 0:
                return position
        position += 1
    raise UnsupportedPattern(f"pattern {regex!r} has an unclosed parenthesis")
