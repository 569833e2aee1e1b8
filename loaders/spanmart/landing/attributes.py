"""What happens to attributes before they are written: one pass over the long form, whatever owns
them.

In order: the last of two equal keys wins; content moves out; what identifies a person becomes a
keyed hash; everything else goes through the detectors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.records import Index, KeyValues, Mask
from spanmart.redaction import masking
from spanmart.redaction.identity import Identities

Counts = Index


@dataclass(frozen=True)
class Content:
    """Values that leave the attributes. `owner` is the row that refers to them; all are
    redacted."""

    owner: Index
    key: pa.Array
    kind: pa.Array
    text: pa.Array
    redactions: Counts


@dataclass(frozen=True)
class Processed:
    attributes: KeyValues
    content: Content
    # Masks and hashes that each owner got in what stays on it.
    redactions: Counts


class Processor:
    """Holds what does not change from batch to batch: the secret, the limits, what is known of a
    key."""

    def __init__(self, identities: Identities, long_value_chars: int) -> None:
        self._identities = identities
        self._long = long_value_chars

    def attributes(
        self,
        pairs: KeyValues,
        owners: int,
        kind_of: Callable[[str], str | None] | None,
        is_kept_however_long: Callable[[str], bool],
        kinds: pa.Array | None = None,
    ) -> Processed:
        """Redacted attributes, and the content taken out of them.

        `kind_of` tells content by its key (None: nothing is content here); `kinds` says it for each
        pair where the key alone does not.
        """
        pairs, kinds = _last_of_equal_keys(pairs, kinds)
        keys = pairs.key.dictionary_encode()
        names = keys.dictionary.to_pylist()
        codes = keys.indices.to_numpy()
        if kinds is None:
            by_name = [kind_of(name) if kind_of else None for name in names]
            kinds = pa.array(by_name, pa.string()).take(keys.indices)
        is_content = pc.is_valid(kinds).to_numpy(zero_copy_only=False)
        if kind_of is not None:
            may_move = np.array([not is_kept_however_long(name) for name in names], dtype=bool)
            is_long = _mask(pc.greater(pc.utf8_length(pairs.value), self._long))
            is_long &= may_move[codes] & ~is_content
            if is_long.any():
                kinds = pc.if_else(pa.array(is_long), "other", kinds)
                is_content = is_content | is_long
        is_person = np.array([self._identities.is_identity(name) for name in names], dtype=bool)
        is_person = is_person[codes] & ~is_content if len(names) else is_content

        content_pairs = pairs.take(is_content & _mask(pc.is_valid(pairs.value)))
        content_kinds = kinds.filter(pa.array(is_content & _mask(pc.is_valid(pairs.value))))
        texts, redactions = self.redact(content_pairs.value, is_content=True)
        content = Content(content_pairs.owner, content_pairs.key, content_kinds, texts, redactions)

        kept = pairs.take(~is_content)
        values, counts = self._kept_values(kept.value, is_person[~is_content])
        key, key_counts = self._redact_names(kept.key)
        owner_counts = np.zeros(owners, dtype=np.int64)
        np.add.at(owner_counts, kept.owner, counts + key_counts)
        return Processed(KeyValues(kept.owner, key, values), content, owner_counts)

    def redact(self, texts: pa.Array, is_content: bool = False) -> tuple[pa.Array, Counts]:
        """Free text with people in its JSON hashed and every detector applied."""
        texts, people = self._people_in_json(texts, is_content)
        masked = masking.mask(texts)
        return masked.texts, people if masked.counts is None else people + masked.counts

    def raw_record(self, text: str) -> str:
        """The text of a record that could not be read."""
        return masking.mask_text(self._identities.in_raw_record(text))

    def people(self, names: pa.Array) -> tuple[pa.Array, Counts]:
        """Keyed hashes of a column of people."""
        encoded = names.dictionary_encode()
        hashed = [
            None if name is None else self._identities.hashed(name)
            for name in encoded.dictionary.to_pylist()
        ]
        changed = pc.fill_null(pc.not_equal(names, ""), False)
        return pa.array(hashed, pa.string()).take(encoded.indices), _mask(changed).astype(np.int64)

    def _kept_values(self, values: pa.Array, is_person: Mask) -> tuple[pa.Array, Counts]:
        counts = np.zeros(len(values), dtype=np.int64)
        person = pa.array(is_person)
        plain, plain_counts = self.redact(values.filter(pc.invert(person)))
        if not is_person.any():
            return plain, plain_counts
        hashed, hashed_counts = self.people(values.filter(person))
        counts[~is_person] = plain_counts
        counts[is_person] = hashed_counts
        out = pc.replace_with_mask(values, person, hashed)
        return pc.replace_with_mask(out, pc.invert(person), plain), counts

    def _redact_names(self, names: pa.Array) -> tuple[pa.Array, Counts]:
        """Names repeat: each different one is looked at once."""
        encoded = names.dictionary_encode()
        masked = masking.mask(encoded.dictionary)
        if masked.counts is None:
            return names, np.zeros(len(names), dtype=np.int64)
        return masked.texts.take(encoded.indices), masked.counts[encoded.indices.to_numpy()]

    def _people_in_json(self, texts: pa.Array, is_content: bool) -> tuple[pa.Array, Counts]:
        counts = np.zeros(len(texts), dtype=np.int64)
        column = pl.Series(values=texts)
        may_have = column.str.contains(self._identities.json_hint).fill_null(False).to_numpy()
        if not may_have.any():
            return texts, counts
        chosen = pa.array(may_have)
        replace = self._identities.in_json(is_content)
        results = [replace(text) for text in texts.filter(chosen).to_pylist()]
        counts[may_have] = [count for _, count in results]
        new = pa.array([text for text, _ in results], pa.string())
        return pc.replace_with_mask(texts, chosen, new), counts


def _last_of_equal_keys(
    pairs: KeyValues, kinds: pa.Array | None
) -> tuple[KeyValues, pa.Array | None]:
    """Engines refuse a map with a key twice; the last one is the one that producers mean."""
    codes = pairs.key.dictionary_encode().indices.to_numpy().astype(np.int64)
    identity = pl.Series(pairs.owner * (int(codes.max(initial=0)) + 1) + codes)
    if identity.n_unique() == len(identity):
        return pairs, kinds
    is_last = identity.is_last_distinct().to_numpy()
    return pairs.take(is_last), None if kinds is None else kinds.filter(pa.array(is_last))


def _mask(array: pa.Array) -> Mask:
    filled = pc.fill_null(array, False)
    mask: Mask = filled.to_numpy(zero_copy_only=False).astype(bool)
    return mask
