"""What landing asks of the policy for the content of a batch: one call before it is hashed, one
after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from spanmart.privacy.allowlists import apply_allowlists, tool_names
from spanmart.privacy.classes import raw_classes, retention_classes
from spanmart.privacy.lookup import Attributed
from spanmart.privacy.policy import Policy
from spanmart.records import Index

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Governed:
    """Content as the policy wants it; all columns have one row a piece of content."""

    text: pa.Array
    # How many values of each text an allowlist took away.
    removed: Counts
    retention_class: pa.Array
    # None where tier 3 is off.
    raw: pa.Array | None


def govern(
    policy: Policy,
    *,
    key: pa.Array,
    kind: pa.Array,
    owner: Index,
    text: pa.Array,
    records: Attributed,
    raw: pa.Array | None = None,
) -> Governed:
    """Field allowlists and retention classes for content that left its records.

    `key` is the attribute it came from, `owner` its record (row of `records`, whose attributes are
    those that came, not yet redacted), `text` its redacted form, `raw` the text before redaction,
    wanted only where the policy keeps tier 3. Without lists and rules this costs one constant
    column.
    """
    tools = tool_names(policy, key, owner, records)
    allowed, removed = apply_allowlists(policy, kind, tools, text)
    as_it_came = None
    if policy.keeps_raw and raw is not None:
        # A field that may not be stored may not be stored in any tier.
        as_it_came, _ = apply_allowlists(policy, kind, tools, raw)
    classes = retention_classes(policy, kind, owner, records)
    return Governed(allowed, removed, classes, as_it_came)


def stored_content(policy: Policy, text: pa.Array) -> pa.Array:
    """The `content` column of artifacts: null where the policy keeps no tier 2. Ids and sizes are
    those of the text all the same."""
    return text if policy.keeps_redacted else pa.nulls(len(text), text.type)


def raw_rows(
    policy: Policy,
    governed: Governed,
    *,
    key: pa.Array,
    kind: pa.Array,
    owner: Index,
    artifact_id: pa.Array,
    rows: pa.Table,
) -> pa.Table:
    """What `RawStaging.add` takes, but for `load_id`.

    `rows` are the prepared records, of which `trace_id`, `span_id` and `record_hash` are read;
    `artifact_id` are the ids of the redacted forms.
    """
    assert governed.raw is not None, "asked for raw content where the policy keeps none"
    places = pa.array(owner)
    of_record = {
        name: rows.column(name).combine_chunks().take(places)
        for name in ("trace_id", "span_id", "record_hash")
    }
    return pa.table(
        {
            **of_record,
            "attribute_key": key,
            "artifact_kind": kind,
            "artifact_id": artifact_id,
            "content": governed.raw,
            "retention_class": raw_classes(policy, governed.retention_class),
        }
    )
