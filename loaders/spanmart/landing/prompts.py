"""Which prompt a call used, and that it was a call, where a dialect says so between the lines."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

from spanmart.records import Index, KeyValues, Mask

PROMPT_NAME = "spanmart.derived.prompt_name"
PROMPT_VERSION = "spanmart.derived.prompt_version"
SPAN_TYPE = "spanmart.derived.span_type"

# MLflow's list of the registered prompts: [{"name": "answer", "version": "3"}]. The first is the
# call's own, and a list of several says no more than that.
_LINKED = ("mlflow.linkedPrompts", "mlflow.traceTag.mlflow.linkedPrompts")
_NAME = r'\\*"name\\*"\s*:\s*\\*"([^"\\]+)\\*"'
_VERSION = r'\\*"version\\*"\s*:\s*\\*"?([\w.-]+)\\*"?'

# Langfuse's SDK before 3.3.1 calls a generation a span; what only generations have tells.
_TYPE = "langfuse.observation.type"
_OF_GENERATIONS = tuple(
    f"langfuse.observation.{name}"
    for name in ("model.name", "usage_details", "cost_details", "prompt.name")
)


def linked(pairs: KeyValues, values: pl.Series) -> KeyValues | None:
    """Name and version of the first linked prompt."""
    rows = np.flatnonzero(pairs.names.where(_LINKED.__contains__))
    if len(rows) == 0:
        return None
    texts = values.gather(rows)
    owners, keys, found = [], [], []
    for key, pattern in ((PROMPT_NAME, _NAME), (PROMPT_VERSION, _VERSION)):
        said = texts.str.extract(pattern)
        has = said.is_not_null().to_numpy()
        owners.append(pairs.owner[rows[has]])
        keys += [key] * int(has.sum())
        found += said.drop_nulls().to_list()
    return _ordered(np.concatenate(owners), keys, found)


def generations(pairs: KeyValues, values: pl.Series, owners: int) -> KeyValues | None:
    """The spans that are generations, as a `langfuse.observation.type` would say it."""
    rows = np.flatnonzero(pairs.names.where(_TYPE.__eq__))
    if len(rows) == 0:
        return None
    rows = rows[(values.gather(rows) == "span").fill_null(False).to_numpy()]
    has: Mask = np.zeros(owners, dtype=bool)
    has[pairs.owner[pairs.names.where(_OF_GENERATIONS.__contains__)]] = True
    owner = pairs.owner[rows]
    owner = owner[has[owner]]
    return _ordered(owner, [SPAN_TYPE] * len(owner), ["generation"] * len(owner))


def _ordered(owner: Index, keys: list[str], found: list[str]) -> KeyValues:
    order = np.argsort(owner, kind="stable")
    chosen = pa.array(order)
    return KeyValues(
        owner[order].astype(np.int64),
        pa.array(keys, pa.string()).take(chosen),
        pa.array(found, pa.string()).take(chosen),
    )
