"""All texts of a batch redacted in one go, wherever they stand.

What is to be found is looked for in all columns at once: apart, calls cost more than the search.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from spanmart.records import Index
from spanmart.redaction import masking
from spanmart.redaction.identity import Identities
from spanmart.redaction.masking import Changes

Counts = Index
_NONE: Index = np.zeros(0, dtype=np.int64)
# As OpenTelemetry, OpenAI, Anthropic and Vercel name the call of a tool inside a message.
_CALL = r"tool_call|toolCall|tool-call|tool_use|toolUse|function_call|functionCall"


class Rule(IntEnum):
    """Which names in JSON name a person: a bare `user` does in parameters and metadata, but is a
    line of a dialogue in content; what a tool is given and gives back names accounts as well."""

    PARAMETERS = 0
    CONTENT = 1
    TOOL_PAYLOAD = 2


@dataclass
class Texts:
    """A column that waits to be redacted with the others, and after that is.

    `rules` has a `Rule` a row; `counts` is how many masks and hashes each row got.
    """

    texts: pa.Array
    rules: npt.NDArray[np.int8]
    counts: Counts = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


class Redactor:
    """Free text with the people in its JSON hashed and every detector applied."""

    def __init__(self, identities: Identities) -> None:
        self._identities = identities
        self._waiting: list[Texts] = []

    def add(self, texts: pa.Array, rules: npt.NDArray[np.int8] | Rule = Rule.PARAMETERS) -> Texts:
        """`texts` will be redacted by `run`; one rule for all, or one a row."""
        if isinstance(rules, Rule):
            rules = np.full(len(texts), rules, dtype=np.int8)
        added = Texts(texts, rules)
        self._waiting.append(added)
        return added

    def run(self) -> None:
        """Redacts all that was added."""
        waiting = [each for each in self._waiting if len(each.texts)]
        self._waiting = []
        if not waiting:
            return
        texts = [each.texts for each in waiting]
        ends = np.cumsum([len(each) for each in texts])
        changes = _laid_over(masking.masks(texts), self._people(waiting))
        for each, end in zip(waiting, ends.tolist(), strict=True):
            start = end - len(each.texts)
            first, last = np.searchsorted(changes.rows, (start, end)).tolist()
            each.counts = np.zeros(len(each.texts), dtype=np.int64)
            if last > first:
                own = Changes(
                    changes.rows[first:last] - start,
                    changes.texts.slice(first, last - first),
                    changes.counts[first:last],
                )
                each.counts[own.rows] = own.counts
                each.texts = masking.replaced(each.texts, own)

    def _people(self, waiting: list[Texts]) -> Changes:
        """Rows that name people in JSON, with these hashed and then masked like any other. Rows are
        numbered through all that waits."""
        identities = self._identities
        replace = (
            identities.in_json(is_content=False),
            identities.in_json(is_content=True),
            identities.in_tool_payload(),
        )
        hints = (identities.json_hint, _CALL)
        found = masking.found_in([each.texts for each in waiting], hints)
        rows, hashed, start = [_NONE], [], 0
        for each, (has_names, has_calls) in zip(waiting, found.tolist(), strict=True):
            if has_names or has_calls or (each.rules == Rule.TOOL_PAYLOAD).any():
                column = pl.Series(values=each.texts)
                own, rules = self._naming(column, each.rules, has_names, has_calls)
                rows.append(own + start)
                hashed += [
                    replace[rule](text)
                    for rule, text in zip(
                        rules[own].tolist(), column.gather(own).to_list(), strict=True
                    )
                ]
            start += len(each.texts)
        if not hashed:
            return masking.NO_CHANGES
        changed = pl.Series([text for text, _ in hashed], dtype=pl.String)
        counts = np.array([count for _, count in hashed], dtype=np.int64)
        masked = masking.masks([changed.to_arrow()])
        counts[masked.rows] += masked.counts
        if len(masked.rows):
            changed = changed.scatter(masked.rows, masked.texts)
        return Changes(np.concatenate(rows), changed, counts)

    def _naming(
        self,
        column: pl.Series,
        rules: npt.NDArray[np.int8],
        has_names: bool,
        has_calls: bool,
    ) -> tuple[Index, npt.NDArray[np.int8]]:
        """The rows of a column that may name people, and the rules of all its rows."""
        may_have = np.zeros(len(column), dtype=bool)
        if has_names:
            may_have |= masking.matches(column, self._identities.json_hint)
        if has_calls:
            rules = _with_calls(column, rules)
        payloads = np.flatnonzero(rules == Rule.TOOL_PAYLOAD)
        if len(payloads):
            some = column.gather(payloads)
            may_have[payloads] = masking.matches(some, self._identities.tool_hint)
        return np.flatnonzero(may_have), rules


def _laid_over(below: Changes, above: Changes) -> Changes:
    """Both; where they change the same row, what is above counts."""
    if len(above.rows) == 0:
        return below
    kept = ~np.isin(below.rows, above.rows)
    rows = np.concatenate([below.rows[kept], above.rows])
    order = np.argsort(rows, kind="stable")
    return Changes(
        rows[order],
        pl.concat([below.texts.filter(pl.Series(kept)), above.texts]).gather(order),
        np.concatenate([below.counts[kept], above.counts])[order],
    )


def _with_calls(column: pl.Series, rules: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Messages that hold the call of a tool are read as its payload."""
    content = np.flatnonzero(rules == Rule.CONTENT)
    calls = content[masking.matches(column.gather(content), _CALL)]
    if len(calls):
        rules = rules.copy()
        rules[calls] = Rule.TOOL_PAYLOAD
    return rules
