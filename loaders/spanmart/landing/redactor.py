"""All texts of a batch redacted in one go, wherever they stand.

Every pattern is compiled anew for each column that it is asked of, and a batch has a dozen columns
of text: apart, that costs more than the search itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from spanmart.records import Index, Mask
from spanmart.redaction import masking
from spanmart.redaction.identity import Identities
from spanmart.redaction.masking import Changes

Counts = Index
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
        if not waiting:
            return
        column = pl.concat([pl.Series(values=each.texts) for each in waiting], rechunk=False)
        ends = np.cumsum([len(each.texts) for each in waiting])
        rules = np.concatenate([each.rules for each in waiting])
        changes = _laid_over(masking.masks(column), self._people(column, rules))
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
        self._waiting = []

    def _people(self, column: pl.Series, rules: npt.NDArray[np.int8]) -> Changes:
        """Rows that name people in JSON, with these hashed and then masked like any other."""
        identities = self._identities
        may_have = _matches(column, identities.json_hint)
        rules = _with_calls(column, rules)
        payloads = np.flatnonzero(rules == Rule.TOOL_PAYLOAD)
        if len(payloads):
            may_have[payloads] = _matches(column.gather(payloads), identities.tool_hint)
        rows = np.flatnonzero(may_have)
        if len(rows) == 0:
            return masking.NO_CHANGES
        replace = (
            identities.in_json(is_content=False),
            identities.in_json(is_content=True),
            identities.in_tool_payload(),
        )
        hashed = [
            replace[rule](text)
            for rule, text in zip(rules[rows].tolist(), column.gather(rows).to_list(), strict=True)
        ]
        changed = pl.Series([text for text, _ in hashed], dtype=pl.String)
        counts = np.array([count for _, count in hashed], dtype=np.int64)
        masked = masking.masks(changed)
        counts[masked.rows] += masked.counts
        if len(masked.rows):
            changed = changed.scatter(masked.rows, masked.texts)
        return Changes(rows, changed, counts)


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
    calls = content[_matches(column.gather(content), _CALL)]
    if len(calls):
        rules = rules.copy()
        rules[calls] = Rule.TOOL_PAYLOAD
    return rules


def _matches(column: pl.Series, pattern: str) -> Mask:
    found: Mask = column.str.contains(pattern).fill_null(False).to_numpy().copy()
    return found
