"""A batch taken apart: every text of it in one redactor, every content on its own.

What `Parts` holds can be joined to rows once its redactor has run (see prepare.py).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.landing import content, schemas
from spanmart.landing.attributes import Content, Processor, Sorted, repeated, summed
from spanmart.landing.redactor import Counts, Rule, Texts
from spanmart.records import Children, Index, KeyValues, Records, offsets_of

# Columns whose text comes from people or programs. Ids of traces and spans, and times, never go
# through the detectors.
_FREE_TEXT = {
    "spans": ("name", "status_message", "trace_state"),
    "log_records": ("event_name",),
    "feedback": ("label", "evaluator_name", "evaluator_version"),
    "vendor_usage": (),
}


# Text too, which hardly differs from row to row: each different one is looked at once.
_REPEATED_TEXT = {
    "spans": ("scope_name", "scope_version"),
    "log_records": ("scope_name", "scope_version", "severity_text"),
    "feedback": (),
    "vendor_usage": ("model", "line_item", "service_tier", "api_source", "grouped_by", "currency"),
}
# Ids that an application makes, which may have made them of an address. A mask would make one id of
# many.
_OWN_IDS = {
    "spans": (),
    "log_records": (),
    "feedback": ("feedback_id", "conversation_id", "request_id"),
    "vendor_usage": ("project_id", "api_key_id"),
}


class Parts:
    """The parts of records of one table."""

    def __init__(self, records: Records, processor: Processor) -> None:
        self._records = records
        self._processor = processor
        self.redactor = processor.redactor()
        self.columns: dict[str, pa.Array] = {
            name: records.columns.column(name).combine_chunks()
            for name in records.columns.column_names
        }
        self.free = {
            name: self.redactor.add(self.columns[name]) for name in _FREE_TEXT[records.table]
        }
        # The masks and hashes that each row got in its columns of repeated text and own ids.
        self.column_counts = _zeros(len(records))
        for name in _REPEATED_TEXT[records.table]:
            self.columns[name], counts = repeated(self.columns[name])
            self.column_counts += counts
        for name in _OWN_IDS[records.table]:
            ids = processor.sessions if name == "conversation_id" else processor.own_ids
            self.columns[name], counts = ids(self.columns[name])
            self.column_counts += counts
        self.body = None if records.body is None else self._body(records.body)
        self.own = self._sorted(records.attributes, content.artifact_kind)
        self.resources = (
            None if records.resource_index is None else self._sorted(records.resources, None)
        )
        self._event_names: Texts | None = None
        self._events: Sorted | None = None
        if records.events is not None and len(records.events):
            names = records.events.columns.column("name").combine_chunks()
            self._event_names = self.redactor.add(names)
            kinds = _event_kinds(records.events, names)
            self._events = self._sorted(records.events.attributes, content.artifact_kind, kinds)
        self._links: Sorted | None = None
        if records.links is not None and len(records.links):
            self._links = self._sorted(records.links.attributes, None)

    def raw(self) -> list[pa.Array]:
        """The texts of `content`, in its order: as they came, while the redactor has not run."""
        parts = [self.body, self.own.content, self._events.content if self._events else None]
        return [each.text.texts for each in parts if each is not None]

    def content(self) -> list[Content]:
        """All content of the records; `owner` is the row of the record."""
        moved = [self.own.content] if self.body is None else [self.body, self.own.content]
        events = self._records.events
        if self._events is not None and events is not None and self._event_names is not None:
            own = self._events.content
            names = self._event_names.texts.take(pa.array(own.owner))
            keys = pc.binary_join_element_wise("event", names, own.key, ":")
            moved.append(Content(events.owner[own.owner], keys, own.kind, own.text))
        return moved

    def resources_column(self) -> tuple[pa.Array, Counts]:
        """Redacted once a resource, then given to each of its records."""
        assert self.resources is not None
        index, count = self._records.resource_index, self._records.resource_count
        maps = self.resources.attributes().to_maps(count)
        return maps.take(pa.array(index)), self.resources.redactions(count)[index]

    def events_column(self) -> tuple[pa.Array, Counts]:
        """The events of each record without their content."""
        events, rows = self._records.events, len(self._records)
        if events is None or self._events is None or self._event_names is None:
            return _lists(_no_rows(schemas.EVENT), np.zeros(0, np.int64), rows), _zeros(rows)
        structs = pa.StructArray.from_arrays(
            [
                events.columns.column("time_unix_nano").combine_chunks(),
                self._event_names.texts,
                self._events.attributes().to_maps(len(events)),
            ],
            fields=list(schemas.EVENT),
        )
        counts = self._event_names.counts + self._events.redactions(len(events))
        return _lists(structs, events.owner, rows), summed(counts, events.owner, rows)

    def links_column(self) -> tuple[pa.Array, Counts]:
        links, rows = self._records.links, len(self._records)
        if links is None or self._links is None:
            return _lists(_no_rows(schemas.LINK), np.zeros(0, np.int64), rows), _zeros(rows)
        structs = pa.StructArray.from_arrays(
            [
                links.columns.column("trace_id").combine_chunks(),
                links.columns.column("span_id").combine_chunks(),
                self._links.attributes().to_maps(len(links)),
            ],
            fields=list(schemas.LINK),
        )
        counts = summed(self._links.redactions(len(links)), links.owner, rows)
        return _lists(structs, links.owner, rows), counts

    def _sorted(
        self,
        pairs: KeyValues,
        kind_of: Callable[[str], str | None] | None,
        kinds: pa.Array | None = None,
    ) -> Sorted:
        return self._processor.sort(
            pairs, self.redactor, kind_of, content.is_kept_however_long, kinds
        )

    def _body(self, body: pa.Array) -> Content:
        has = pc.fill_null(pc.not_equal(body, ""), False)
        rows = np.flatnonzero(has.to_numpy(zero_copy_only=False))
        if self._records.table == "feedback":
            key, kinds = "comment", pa.array([content.COMMENT] * len(body), pa.string())
        else:
            names = self.columns["event_name"].dictionary_encode()
            by_name = [content.body_kind(name) for name in names.dictionary.to_pylist()]
            kinds = pa.array(by_name, pa.string()).take(names.indices)
            key, kinds = "body", pc.fill_null(kinds, content.LOG_BODY)
        return Content(
            rows,
            pa.array([key] * len(rows), pa.string()),
            kinds.filter(has),
            self.redactor.add(body.filter(has), Rule.CONTENT),
        )


def _event_kinds(events: Children, names: pa.Array) -> pa.Array:
    """What kind of content each attribute of the events is."""
    name = names.dictionary_encode()
    name_texts, keys = name.dictionary.to_pylist(), events.attributes.names
    name_codes = name.indices.to_numpy()[events.attributes.owner]
    pairs = name_codes.astype(np.int64) * max(len(keys.different), 1) + keys.codes
    different, place = np.unique(pairs, return_inverse=True)
    kinds = [
        content.event_attribute_kind(
            name_texts[pair // len(keys.different)], keys.different[pair % len(keys.different)]
        )
        for pair in different.tolist()
    ]
    return pa.array(kinds, pa.string()).take(pa.array(place))


def _lists(values: pa.Array, owner: Index, owners: int) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(offsets_of(owner, owners)), values)


def _no_rows(of: pa.DataType) -> pa.Array:
    return pa.array([], of)


def _zeros(rows: int) -> Counts:
    return np.zeros(rows, dtype=np.int64)
