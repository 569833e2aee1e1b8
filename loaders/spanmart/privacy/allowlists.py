"""Field allowlists: of a tool's payload only the JSON fields stay that the policy names.

Payloads of tools that have no list are not touched, and not parsed. A tool's payload comes in
three places: as content of its own, under a message's flattened key, and inside the JSON of the
messages that the model was given or gave; the lists hold in all of them.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.landing.content import PROMPT, RESPONSE, TOOL_ARGUMENTS, TOOL_RESULT
from spanmart.privacy.lookup import Attributed
from spanmart.privacy.payloads import kept_fields, kept_in_messages
from spanmart.privacy.policy import Policy
from spanmart.records import Index

Counts = npt.NDArray[np.int64]

# The name of a call stands beside its arguments where messages are flattened into attributes.
_FLAT_ARGUMENTS = re.compile(
    r"(?P<call>.*\.(?:function\.|tool_calls\.[0-9]+\.|message\.))(?:arguments|function_call_arguments_json)"
)
_MESSAGES = (PROMPT, RESPONSE, "log_body")
# Messages that call no tool and hold no result are not parsed.
_CALL_HINT = r"tool|function|arguments"


def tool_names(policy: Policy, key: pa.Array, owner: Index, records: Attributed) -> pa.Array:
    """The tool that each piece of content is about; null where nothing says it.

    `key` is the attribute that the content came from, `owner` its record (row of `records`).
    """
    if not policy.tools:
        return pa.nulls(len(owner), pa.string())
    names = records.value(policy.attributes["tool_name"]).gather(owner)
    for name in pc.unique(key).to_pylist():
        if match := _FLAT_ARGUMENTS.fullmatch(name or ""):
            beside = (f"{match['call']}name", f"{match['call']}function_call_name")
            is_here = (pl.Series(values=key, dtype=pl.String) == name).fill_null(False)
            names = names.zip_with(~is_here, records.value(beside).gather(owner))
    found: pa.Array = names.to_arrow().cast(pa.string())
    return found


def apply_allowlists(
    policy: Policy, kind: pa.Array, tool_name: pa.Array, texts: pa.Array
) -> tuple[pa.Array, Counts]:
    """The texts with what no list allows replaced by "[removed]", and how many values that were.

    All three columns have one row a piece of content; none of `texts` is null. A payload of a
    listed tool that is not JSON is removed whole.
    """
    counts = np.zeros(len(texts), dtype=np.int64)
    if not policy.tools or len(texts) == 0:
        return texts, counts
    kinds = pl.Series(values=kind, dtype=pl.String)
    is_payload = kinds.is_in([TOOL_ARGUMENTS, TOOL_RESULT])
    may_call = pl.Series(values=texts, dtype=pl.String).str.contains(_CALL_HINT)
    chosen = (is_payload | (kinds.is_in(_MESSAGES) & may_call)).fill_null(False).to_numpy()
    # Copied: a mask over polars' bits is read-only.
    chosen = np.array(chosen, dtype=bool)
    if not chosen.any():
        return texts, counts
    mask = pa.array(chosen)
    results = []
    rows = zip(
        kind.filter(mask).to_pylist(),
        tool_name.filter(mask).to_pylist(),
        texts.filter(mask).to_pylist(),
        strict=True,
    )
    for its_kind, tool, text in rows:
        if its_kind in (TOOL_ARGUMENTS, TOOL_RESULT):
            fields = policy.fields_of(tool)
            allowed = None
            if fields is not None:
                allowed = fields.arguments if its_kind == TOOL_ARGUMENTS else fields.result
            results.append((text, 0) if allowed is None else kept_fields(text, allowed))
        else:
            results.append(kept_in_messages(text, policy))
    counts[chosen] = [count for _, count in results]
    new = pa.array([text for text, _ in results], texts.type)
    return pc.replace_with_mask(texts, mask, new), counts
