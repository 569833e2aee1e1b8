"""Facts that only content, or an object of a dialect, holds: read before content leaves the
attributes.

Only what is not an attribute already: some producers give the provider's response id, the tool
calls that a model proposed and why it stopped nowhere but inside the answer.
"""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.landing import answers, first_tokens, prompts, retrieved, vendor_usage
from spanmart.records import NO_KEY_VALUES, Index, KeyValues, Names, Records

RESPONSE_ID = "spanmart.derived.response_id"
TOOL_CALLS_PROPOSED = "spanmart.derived.tool_calls_proposed"
FINISH_REASONS = "spanmart.derived.finish_reasons"

_RECORD_KIND = "spanmart.record.kind"
_IS_DELETED = "spanmart.record.is_deleted"
_IS_PARTIAL = "spanmart.record.is_partial"
_KNOWN_RESPONSE_IDS = ("gen_ai.response.id", "llm.response.id", "ai.response.id")
# Ids as providers make them; others (of a request, of a tool call) have other prefixes.
_RESPONSE_ID = (
    r'\\*"(?:id|response_id)\\*"\s*:\s*\\*"'
    r'((?:chatcmpl|cmpl|resp|msg|gen|run)[-_][A-Za-z0-9_-]{6,})\\*"'
)

_MESSAGES = "gen_ai.output.messages"
_BODY = "body"
# The body of the gen_ai.choice log record holds one in an older convention.
_KNOWN_FINISH_REASONS = (
    *("gen_ai.response.finish_reasons", "gen_ai.response.finish_reason", "llm.finish_reason"),
    *("ai.response.finishReason", "ai.finishReason", "stop_reason"),
    "langfuse.observation.metadata.finish_reason",
)
# One a choice: a call is as bad as its worst, so that the first alone does not do.
_INDEXED_REASON = re.compile(r"(?:gen_ai\.completion|llm\.completions)\.[0-9]+\.finish_reason")
_CHOICE = "gen_ai.choice"
_CHOICE_REASON = "finish_reason"
# `llm.output_messages.0.message.tool_calls.1.…`, `gen_ai.completion.0.tool_calls.1.…`
_FLATTENED_ANSWER = re.compile(r"(?:llm\.output_messages|gen_ai\.completion)\.[0-9]+\.")
_FLATTENED_CALL = re.compile(
    r"((?:llm\.output_messages|gen_ai\.completion)\.[0-9]+\.(?:message\.)?tool_calls\.[0-9]+)\."
)


def derived(records: Records) -> KeyValues:
    """The derived attributes of spans or log records, in their order."""
    pairs, owners = _with_body(records), len(records)
    # Views of the values: chosen ones are looked at without being copied.
    values = pl.Series(values=pairs.value)
    found = [
        _response_ids(pairs, values, owners),
        _proposed_calls(pairs, values, owners),
        _finish_reasons(records, pairs, values),
    ]
    if usage := vendor_usage.found_usage(pairs, values):
        found.append(vendor_usage.as_pairs(usage))
    if records.table == "spans":
        more = (
            retrieved.documents(pairs, values, owners),
            first_tokens.times(records),
            prompts.linked(pairs, values),
            prompts.generations(pairs, values, owners),
        )
        found += [each for each in more if each is not None]
    return _ordered(found)


def record_kinds(pairs: KeyValues, owners: int) -> pa.Array:
    """The column `record_kind` of spans (schemas.SPANS), from what their format says of them."""
    if not len(_rows_of(pairs, (_RECORD_KIND, _IS_DELETED, _IS_PARTIAL))):
        return pa.nulls(owners, pa.string())
    # A part that says so is merged first: the models find its mark on the whole.
    kinds: list[str | None] = [None] * owners
    marks = ((_RECORD_KIND, None), (_IS_DELETED, "deleted"), (_IS_PARTIAL, "partial"))
    for key, kind in marks:
        for place in _rows_of(pairs, (key,)).tolist():
            kinds[int(pairs.owner[place])] = kind or pairs.value[place].as_py()
    return pa.array(kinds, pa.string())


def merged(pairs: KeyValues, more: KeyValues) -> KeyValues:
    """Both, in the order of the owners."""
    return _ordered([pairs, more], pairs.names.and_then(more.names)) if len(more) else pairs


def _ordered(parts: list[KeyValues], names: Names | None = None) -> KeyValues:
    """`names` are those of all parts, one behind the other, where they are known."""
    owner = np.concatenate([each.owner for each in parts])
    order = np.argsort(owner, kind="stable")
    chosen = pa.array(order)
    return KeyValues(
        owner[order],
        pa.concat_arrays([each.key for each in parts]).take(chosen),
        pa.concat_arrays([each.value for each in parts]).take(chosen),
        None if names is None else Names(names.different, names.codes[order]),
    )


def _with_body(records: Records) -> KeyValues:
    """The attributes of records, and the body of each under a key of its own."""
    if records.body is None:
        return records.attributes
    has = np.flatnonzero(records.body.is_valid().to_numpy(zero_copy_only=False))
    body = records.body.take(pa.array(has)).cast(pa.string())
    return merged(
        records.attributes, KeyValues(has, pa.array([_BODY] * len(has), pa.string()), body)
    )


def _response_ids(pairs: KeyValues, values: pl.Series, owners: int) -> KeyValues:
    rows = _without(pairs, _rows_of(pairs, answers.ANSWERS), _KNOWN_RESPONSE_IDS, owners)
    if len(rows) == 0:
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
    # OpenTelemetry's messages say it best; what else holds an answer counts where nothing does.
    for keys in ((_MESSAGES,), answers.ANSWERS):
        rows = _rows_of(pairs, keys)
        rows = rows[calls[pairs.owner[rows]] < 0]
        texts = values.gather(rows)
        said = answers.tool_calls(texts)
        if keys == (_MESSAGES,):
            said = np.maximum(said, np.where(texts.is_not_null().to_numpy(), 0, -1))
        np.maximum.at(calls, pairs.owner[rows], said)
    owner = np.flatnonzero(calls >= 0)
    return _first_of_owner(owner, pl.Series(calls[owner]).cast(pl.String), TOOL_CALLS_PROPOSED)


def _finish_reasons(records: Records, pairs: KeyValues, values: pl.Series) -> KeyValues:
    """As a JSON array, like OpenTelemetry's gen_ai.response.finish_reasons."""
    rows = _rows_of(pairs, (_MESSAGES, _BODY, *answers.ANSWERS))
    rows = _without(pairs, rows, _KNOWN_FINISH_REASONS, len(records))
    gives, reasons = answers.stop_reasons(values.gather(rows))
    owner = pairs.owner[rows[gives]]
    for each in (_choice_events(records), _indexed_reasons(pairs, values)):
        if each is not None:
            owner = np.concatenate([each.owner, owner])
            reasons = pl.concat([pl.Series(values=each.value, dtype=pl.String), reasons])
    return _first_of_owner(owner, reasons, FINISH_REASONS)


def _indexed_reasons(pairs: KeyValues, values: pl.Series) -> KeyValues | None:
    """The reasons of OpenLLMetry's choices, each of which has an attribute of its own."""
    rows = np.flatnonzero(pairs.names.where(lambda name: bool(_INDEXED_REASON.fullmatch(name))))
    if len(rows) == 0:
        return None
    frame = pl.DataFrame({"owner": pairs.owner[rows], "reason": values.gather(rows)})
    reasons = (
        frame.filter(pl.col("reason").str.contains(r"^\w[\w.-]*$"))
        .group_by("owner", maintain_order=True)
        .agg(text=pl.lit('["') + pl.col("reason").str.join('","') + '"]')
    )
    key = pa.array([FINISH_REASONS] * len(reasons), pa.string())
    text = reasons["text"].to_arrow().cast(pa.string())
    return KeyValues(reasons["owner"].to_numpy(), key, text)


def _choice_events(records: Records) -> KeyValues | None:
    """Span events of the older convention, which name the reason of a choice (Strands)."""
    events = records.events
    if events is None or len(events) == 0:
        return None
    rows = has_key(events.attributes, (_CHOICE_REASON,))
    if len(rows) == 0:
        return None
    names = events.columns.column("name").take(pa.array(events.attributes.owner[rows]))
    rows = rows[pc.fill_null(pc.equal(names, _CHOICE), False).to_numpy().astype(bool)]
    owner = events.owner[events.attributes.owner[rows]]
    reasons = pl.Series(values=events.attributes.value.take(pa.array(rows)), dtype=pl.String)
    is_word = reasons.str.contains(r"^\w[\w.-]*$").fill_null(False)
    texts = '["' + reasons.filter(is_word) + '"]'
    key = pa.array([FINISH_REASONS] * len(texts), pa.string())
    return KeyValues(owner[is_word.to_numpy()], key, texts.to_arrow().cast(pa.string()))


def _rows_of(pairs: KeyValues, keys: tuple[str, ...]) -> Index:
    rows: Index = np.flatnonzero(pairs.names.where(keys.__contains__))
    return rows


def _without(pairs: KeyValues, rows: Index, keys: tuple[str, ...], owners: int) -> Index:
    """The rows whose owner has none of these attributes."""
    has = np.zeros(owners, dtype=bool)
    has[pairs.owner[_rows_of(pairs, keys)]] = True
    return rows[~has[pairs.owner[rows]]]


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
