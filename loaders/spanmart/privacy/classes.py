"""Which retention class content gets: the rules of the policy over columns."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

import polars as pl
import pyarrow as pa

from spanmart.privacy.lookup import Attributed
from spanmart.privacy.policy import ARTIFACT_KIND, Policy
from spanmart.records import Index


def retention_classes(
    policy: Policy, artifact_kind: pa.Array, owner: Index, records: Attributed
) -> pa.Array:
    """The class of each artifact: as long as `artifact_kind`.

    `owner` is the record (row of `records`) that each artifact was split off from. The first rule
    whose conditions all hold decides; none: the default class. A record that has no value for a
    condition does not meet it.
    """
    default = pa.scalar(policy.retention.default, pa.string())
    if not policy.retention.rules:
        return pa.repeat(default, len(owner))
    kinds = pl.Series(values=artifact_kind, dtype=pl.String)
    # A field that several rules ask for is looked up once.
    values: dict[str, pl.Series] = {}
    classes = pl.Series(values=[None], dtype=pl.String).new_from_index(0, len(owner))
    for rule in policy.retention.rules:
        met = pl.Series(values=[True]).new_from_index(0, len(owner))
        for name, globs in rule.when.items():
            if name == ARTIFACT_KIND:
                met &= _matches(kinds, globs)
                continue
            if name not in values:
                values[name] = records.value(policy.attributes.get(name, (name,)))
            met &= _matches(values[name], globs).gather(owner)
        classes = classes.zip_with(
            classes.is_not_null() | ~met,
            pl.Series(values=[rule.retention_class]).new_from_index(0, len(owner)),
        )
    found: pa.Array = classes.fill_null(policy.retention.default).to_arrow().cast(pa.string())
    return found


def raw_classes(policy: Policy, classes: pa.Array) -> pa.Array:
    """The class of raw content beside that of its redacted form: never one that ends later."""
    different = classes.dictionary_encode()
    names = [policy.retention.raw_class(name) for name in different.dictionary.to_pylist()]
    return pa.array(names, pa.string()).take(different.indices)


def _matches(values: pl.Series, globs: Sequence[str]) -> pl.Series:
    """Each different value is compared once."""
    met = [
        value
        for value in values.unique().to_list()
        if value is not None and any(fnmatchcase(value, glob) for glob in globs)
    ]
    return values.is_in(met).fill_null(False)
