"""What happens to attributes before they are written: one pass over the long form, whatever owns
them.

In order: the last of two equal keys wins; content moves out; what identifies a person becomes a
keyed hash; everything else goes through the detectors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.landing.content import OTHER, TOOL_ARGUMENTS, TOOL_RESULT
from spanmart.landing.redactor import Counts, Redactor, Rule, Texts
from spanmart.records import Index, KeyValues, Mask
from spanmart.redaction import masking
from spanmart.redaction.identity import SESSION_KEY, Identities

_TOOL_PAYLOADS = pa.array([TOOL_ARGUMENTS, TOOL_RESULT])


@dataclass(frozen=True)
class Content:
    """Values that leave the attributes, and wait to be redacted. `owner` is the row that refers to
    them."""

    owner: Index
    key: pa.Array
    kind: pa.Array
    text: Texts


@dataclass(frozen=True)
class Sorted:
    """Attributes told apart: what stays, with the people in it hashed, and what moves out."""

    kept: KeyValues
    is_person: Mask
    # The values that stay and are no person's, waiting to be redacted; and the keys' own masks.
    plain: Texts
    counts: Counts
    content: Content
    # Ids of conversations among the plain values, as they came, and what hashes them.
    ids: Mask
    before: pa.Array
    hashed: Callable[[pa.Array], tuple[pa.Array, Counts]]

    def attributes(self) -> KeyValues:
        """What stays, redacted. An id that holds a secret is hashed whole: masked, several would be
        one."""
        value = self.plain.texts
        hold_secrets = self.ids & (self.plain.counts > 0)
        if hold_secrets.any():
            chosen = pa.array(hold_secrets)
            hashed, _ = self.hashed(self.before.filter(chosen))
            value = pc.replace_with_mask(value, chosen, hashed)
        if self.is_person.any():
            is_plain = pa.array(~self.is_person)
            value = pc.replace_with_mask(self.kept.value, is_plain, value)
        return KeyValues(self.kept.owner, self.kept.key, value, self.kept.known_names)

    def redactions(self, owners: int) -> Counts:
        """Masks and hashes that each owner got in what stays on it."""
        counts = self.counts.copy()
        counts[~self.is_person] += self.plain.counts
        return summed(counts, self.kept.owner, owners)


class Processor:
    """Holds what does not change from batch to batch: the secret, the limits, what is known of a
    key."""

    def __init__(self, identities: Identities, long_value_chars: int) -> None:
        self._identities = identities
        self._long = long_value_chars

    def redactor(self) -> Redactor:
        return Redactor(self._identities)

    def sort(
        self,
        pairs: KeyValues,
        redactor: Redactor,
        kind_of: Callable[[str], str | None] | None,
        is_kept_however_long: Callable[[str], bool],
        kinds: pa.Array | None = None,
    ) -> Sorted:
        """Attributes whose text waits in the redactor, and the content taken out of them.

        `kind_of` tells content by its key (None: nothing is content here); `kinds` says it for each
        pair where the key alone does not.
        """
        pairs, kinds = _last_of_equal_keys(pairs, kinds)
        names = pairs.names
        if kinds is None:
            by_name = [kind_of(name) if kind_of else None for name in names.different]
            kinds = pa.array(by_name, pa.string()).take(pa.array(names.codes))
        is_content = _mask(pc.is_valid(kinds))
        if kind_of is not None:
            is_long = self._is_long(pairs.value)
            if is_long.any():
                is_long &= ~is_content & ~names.where(is_kept_however_long)
                kinds = pc.if_else(pa.array(is_long), OTHER, kinds)
                is_content = is_content | is_long
        is_person = names.where(self._identities.is_identity) & ~is_content

        is_moved = is_content & _mask(pc.is_valid(pairs.value))
        moved, moved_kinds = pairs.take(is_moved), kinds.filter(pa.array(is_moved))
        rules = _rules(moved_kinds)
        content = Content(moved.owner, moved.key, moved_kinds, redactor.add(moved.value, rules))
        kept = pairs.take(~is_content) if is_content.any() else pairs
        return self._kept(kept, is_person[~is_content], redactor, content)

    def raw_records(self, texts: Sequence[str]) -> list[str]:
        """The texts of records that could not be read, all at once: see redactor.py."""
        hashed = pa.array(map(self._identities.in_raw_record, texts), pa.string())
        masked: list[str] = masking.mask(hashed).texts.to_pylist()
        return masked

    def people(self, names: pa.Array) -> tuple[pa.Array, Counts]:
        """Keyed hashes of a column of people."""
        encoded = names.dictionary_encode()
        hashed = [
            None if name is None else self._identities.hashed(name)
            for name in encoded.dictionary.to_pylist()
        ]
        changed = pc.fill_null(pc.not_equal(names, ""), False)
        return pa.array(hashed, pa.string()).take(encoded.indices), _mask(changed).astype(np.int64)

    def own_ids(self, ids: pa.Array) -> tuple[pa.Array, Counts]:
        """Ids with those that hold a secret hashed as people are: masked, several would be one."""
        masked = masking.mask(ids)
        if masked.counts is None:
            return ids, np.zeros(len(ids), dtype=np.int64)
        holds = masked.counts > 0
        hashed, counts = self.people(ids.filter(pa.array(holds)))
        all_counts = np.zeros(len(ids), dtype=np.int64)
        all_counts[holds] = counts
        return pc.replace_with_mask(ids, pa.array(holds), hashed), all_counts

    def sessions(self, ids: pa.Array) -> tuple[pa.Array, Counts]:
        """Ids of conversations, as the policy wants them."""
        return self.people(ids) if self._identities.hash_sessions else self.own_ids(ids)

    def _is_long(self, values: pa.Array) -> Mask:
        # A text has no more characters than bytes, and bytes need no counting.
        may_be = _mask(pc.greater(pc.binary_length(values), self._long))
        rows = np.flatnonzero(may_be)
        chars = pc.utf8_length(values.take(pa.array(rows)))
        may_be[rows] = _mask(pc.greater(chars, self._long))
        return may_be

    def _kept(
        self, kept: KeyValues, is_person: Mask, redactor: Redactor, content: Content
    ) -> Sorted:
        counts = np.zeros(len(kept), dtype=np.int64)
        plain = kept.value
        value = kept.value
        if is_person.any():
            person = pa.array(is_person)
            plain = value.filter(pa.array(~is_person))
            hashed, counts[is_person] = self.people(value.filter(person))
            value = pc.replace_with_mask(value, person, hashed)
        key, key_counts = _masked_names(kept)
        if key_counts is not None:
            counts += key_counts
        return Sorted(
            KeyValues(kept.owner, key, value, kept.names if key_counts is None else None),
            is_person,
            redactor.add(plain),
            counts,
            content,
            ids=kept.names.where(lambda name: SESSION_KEY.search(name) is not None)[~is_person],
            before=plain,
            hashed=self.people,
        )


def _masked_names(pairs: KeyValues) -> tuple[pa.Array, Counts | None]:
    """Keys repeat: each different one is looked at once."""
    encoded = pairs.names
    masked = masking.mask(pa.array(encoded.different, pa.string()))
    if masked.counts is None:
        return pairs.key, None
    return masked.texts.take(pa.array(encoded.codes)), masked.counts[encoded.codes]


def repeated(column: pa.Array) -> tuple[pa.Array, Counts]:
    """A column of few different texts, redacted; nulls stay null."""
    encoded = column.dictionary_encode()
    masked = masking.mask(encoded.dictionary)
    if masked.counts is None:
        return column, np.zeros(len(column), dtype=np.int64)
    counts = pc.fill_null(pa.array(masked.counts).take(encoded.indices), 0)
    return masked.texts.take(encoded.indices), counts.to_numpy(zero_copy_only=False)


def redacted(pairs: KeyValues) -> tuple[KeyValues, Counts]:
    """Pairs of known keys, their values redacted, and the masks that each got."""
    masked = masking.mask(pairs.value)
    if masked.counts is None:
        return pairs, np.zeros(len(pairs), dtype=np.int64)
    return KeyValues(pairs.owner, pairs.key, masked.texts), masked.counts


def _last_of_equal_keys(
    pairs: KeyValues, kinds: pa.Array | None
) -> tuple[KeyValues, pa.Array | None]:
    """Engines refuse a map with a key twice; the last one is the one that producers mean."""
    names = pairs.names
    identity = pl.Series(pairs.owner * max(len(names.different), 1) + names.codes)
    if identity.n_unique() == len(identity):
        return pairs, kinds
    is_last = identity.is_last_distinct().to_numpy()
    return pairs.take(is_last), None if kinds is None else kinds.filter(pa.array(is_last))


def _rules(kinds: pa.Array) -> npt.NDArray[np.int8]:
    """How people are looked for in content of these kinds."""
    is_payload = _mask(pc.is_in(kinds, _TOOL_PAYLOADS))
    return np.where(is_payload, Rule.TOOL_PAYLOAD, Rule.CONTENT).astype(np.int8)


def summed(counts: Counts, owner: Index, owners: int) -> Counts:
    """The sum of each owner's counts, most of which are 0."""
    total = np.zeros(owners, dtype=np.int64)
    some = np.flatnonzero(counts)
    np.add.at(total, owner[some], counts[some])
    return total


def _mask(array: pa.Array) -> Mask:
    filled = pc.fill_null(array, False)
    mask: Mask = filled.to_numpy(zero_copy_only=False).astype(bool)
    return mask
