"""A batch as a format read it, made ready to be written: hashed, redacted, its content split off.

Nothing here touches the disk, and nothing after here sees what was not redacted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.landing import content, derived, evaluations, fingerprints, schemas
from spanmart.landing.attributes import Content, Counts, Processor
from spanmart.records import Batch, Children, KeyValues, Records
from spanmart.rejects import Reject

_PRIVACY_CLASS = "redacted"
_RETENTION_CLASS = "standard"
_ARTIFACT_COLUMNS = ("artifact_id", "artifact_kind", "content", "bytes", "redaction_count")


@dataclass
class Prepared:
    """Rows of the landed tables, but for what only a commit knows (`load_id`, `landed_at`,
    `source*`)."""

    tables: dict[str, list[pa.Table]] = field(default_factory=dict)
    artifacts: list[pa.Table] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


class Preparer:
    def __init__(self, processor: Processor, record_key: bytes) -> None:
        self._processor = processor
        self._record_key = record_key

    def prepare(self, batch: Batch) -> Prepared:
        prepared = Prepared(rejects=[self._redacted(reject) for reject in batch.rejects])
        for records in batch.records:
            self._add(prepared, records)
        return prepared

    def _add(self, prepared: Prepared, records: Records) -> None:
        if records.table == "spans":
            evaluated = evaluations.of_spans(records)
        elif records.table == "log_records":
            records, evaluated = evaluations.split_logs(evaluations.with_event_names(records))
        else:
            evaluated = None
        for each in (records, evaluated):
            if each is not None and len(each):
                table, artifacts = self._rows(each)
                prepared.tables.setdefault(each.table, []).append(table)
                if artifacts.num_rows:
                    prepared.artifacts.append(artifacts)

    def _rows(self, records: Records) -> tuple[pa.Table, pa.Table]:
        rows = len(records)
        hashes = fingerprints.record_hashes(records, self._record_key)
        columns: dict[str, pa.Array] = {
            name: records.columns.column(name).combine_chunks()
            for name in records.columns.column_names
        }
        counts = np.zeros(rows, dtype=np.int64)
        moved: list[Content] = []
        for name in _FREE_TEXT[records.table]:
            columns[name], masks = self._processor.redact(columns[name])
            counts += masks
        if "author" in columns:
            columns["author_hash"], masks = self._processor.people(columns.pop("author"))
            counts += masks
        if records.body is not None:
            moved.append(self._body(records, columns))

        processed = self._processor.attributes(
            records.attributes, rows, content.artifact_kind, content.is_kept_however_long
        )
        moved.append(processed.content)
        kept = processed.attributes
        if records.table in ("spans", "log_records"):
            kept = derived.merged(kept, derived.derived(derived.with_body(records), rows))
        columns["attributes"] = kept.to_maps(rows)
        counts += processed.redactions
        if records.resource_index is not None:
            columns["resource_attributes"], masks = self._resources(records)
            counts += masks
        if records.events is not None:
            columns["events"], masks, in_events = self._events(records.events, rows)
            counts += masks
            moved.append(in_events)
        if records.links is not None:
            columns["links"], masks = self._links(records.links, rows)
            counts += masks

        refs, artifacts = _split(moved, rows, counts)
        columns["artifact_refs"] = refs
        columns["redaction_count"] = pa.array(counts)
        columns["record_hash"] = hashes
        if "feedback_id" in columns:
            columns["feedback_id"] = pc.coalesce(columns["feedback_id"], hashes)
        wanted = [each for each in schemas.TABLES[records.table] if each.name in columns]
        return pa.table(
            [columns[each.name] for each in wanted], schema=pa.schema(wanted)
        ), artifacts

    def _body(self, records: Records, columns: dict[str, pa.Array]) -> Content:
        assert records.body is not None
        has = pc.and_(
            pc.is_valid(records.body), pc.fill_null(pc.not_equal(records.body, ""), False)
        )
        if records.table == "feedback":
            key, kinds = "comment", pa.array([content.COMMENT] * len(records), pa.string())
        else:
            names = columns["event_name"].dictionary_encode()
            by_name = [content.body_kind(name) for name in names.dictionary.to_pylist()]
            kinds = pa.array(by_name, pa.string()).take(names.indices)
            key, kinds = "body", pc.fill_null(kinds, content.LOG_BODY)
        texts, masks = self._processor.redact(records.body.filter(has), is_content=True)
        return Content(
            np.flatnonzero(has.to_numpy(zero_copy_only=False)),
            pa.array([key] * len(texts), pa.string()),
            kinds.filter(has),
            texts,
            masks,
        )

    def _resources(self, records: Records) -> tuple[pa.Array, Counts]:
        """Redacted once a resource, then given to each of its records."""
        processed = self._processor.attributes(
            records.resources, records.resource_count, None, content.is_kept_however_long
        )
        index = pa.array(records.resource_index)
        maps = processed.attributes.to_maps(records.resource_count)
        return maps.take(index), processed.redactions[index.to_numpy()]

    def _events(self, events: Children, rows: int) -> tuple[pa.Array, Counts, Content]:
        names, masks = self._processor.redact(events.columns.column("name").combine_chunks())
        raw_names = events.columns.column("name").combine_chunks()
        kinds, keys = _event_content(events, raw_names)
        processed = self._processor.attributes(
            KeyValues(events.attributes.owner, events.attributes.key, events.attributes.value),
            len(events),
            content.artifact_kind,
            content.is_kept_however_long,
            kinds,
        )
        structs = pa.StructArray.from_arrays(
            [
                events.columns.column("time_unix_nano").combine_chunks(),
                names,
                processed.attributes.to_maps(len(events)),
            ],
            fields=list(schemas.EVENT),
        )
        own = processed.content
        refs = Content(
            events.owner[own.owner],
            keys(names.take(pa.array(own.owner)), own.key),
            own.kind,
            own.text,
            own.redactions,
        )
        counts = _summed(masks + processed.redactions, events.owner, rows)
        return _lists(structs, events.owner, rows), counts, refs

    def _links(self, links: Children, rows: int) -> tuple[pa.Array, Counts]:
        processed = self._processor.attributes(
            links.attributes, len(links), None, content.is_kept_however_long
        )
        structs = pa.StructArray.from_arrays(
            [
                links.columns.column("trace_id").combine_chunks(),
                links.columns.column("span_id").combine_chunks(),
                processed.attributes.to_maps(len(links)),
            ],
            fields=list(schemas.LINK),
        )
        counts = _summed(processed.redactions, links.owner, rows)
        return _lists(structs, links.owner, rows), counts

    def _redacted(self, reject: Reject) -> Reject:
        shown, detail = map(self._processor.raw_record, (reject.excerpt, reject.detail))
        return Reject(reject.record_number, reject.reason, shown, detail)


# Columns whose text comes from people or programs. Ids and times never go through the detectors.
_FREE_TEXT = {
    "spans": ("name", "status_message", "trace_state"),
    "log_records": ("event_name",),
    "feedback": ("label", "evaluator_name", "evaluator_version"),
}


def artifact_table(prepared: pa.Table) -> pa.Table:
    """Artifacts with the classes that all of tier 2 has."""
    rows = prepared.num_rows
    return prepared.append_column(
        "privacy_class", pa.array([_PRIVACY_CLASS] * rows, pa.string())
    ).append_column("retention_class", pa.array([_RETENTION_CLASS] * rows, pa.string()))


def _event_content(
    events: Children, names: pa.Array
) -> tuple[pa.Array, Callable[[pa.Array, pa.Array], pa.Array]]:
    """What kind of content each attribute of the events is, and how a span refers to it."""
    name = names.dictionary_encode()
    key = events.attributes.key.dictionary_encode()
    name_texts, key_texts = name.dictionary.to_pylist(), key.dictionary.to_pylist()
    name_codes = name.indices.to_numpy()[events.attributes.owner]
    pairs = name_codes.astype(np.int64) * max(len(key_texts), 1) + key.indices.to_numpy()
    different, place = np.unique(pairs, return_inverse=True)
    kinds = [
        content.event_attribute_kind(
            name_texts[pair // len(key_texts)], key_texts[pair % len(key_texts)]
        )
        for pair in different.tolist()
    ]

    def reference(event_name: pa.Array, attribute: pa.Array) -> pa.Array:
        return pc.binary_join_element_wise("event", event_name, attribute, ":")

    return pa.array(kinds, pa.string()).take(pa.array(place)), reference


def _split(moved: list[Content], rows: int, counts: Counts) -> tuple[pa.Array, pa.Table]:
    """The references of each row, and the artifacts they point to; counts what was masked in
    them."""
    owner = np.concatenate([each.owner for each in moved])
    order = pa.array(np.argsort(owner, kind="stable"))
    owner = owner[order.to_numpy()]
    redactions = np.concatenate([each.redactions for each in moved])[order.to_numpy()]
    np.add.at(counts, owner, redactions)
    key, kind, text = (
        pa.concat_arrays([getattr(each, name) for each in moved]).take(order)
        for name in ("key", "kind", "text")
    )
    ids = fingerprints.sha256_hex(text)
    size = pc.binary_length(text).cast(pa.int64())
    refs = pa.StructArray.from_arrays(
        [key, ids, kind, size, pa.array(redactions)], fields=list(schemas.ARTIFACT_REF)
    )
    artifacts = pa.table([ids, kind, text, size, pa.array(redactions)], names=_ARTIFACT_COLUMNS)
    return _lists(refs, owner, rows), artifacts


def _lists(values: pa.Array, owner: Counts, owners: int) -> pa.Array:
    offsets = np.zeros(owners + 1, dtype=np.int32)
    np.cumsum(np.bincount(owner, minlength=owners), out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def _summed(counts: Counts, owner: Counts, owners: int) -> Counts:
    total = np.zeros(owners, dtype=np.int64)
    np.add.at(total, owner, counts)
    return total
