"""What a format hands to the landing engine: records as columns, not yet redacted, hashed or
stamped.

Attributes stay in long form (owner, key, value) until they are written: every rule about attributes
(redaction, content split, keyed hashes) is then one pass over three columns, whatever the record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from spanmart.rejects import Reject

Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Names:
    """Different keys, and for each attribute the place of its key among them."""

    different: list[str]
    codes: npt.NDArray[np.int32]

    def where(self, rule: Callable[[str], bool]) -> Mask:
        """The attributes whose key follows the rule."""
        follows = np.fromiter(map(rule, self.different), dtype=bool, count=len(self.different))
        mask: Mask = follows[self.codes]
        return mask

    def take(self, mask: Mask) -> Names:
        """Of the attributes that the mask marks."""
        codes = self.codes[mask]
        is_left = np.bincount(codes, minlength=len(self.different)) > 0
        left = [name for name, is_there in zip(self.different, is_left, strict=True) if is_there]
        return Names(left, (np.cumsum(is_left, dtype=np.int32) - 1)[codes])

    def and_then(self, more: Names) -> Names:
        """Of these attributes and, behind them, of others."""
        places = {name: place for place, name in enumerate(self.different)}
        codes = [places.setdefault(name, len(places)) for name in more.different]
        theirs = np.array(codes, dtype=np.int32)[more.codes]
        return Names(list(places), np.concatenate([self.codes, theirs]))


@dataclass(frozen=True)
class KeyValues:
    """Attributes of many owners in long form. `owner` never decreases; a value may be null.

    `known_names` is what `names` gives, where whoever made these has it: to find it again takes
    0.15 µs a span of ten attributes, of some 50 in which it lands.
    """

    owner: Index
    key: pa.Array
    value: pa.Array
    known_names: Names | None = None

    def __len__(self) -> int:
        return len(self.owner)

    @cached_property
    def names(self) -> Names:
        """The different keys: keys repeat from record to record, and a rule is asked once a
        key."""
        if self.known_names is not None:
            return self.known_names
        encoded = self.key.dictionary_encode()
        return Names(encoded.dictionary.to_pylist(), encoded.indices.to_numpy())

    def take(self, mask: Mask) -> KeyValues:
        chosen = pa.array(mask)
        names = self.names.take(mask) if "names" in self.__dict__ else None
        return KeyValues(
            self.owner[mask], self.key.filter(chosen), self.value.filter(chosen), names
        )

    def of_owners(self, kept: Mask) -> KeyValues:
        """What belongs to the owners that `kept` marks, their numbers closed up."""
        chosen = self.take(kept[self.owner])
        return KeyValues((np.cumsum(kept) - 1)[chosen.owner], chosen.key, chosen.value)

    def to_maps(self, owners: int) -> pa.MapArray:
        """One map an owner, empty for an owner without attributes."""
        offsets = pa.array(offsets_of(self.owner, owners))
        return pa.MapArray.from_arrays(offsets, self.key, self.value)


def offsets_of(owner: Index, owners: int) -> npt.NDArray[np.int32]:
    """Where the elements of each owner begin, and last where they end: the offsets of a list."""
    offsets = np.zeros(owners + 1, dtype=np.int32)
    np.cumsum(np.bincount(owner, minlength=owners), out=offsets[1:])
    return offsets


def key_values(rows: Sequence[Mapping[str, str | None]]) -> KeyValues:
    """Attributes of records that come one by one, as in CSV."""
    owner = [number for number, row in enumerate(rows) for _ in row]
    return KeyValues(
        np.array(owner, dtype=np.int64),
        pa.array([key for row in rows for key in row], pa.string()),
        pa.array([value for row in rows for value in row.values()], pa.string()),
    )


NO_KEY_VALUES = KeyValues(
    np.zeros(0, dtype=np.int64), pa.array([], pa.string()), pa.array([], pa.string())
)


@dataclass(frozen=True)
class Children:
    """Events or links: `owner` is the row of the span each belongs to and never decreases."""

    owner: Index
    columns: pa.Table
    attributes: KeyValues

    def __len__(self) -> int:
        return len(self.owner)

    def of_owners(self, kept: Mask) -> Children:
        """What belongs to the owners that `kept` marks, their numbers closed up."""
        chosen = kept[self.owner]
        return Children(
            (np.cumsum(kept) - 1)[self.owner[chosen]],
            self.columns.filter(pa.array(chosen)),
            self.attributes.of_owners(chosen),
        )


@dataclass(frozen=True)
class Records:
    """Records of one landed table. `columns` holds what the format knows of the landed schema,
    `record_number` (1-based line, frame or message of the file) always among them.

    Attributes that records share (an OTLP resource) stand once in `resources`, whose owner is a
    resource; `resource_index` says which of them a record has. `body` is free text that is content
    by nature: the body of a log record, the comment of a feedback event.
    """

    table: str
    columns: pa.Table
    attributes: KeyValues
    resources: KeyValues = NO_KEY_VALUES
    resource_count: int = 0
    resource_index: Index | None = None
    events: Children | None = None
    links: Children | None = None
    body: pa.Array | None = None

    def __len__(self) -> int:
        return int(self.columns.num_rows)

    def select(self, kept: Mask) -> Records:
        """The records that `kept` marks, with what belongs to them."""
        return replace(
            self,
            columns=self.columns.filter(pa.array(kept)),
            attributes=self.attributes.of_owners(kept),
            resource_index=None if self.resource_index is None else self.resource_index[kept],
            events=None if self.events is None else self.events.of_owners(kept),
            links=None if self.links is None else self.links.of_owners(kept),
            body=None if self.body is None else self.body.filter(pa.array(kept)),
        )


@dataclass
class Batch:
    """Some records of a file, and what could not be read on the way to them."""

    records: list[Records] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
