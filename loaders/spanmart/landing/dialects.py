"""Records of dialects that say plain things in a way of their own, said plainly.

- MLflow and Langfuse write attribute values as JSON, so that a text comes in quotes. It is stored
  as its text; a user is then hashed as the same user of another producer.
- Langfuse's level and Claude Code's `success` say that a step failed where the status does not.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.landing.content import artifact_kind
from spanmart.records import Index, KeyValues, Mask, Records

_JSON_VALUES = re.compile(r"(?:mlflow|langfuse)\..+")
# Nothing but a JSON string: what follows decodes it, and an error there would cost the batch.
_JSON_STRING = r'^"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u(?:[0-9a-cA-Ce-fE-F][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}))*"$'  # noqa: E501

_LEVEL = "langfuse.observation.level"
_MESSAGE = "langfuse.observation.status_message"
_SUCCESS = "success"
_CLAUDE_CODE = "com.anthropic.claude_code"


def said_plainly(records: Records) -> Records:
    """The records without the quotes and with the status that their dialect means."""
    records = replace(records, attributes=_unquoted(records.attributes))
    return _with_status(records) if records.table == "spans" else records


def _unquoted(pairs: KeyValues) -> KeyValues:
    is_json = pairs.names.where(
        lambda name: _JSON_VALUES.fullmatch(name) is not None and artifact_kind(name) is None
    )
    if not is_json.any():
        return pairs
    rows = np.flatnonzero(is_json)
    values = pl.Series(values=pairs.value.take(pa.array(rows)), dtype=pl.String)
    is_string = values.str.contains(_JSON_STRING).fill_null(False).to_numpy()
    rows = rows[is_string]
    if len(rows) == 0:
        return pairs
    texts = values.filter(pl.Series(is_string)).str.json_decode(pl.String)
    chosen = np.zeros(len(pairs), dtype=bool)
    chosen[rows] = True
    value = pc.replace_with_mask(
        pairs.value, pa.array(chosen), texts.to_arrow().cast(pairs.value.type)
    )
    return KeyValues(pairs.owner, pairs.key, value)


def _with_status(spans: Records) -> Records:
    pairs = spans.attributes
    failed = _owners(pairs, _LEVEL, "ERROR", len(spans))
    unsuccessful = _owners(pairs, _SUCCESS, "false", len(spans))
    if unsuccessful.any():
        scopes = pc.starts_with(spans.columns.column("scope_name"), _CLAUDE_CODE)
        failed |= unsuccessful & np.asarray(pc.fill_null(scopes, False).to_numpy(), dtype=bool)
    if not failed.any():
        return spans
    status = _column(spans, "status_code")
    status = pc.if_else(pa.array(failed), pa.scalar("error", status.type), status)
    messages: list[str | None] = [None] * len(spans)
    for row in _places(pairs, _MESSAGE).tolist():
        messages[int(pairs.owner[row])] = pairs.value[row].as_py()
    own = _column(spans, "status_message")
    said = pc.if_else(pc.equal(own, ""), pa.scalar(None, own.type), own)
    message = pc.coalesce(said, pa.array(messages, own.type))
    columns = _replaced(spans.columns, "status_code", status)
    return replace(spans, columns=_replaced(columns, "status_message", message))


def _owners(pairs: KeyValues, key: str, value: str, owners: int) -> Mask:
    """The owners with this value under this key."""
    rows = _places(pairs, key)
    says = pc.fill_null(pc.equal(pairs.value.take(pa.array(rows)), value), False)
    found = np.zeros(owners, dtype=bool)
    found[pairs.owner[rows[np.asarray(says.to_numpy(zero_copy_only=False), dtype=bool)]]] = True
    return found


def _places(pairs: KeyValues, key: str) -> Index:
    places: Index = np.flatnonzero(pairs.names.where(key.__eq__))
    return places


def _column(records: Records, name: str) -> pa.Array:
    column = records.columns.column(name)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _replaced(columns: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return columns.set_column(columns.schema.get_field_index(name), name, column)
