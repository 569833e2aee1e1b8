"""Facts that only content holds, read before content leaves the attributes.

Only what is not an attribute already: some producers give the provider's response id, and the tool
calls that a model proposed, nowhere but inside the answer.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.records import Index, KeyValues, Records

RESPONSE_ID = "spanmart.derived.response_id"
TOOL_CALLS_PROPOSED = "spanmart.derived.tool_calls_proposed"
FINISH_REASONS = "spanmart.derived.finish_reasons"

_KNOWN_RESPONSE_IDS = ("gen_ai.response.id", "llm.response.id", "ai.response.id")
_ANSWERS = ("output.value", "gen_ai.completion", "traceloop.entity.output", "llm.openai.response")
# Ids as providers make them; others (of a request, of a tool call) have other prefixes.
_RESPONSE_ID = (
    r'\\*"(?:id|response_id)\\*"\s*:\s*\\*"'
    r"((?:chatcmpl|cmpl|resp|msg|gen|run)[-_][A-Za-z0-9_-]{6,})"
)

_MESSAGES = "gen_ai.output.messages"
_BODY = "body"
# One a choice. An older convention gives it only in the answer, or in the body of the gen_ai.choice
# log record.
_FINISH_REASON = r'\\*"finish_reason\\*"\s*:\s*\\*"(\w[\w.-]*)'
_KNOWN_FINISH_REASONS = ("gen_ai.response.finish_reasons", "llm.finish_reason")
_TOOL_CALL_PART = r'\\*"type\\*"\s*:\s*\\*"(?:server_)?tool_call\\*"'
# `llm.output_messages.0.message.tool_calls.1.…`, `gen_ai.completion.0.tool_calls.1.…`
_FLATTENED_ANSWER = r"^(?:llm\.output_messages|gen_ai\.completion)\.\d+\."
_FLATTENED_CALL = (
    r"^((?:llm\.output_messages|gen_ai\.completion)\.\d+\.(?:message\.)?tool_calls\.\d+)\."
)


def derived(pairs: KeyValues, owners: int) -> KeyValues:
    """The derived attributes of each owner, in the order of the owners."""
    key = pairs.key.dictionary_encode()
    names = pl.Series(values=key.dictionary)
    codes = key.indices.to_numpy()
    found = [
        _response_ids(pairs, names, codes, owners),
        _proposed_calls(pairs, names, codes),
        _finish_reasons(pairs, names, codes, owners),
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


def _response_ids(pairs: KeyValues, names: pl.Series, codes: Index, owners: int) -> KeyValues:
    is_answer = names.is_in(list(_ANSWERS)).to_numpy()
    is_known = names.is_in(list(_KNOWN_RESPONSE_IDS)).to_numpy()
    knows = np.zeros(owners, dtype=bool)
    knows[pairs.owner[is_known[codes]]] = True
    rows = np.flatnonzero(is_answer[codes])
    rows = rows[~knows[pairs.owner[rows]]]
    values = pl.Series(values=pairs.value.take(pa.array(rows)))
    ids = values.str.extract(_RESPONSE_ID)
    has = ids.is_not_null().to_numpy()
    return _first_of_owner(pairs.owner[rows][has], ids.drop_nulls(), RESPONSE_ID)


def _proposed_calls(pairs: KeyValues, names: pl.Series, codes: Index) -> KeyValues:
    """0 when there is an answer without calls; nothing when there is no answer to look at."""
    rows = np.flatnonzero((names == _MESSAGES).to_numpy()[codes])
    values = pl.Series(values=pairs.value.take(pa.array(rows)))
    in_parts = pl.DataFrame(
        {"owner": pairs.owner[rows], "calls": values.str.count_matches(_TOOL_CALL_PART)}
    )
    is_flat = names.str.contains(_FLATTENED_ANSWER).to_numpy()
    rows = np.flatnonzero(is_flat[codes])
    calls = names.str.extract(_FLATTENED_CALL)
    in_keys = (
        pl.DataFrame({"owner": pairs.owner[rows], "call": calls.gather(codes[rows])})
        .group_by("owner")
        .agg(calls=pl.col("call").drop_nulls().n_unique())
    )
    counted = (
        pl.concat(
            [
                in_parts.select(pl.col("owner", "calls").cast(pl.Int64)),
                in_keys.select(pl.col("owner", "calls").cast(pl.Int64)),
            ]
        )
        .drop_nulls()
        .sort("owner")
    )
    return _first_of_owner(
        counted["owner"].to_numpy(), counted["calls"].cast(pl.String), TOOL_CALLS_PROPOSED
    )


def _finish_reasons(pairs: KeyValues, names: pl.Series, codes: Index, owners: int) -> KeyValues:
    """As a JSON array, like OpenTelemetry's gen_ai.response.finish_reasons."""
    is_known = names.is_in(list(_KNOWN_FINISH_REASONS)).to_numpy()
    knows = np.zeros(owners, dtype=bool)
    knows[pairs.owner[is_known[codes]]] = True
    rows = np.flatnonzero(names.is_in([_MESSAGES, _BODY]).to_numpy()[codes])
    rows = rows[~knows[pairs.owner[rows]]]
    values = pl.Series(values=pairs.value.take(pa.array(rows)), dtype=pl.String)
    reasons = values.str.extract_all(_FINISH_REASON).list.eval(
        pl.element().str.extract(_FINISH_REASON)
    )
    has = (reasons.list.len() > 0).fill_null(False).to_numpy()
    texts = '["' + reasons.filter(pl.Series(has)).list.join('","') + '"]'
    return _first_of_owner(pairs.owner[rows][has], texts, FINISH_REASONS)


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
