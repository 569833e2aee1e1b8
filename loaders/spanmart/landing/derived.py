"""Facts that only content holds, read before content leaves the attributes.

Only what is not an attribute already: some producers give the provider's response id, and the tool
calls that a model proposed, nowhere but inside the answer.
"""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.records import NO_KEY_VALUES, Index, KeyValues, Records

RESPONSE_ID = "spanmart.derived.response_id"
TOOL_CALLS_PROPOSED = "spanmart.derived.tool_calls_proposed"
FINISH_REASONS = "spanmart.derived.finish_reasons"

_KNOWN_RESPONSE_IDS = ("gen_ai.response.id", "llm.response.id", "ai.response.id")
_ANSWERS = ("output.value", "gen_ai.completion", "traceloop.entity.output", "llm.openai.response")
# Ids as providers make them; others (of a request, of a tool call) have other prefixes.
_RESPONSE_ID = (
    r'\\*"(?:id|response_id)\\*"\s*:\s*\\*"'
    r'((?:chatcmpl|cmpl|resp|msg|gen|run)[-_][A-Za-z0-9_-]{6,})\\*"'
)

_MESSAGES = "gen_ai.output.messages"
_BODY = "body"
# One a choice. An older convention gives it only in the answer, or in the body of the gen_ai.choice
# log record. Whole or not at all, here as above: the beginning of something longer is no fact, and
# may be half a secret.
_FINISH_REASON = r'\\*"finish_reason\\*"\s*:\s*\\*"(\w[\w.-]*)\\*"'
_KNOWN_FINISH_REASONS = ("gen_ai.response.finish_reasons", "llm.finish_reason")
_TOOL_CALL_PART = r'\\*"type\\*"\s*:\s*\\*"(?:server_)?tool_call\\*"'
# `llm.output_messages.0.message.tool_calls.1.…`, `gen_ai.completion.0.tool_calls.1.…`
_FLATTENED_ANSWER = re.compile(r"(?:llm\.output_messages|gen_ai\.completion)\.[0-9]+\.")
_FLATTENED_CALL = re.compile(
    r"((?:llm\.output_messages|gen_ai\.completion)\.[0-9]+\.(?:message\.)?tool_calls\.[0-9]+)\."
)


def derived(pairs: KeyValues, owners: int) -> KeyValues:
    """The derived attributes of each owner, in the order of the owners."""
    # Views of the values: chosen ones are looked at without being copied.
    values = pl.Series(values=pairs.value)
    found = [
        _response_ids(pairs, values, owners),
        _proposed_calls(pairs, values, owners),
        _finish_reasons(pairs, values, owners),
    ]
    owner = np.concatenate([each.owner for each in found])
    order = np.argsort(owner, kind="stable")
    chosen = pa.array(order)
    return KeyValues(
        owner[order],
        pa.concat_arrays([each.key for each in found]).take(chosen),
        pa.concat_arrays([each.value for each in found]).take(chosen),
    )


def with_body(records: Records) -> KeyValues:
    """The attributes of records, and the body of each under a key of its own."""
    if records.body is None:
        return records.attributes
    has = np.flatnonzero(records.body.is_valid().to_numpy(zero_copy_only=False))
    body = records.body.take(pa.array(has)).cast(pa.string())
    return merged(
        records.attributes, KeyValues(has, pa.array([_BODY] * len(has), pa.string()), body)
    )


def merged(pairs: KeyValues, more: KeyValues) -> KeyValues:
    """Both, in the order of the owners."""
    if len(more) == 0:
        return pairs
    owner = np.concatenate([pairs.owner, more.owner])
    order = np.argsort(owner, kind="stable")
    chosen = pa.array(order)
    return KeyValues(
        owner[order],
        pa.concat_arrays([pairs.key, more.key]).take(chosen),
        pa.concat_arrays([pairs.value, more.value]).take(chosen),
    )


def _response_ids(pairs: KeyValues, values: pl.Series, owners: int) -> KeyValues:
    rows = _without(pairs, _rows_of(pairs, _ANSWERS), _KNOWN_RESPONSE_IDS, owners)
    if not len(rows):
        return NO_KEY_VALUES
    ids = values.gather(rows).str.extract(_RESPONSE_ID)
    has = ids.is_not_null().to_numpy()
    return _first_of_owner(pairs.owner[rows[has]], ids.drop_nulls(), RESPONSE_ID)


def _proposed_calls(pairs: KeyValues, values: pl.Series, owners: int) -> KeyValues:
    """0 when there is an answer without calls; nothing when there is no answer to look at."""
    calls = np.full(owners, -1, dtype=np.int64)
    rows = np.flatnonzero(pairs.names.where(lambda name: bool(_FLATTENED_ANSWER.match(name))))
    if len(rows):
        found = [_FLATTENED_CALL.match(name) for name in pairs.names.different]
        names = pl.Series([each[1] if each else None for each in found], dtype=pl.String)
        # A call has several attributes, whose names begin alike.
        frame = pl.DataFrame(
            {"owner": pairs.owner[rows], "call": names.gather(pairs.names.codes[rows])}
        )
        counted = frame.group_by("owner").agg(calls=pl.col("call").drop_nulls().n_unique())
        calls[counted["owner"].to_numpy()] = counted["calls"].to_numpy()
    rows = _rows_of(pairs, (_MESSAGES,))
    rows = rows[values.gather(rows).is_not_null().to_numpy()]
    calls[pairs.owner[rows]] = 0
    rows = _holding(values, rows, "tool_call")
    if len(rows):
        calls[pairs.owner[rows]] = values.gather(rows).str.count_matches(_TOOL_CALL_PART).to_numpy()
    owner = np.flatnonzero(calls >= 0)
    return _first_of_owner(owner, pl.Series(calls[owner]).cast(pl.String), TOOL_CALLS_PROPOSED)


def _finish_reasons(pairs: KeyValues, values: pl.Series, owners: int) -> KeyValues:
    """As a JSON array, like OpenTelemetry's gen_ai.response.finish_reasons."""
    rows = _rows_of(pairs, (_MESSAGES, _BODY))
    rows = _without(pairs, rows, _KNOWN_FINISH_REASONS, owners)
    rows = _holding(values, rows, "finish_reason")
    if not len(rows):
        return NO_KEY_VALUES
    reasons = (
        values.gather(rows)
        .str.extract_all(_FINISH_REASON)
        .list.eval(pl.element().str.extract(_FINISH_REASON))
    )
    has = (reasons.list.len() > 0).fill_null(False).to_numpy()
    texts = '["' + reasons.filter(pl.Series(has)).list.join('","') + '"]'
    return _first_of_owner(pairs.owner[rows[has]], texts, FINISH_REASONS)


def _rows_of(pairs: KeyValues, keys: tuple[str, ...]) -> Index:
    rows: Index = np.flatnonzero(pairs.names.where(keys.__contains__))
    return rows


def _without(pairs: KeyValues, rows: Index, keys: tuple[str, ...], owners: int) -> Index:
    """The rows whose owner has none of these attributes."""
    has = np.zeros(owners, dtype=bool)
    has[pairs.owner[_rows_of(pairs, keys)]] = True
    return rows[~has[pairs.owner[rows]]]


def _holding(values: pl.Series, rows: Index, literal: str) -> Index:
    """The rows whose value holds the literal, which is found many times as fast as a pattern."""
    if not len(rows):
        return rows
    has = values.gather(rows).str.contains(literal, literal=True).fill_null(False)
    held: Index = rows[has.to_numpy()]
    return held


def _first_of_owner(owner: Index, values: pl.Series, name: str) -> KeyValues:
    first, index = np.unique(owner, return_index=True)
    texts = values.gather(index).to_arrow().cast(pa.string())
    return KeyValues(first.astype(np.int64), pa.array([name] * len(first), pa.string()), texts)


def has_key(pairs: KeyValues, keys: tuple[str, ...]) -> Index:
    """The places of the pairs with one of these keys."""
    chosen: Index = np.flatnonzero(
        pc.is_in(pairs.key, pa.array(keys)).to_numpy(zero_copy_only=False)
    )
    return chosen
