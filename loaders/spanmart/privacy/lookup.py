"""Finds the value of a field on records, whatever attribute a producer put it in: columns in, one
column out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import orjson
import polars as pl
import pyarrow as pa

from spanmart.records import Index, KeyValues

_NOTHING = ("", "None", "null", "undefined")


@dataclass(frozen=True)
class Attributed:
    """Attributes of some records, and those of the resources that they share (OTLP)."""

    rows: int
    attributes: KeyValues
    resources: KeyValues | None = None
    resource_count: int = 0
    resource_index: Index | None = None

    def value(self, keys: Iterable[str]) -> pl.Series:
        """One text a record (null: none of the keys is there), the first of the keys that is.

        A key is `KEY`, `resource:KEY` or `KEY#json.path`, as in macros/spans/attribute_aliases.sql;
        values that say nothing ('', 'None', 'null', 'undefined') count as not there.
        """
        found = pl.Series(values=[None], dtype=pl.String).new_from_index(0, self.rows)
        for key in keys:
            found = found.zip_with(found.is_not_null(), self._of_key(key))
        return found

    def _of_key(self, key: str) -> pl.Series:
        name, _, path = key.removeprefix("resource:").partition("#")
        if not key.startswith("resource:"):
            return _values(self.attributes, name, path, self.rows)
        if self.resources is None or self.resource_index is None:
            return pl.Series(values=[None], dtype=pl.String).new_from_index(0, self.rows)
        shared = _values(self.resources, name, path, self.resource_count)
        return shared.gather(self.resource_index)


def _values(pairs: KeyValues, name: str, path: str, owners: int) -> pl.Series:
    rows = np.flatnonzero((pl.Series(values=pairs.key) == name).fill_null(False).to_numpy())
    values = pl.Series(values=pairs.value.take(pa.array(rows)), dtype=pl.String)
    if path:
        # Objects repeat from span to span: each different one is read once.
        members = {text: _member(text, path) for text in values.unique().to_list() if text}
        values = values.replace_strict(members, default=None, return_dtype=pl.String)
    values = values.set(values.is_in(_NOTHING).fill_null(False), None)
    out = pl.Series(values=[None], dtype=pl.String).new_from_index(0, owners)
    # The last of two equal keys wins, as in landing.
    return out.scatter(pairs.owner[rows], values)


def _member(text: str, path: str) -> str | None:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if value is None or isinstance(value, dict | list):
        return None
    return value if isinstance(value, str) else orjson.dumps(value).decode()
