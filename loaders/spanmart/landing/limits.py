"""The bounds on one record: what is over them is cut with a mark or left out, and counted on the
record itself, so that nobody takes what is there for all that there was.

Runs before redaction, so that no detector meets a text of any size. A cut must then not split a
secret into a half that no detector knows: it is made only where the detectors find the same in the
text before it as they find there in the whole (see `_end_of_cut`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.bounds import Bounds
from spanmart.records import Children, Index, KeyValues, Mask, Records
from spanmart.redaction.masking import mask_text

CUT_VALUES = "spanmart.limits.cut_values"
DROPPED_ATTRIBUTES = "spanmart.limits.dropped_attributes"
DROPPED_EVENTS = "spanmart.limits.dropped_events"
DROPPED_LINKS = "spanmart.limits.dropped_links"

# What the detectors see on each side of a cut: a private key of 4096 bits has 3.3 KB.
_AROUND_CUT_BYTES = 16 << 10
# A cut that would fall into a secret moves back, twice as far each time, then by whole windows.
_STEPS_BACK = 14
_WINDOWS_BACK = 8
_BLANKS = b" \t\r\n"
_WORD_BYTES = 256
_NONE: Index = np.zeros(0, dtype=np.int64)


@dataclass
class _Tally:
    """For each count, the row of every value that was cut or left out."""

    rows: dict[str, list[Index]] = field(default_factory=dict)

    def add(self, name: str, rows: Index) -> None:
        if len(rows):
            self.rows.setdefault(name, []).append(rows)

    def counts(self) -> Counter[str]:
        return Counter({name: sum(map(len, rows)) for name, rows in self.rows.items()})

    def marks(self, owners: int) -> KeyValues:
        """The counts as attributes of their rows."""
        owner, key, value = [_NONE], [], []
        for name, rows in sorted(self.rows.items()):
            per_row = np.bincount(np.concatenate(rows), minlength=owners)
            hit = np.flatnonzero(per_row)
            owner.append(hit)
            key += [name] * len(hit)
            value += [str(count) for count in per_row[hit].tolist()]
        return KeyValues(np.concatenate(owner), pa.array(key, pa.string()), pa.array(value))


def limited(records: Records, bounds: Bounds) -> tuple[Records, Counter[str]]:
    """The records within the bounds, and how often each bound was hit, by the name of the
    attribute that says so on a record.

    Where nothing is over, this costs one look at the lengths of each column, and the records come
    back as they are.
    """
    tally, of_resources = _Tally(), _Tally()
    attributes = _pairs(records.attributes, bounds.attributes, bounds, tally)
    resources = _pairs(records.resources, bounds.resource_attributes, bounds, of_resources)
    new = replace(
        records,
        columns=_columns(records.columns, bounds.text_bytes, tally, None),
        body=_body(records.body, bounds.value_bytes, tally),
        events=_children(records.events, bounds.events, DROPPED_EVENTS, bounds, tally),
        links=_children(records.links, bounds.links, DROPPED_LINKS, bounds, tally),
        attributes=_with_marks(attributes, tally.marks(len(records))) if tally.rows else attributes,
        resources=_with_marks(resources, of_resources.marks(records.resource_count))
        if of_resources.rows
        else resources,
    )
    if not tally.rows and not of_resources.rows:
        return records, Counter()
    return new, tally.counts() + of_resources.counts()


def cut(text: str, most: int) -> str:
    """The text in `most` bytes of UTF-8, the mark at its end included, if it has more."""
    data = text.encode()
    if len(data) <= most:
        return text
    kept = data[: _end_of_cut(data, most - len(_mark(len(data)).encode()))]
    return kept.decode() + _mark(len(data) - len(kept))


def _mark(left_out: int) -> str:
    return f"…[cut: {left_out:,} bytes]"


def _end_of_cut(data: bytes, most: int) -> int:
    """Where to cut, at `most` bytes or before: never inside a character or a secret."""
    for _ in range(_WINDOWS_BACK):
        most = _start_of_character(data, max(most, 0))
        start = _start_of_character(data, max(most - _AROUND_CUT_BYTES, 0))
        stop = _start_of_character(data, min(most + _AROUND_CUT_BYTES, len(data)))
        whole = mask_text(data[start:stop].decode())
        for step in range(_STEPS_BACK + 1):
            end = _end_of_word(data, most - (1 << step) + 1, start)
            if end <= start:
                break
            # A secret across the cut is masked in the whole and not, or otherwise, before the cut.
            if whole.startswith(mask_text(data[start:end].decode())):
                return end
        most = start
    return 0


def _end_of_word(data: bytes, most: int, start: int) -> int:
    """The last white space before `most` if it is near: half a word helps nobody."""
    most = _start_of_character(data, max(most, start))
    near = data[max(most - _WORD_BYTES, start) : most]
    after_blank = max((near.rfind(bytes([blank])) for blank in _BLANKS), default=-1)
    return most if after_blank < 0 else most - len(near) + after_blank


def _start_of_character(data: bytes, place: int) -> int:
    while 0 < place < len(data) and data[place] & 0xC0 == 0x80:
        place -= 1
    return place


def _pairs(
    pairs: KeyValues, most: int, bounds: Bounds, tally: _Tally, row: Index | None = None
) -> KeyValues:
    """`row` is the record of each owner, where that is not the owner itself."""
    surplus = _surplus(pairs.owner, most)
    if surplus is not None:
        tally.add(DROPPED_ATTRIBUTES, _rows(pairs.owner[surplus], row))
        pairs = pairs.take(~surplus)
    key, cut_keys = _texts(pairs.key, bounds.key_bytes)
    value, cut_values = _texts(pairs.value, bounds.value_bytes)
    if not len(cut_keys) and not len(cut_values):
        return pairs
    for places in (cut_keys, cut_values):
        tally.add(CUT_VALUES, _rows(pairs.owner[places], row))
    return KeyValues(pairs.owner, key, value)


def _children(
    children: Children | None, most: int, name: str, bounds: Bounds, tally: _Tally
) -> Children | None:
    if children is None or not len(children):
        return children
    surplus = _surplus(children.owner, most)
    if surplus is not None:
        tally.add(name, children.owner[surplus])
        children = Children(
            children.owner[~surplus],
            children.columns.filter(pa.array(~surplus)),
            children.attributes.of_owners(~surplus),
        )
    return Children(
        children.owner,
        _columns(children.columns, bounds.text_bytes, tally, children.owner),
        _pairs(children.attributes, bounds.attributes, bounds, tally, children.owner),
    )


def _columns(columns: pa.Table, most: int, tally: _Tally, row: Index | None) -> pa.Table:
    for place, name in enumerate(columns.column_names):
        if not pa.types.is_string(columns.schema.field(name).type):
            continue
        texts, over = _texts(columns.column(name).combine_chunks(), most)
        if len(over):
            tally.add(CUT_VALUES, _rows(over, row))
            columns = columns.set_column(place, name, texts)
    return columns


def _body(body: pa.Array | None, most: int, tally: _Tally) -> pa.Array | None:
    if body is None:
        return None
    texts, over = _texts(body, most)
    tally.add(CUT_VALUES, over)
    return texts


def _texts(texts: pa.Array, most: int) -> tuple[pa.Array, Index]:
    """The texts, none over `most` bytes, and the places of those that were."""
    lengths = pc.binary_length(texts)
    longest = pc.max(lengths).as_py()
    if longest is None or longest <= most:
        return texts, _NONE
    is_over = pc.fill_null(pc.greater(lengths, most), False)
    new = [cut(text, most) for text in texts.filter(is_over).to_pylist()]
    over = np.flatnonzero(is_over.to_numpy(zero_copy_only=False))
    return pc.replace_with_mask(texts, is_over, pa.array(new, texts.type)), over


def _surplus(owner: Index, most: int) -> Mask | None:
    """Which of these are beyond the first `most` of their owner; None if none is."""
    if len(owner) <= most:
        return None
    counts = np.bincount(owner)
    if counts.max(initial=0) <= most:
        return None
    first = np.cumsum(counts) - counts
    surplus: Mask = np.arange(len(owner)) - first[owner] >= most
    return surplus


def _rows(owner: Index, row: Index | None) -> Index:
    return owner if row is None else row[owner]


def _with_marks(pairs: KeyValues, marks: KeyValues) -> KeyValues:
    owner = np.concatenate([pairs.owner, marks.owner])
    order = np.argsort(owner, kind="stable")
    chosen = pa.array(order)
    return KeyValues(
        owner[order],
        pa.concat_arrays([pairs.key, marks.key.cast(pairs.key.type)]).take(chosen),
        pa.concat_arrays([pairs.value, marks.value.cast(pairs.value.type)]).take(chosen),
    )
