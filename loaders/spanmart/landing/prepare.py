"""A batch as a format read it, made ready to be written: hashed, redacted, its content split off.

Nothing here touches the disk, and nothing after here sees what was not redacted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spanmart.bounds import Bounds
from spanmart.landing import derived, dialects, evaluations, fingerprints, schemas, told_apart
from spanmart.landing.attributes import Processor, redacted, summed
from spanmart.landing.limits import limited
from spanmart.landing.parts import Parts
from spanmart.landing.redactor import Counts
from spanmart.privacy.content_rules import Governed, govern, raw_rows, stored_content
from spanmart.privacy.lookup import Attributed
from spanmart.privacy.policy import Policy
from spanmart.records import Batch, Index, Records, offsets_of
from spanmart.redaction.names import mask_names
from spanmart.rejects import EXCERPT_CHARS, Reason, Reject, ends_in_text, without_unfinished
from spanmart.stages import stage

_PRIVACY_CLASS = "redacted"
_ARTIFACT_COLUMNS = (
    "artifact_id",
    "artifact_kind",
    "content",
    "bytes",
    "redaction_count",
    "privacy_class",
    "retention_class",
)


@dataclass
class Prepared:
    """Rows of the landed tables, but for what only a commit knows (`load_id`, `landed_at`,
    `source*`)."""

    tables: dict[str, list[pa.Table]] = field(default_factory=dict)
    artifacts: list[pa.Table] = field(default_factory=list)
    # Content as it came, where the policy keeps it: not to be written but through RawStore.
    raw: list[pa.Table] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    # How often a bound on records was hit.
    limits: Counter[str] = field(default_factory=Counter)


class Preparer:
    """What does not change from batch to batch: the processor, the key of record hashes, the policy
    and the bounds."""

    def __init__(
        self, processor: Processor, record_key: bytes, policy: Policy, bounds: Bounds
    ) -> None:
        self._processor = processor
        self._record_key = record_key
        self._policy = policy
        self._bounds = bounds

    def prepare(self, batch: Batch) -> Prepared:
        prepared = Prepared(rejects=self._redacted(batch.rejects))
        for records in batch.records:
            self._add(prepared, records)
        return prepared

    def _add(self, prepared: Prepared, records: Records) -> None:
        records, hits = limited(dialects.said_plainly(records), self._bounds)
        prepared.limits += hits
        if records.table == "spans":
            evaluated = evaluations.of_spans(records)
        elif records.table == "log_records":
            records, evaluated = evaluations.split_logs(evaluations.with_event_names(records))
        else:
            evaluated = None
        for each in (records, evaluated):
            if each is not None and len(each):
                self._add_rows(prepared, each)

    def _add_rows(self, prepared: Prepared, records: Records) -> None:
        with stage("hash"):
            records, resources = fingerprints.with_distinct_resources(records, self._record_key)
            hashes = fingerprints.record_hashes(records, resources, self._record_key)
        with stage("redact"):
            parts = Parts(records, self._processor)
            raw = parts.raw() if self._policy.keeps_raw else None
            parts.redactor.run()
        with stage("split"):
            split = self._split(records, parts, raw)
            table = self._joined(records, parts, hashes, split)
        prepared.tables.setdefault(records.table, []).append(table)
        if split.artifacts.num_rows:
            prepared.artifacts.append(split.artifacts)
        if split.governed.raw is not None:
            prepared.raw.append(split.raw_rows(table))

    def _joined(self, records: Records, parts: Parts, hashes: pa.Array, split: _Split) -> pa.Table:
        """The rows of the landed table."""
        rows = len(records)
        columns, counts = parts.columns, parts.own.redactions(rows) + parts.column_counts
        for name, texts in parts.free.items():
            columns[name] = texts.texts
            counts += texts.counts
        if "author" in columns:
            columns["author_hash"], masks = self._processor.people(columns.pop("author"))
            counts += masks
        kept = parts.own.attributes()
        if records.table in ("spans", "log_records"):
            # Read before redaction, which what is read out of content therefore still needs.
            found, masks = redacted(derived.derived(records))
            kept = derived.merged(kept, found)
            counts += summed(masks, found.owner, rows)
        if records.table == "spans":
            columns["record_kind"] = derived.record_kinds(records.attributes, rows)
            columns["attribute_keys"] = told_apart.key_lists(kept, rows)
            columns["resource_hash"] = self._resource_hashes(records, parts)
        columns["attributes"] = kept.to_maps(rows)
        if records.resource_index is not None:
            columns["resource_attributes"], masks = parts.resources_column()
            counts += masks
        if records.events is not None:
            columns["events"], masks = parts.events_column()
            counts += masks
        if records.links is not None:
            columns["links"], masks = parts.links_column()
            counts += masks
        columns["artifact_refs"] = split.references(rows)
        counts += summed(split.redactions, split.owner, rows)
        columns["redaction_count"] = pa.array(counts)
        columns["record_hash"] = hashes
        if "feedback_id" in columns:
            columns["feedback_id"] = pc.coalesce(columns["feedback_id"], hashes)
        wanted = [
            each.with_type(told_apart.CODED) if each.name in told_apart.COLUMNS else each
            for each in schemas.TABLES[records.table]
            if each.name in columns
        ]
        return pa.table([columns[each.name] for each in wanted], schema=pa.schema(wanted))

    def _resource_hashes(self, records: Records, parts: Parts) -> pa.Array:
        if parts.resources is None or records.resource_index is None:
            return told_apart.no_resources(len(records))
        return told_apart.resource_hashes(
            parts.resources.attributes(),
            records.resource_count,
            records.resource_index,
            self._record_key,
        )

    def _split(self, records: Records, parts: Parts, raw: list[pa.Array] | None) -> _Split:
        """The content of the records as the policy wants it."""
        moved = parts.content()
        owner = np.concatenate([each.owner for each in moved])
        redactions = np.concatenate([each.text.counts for each in moved])
        columns = [
            _joined_arrays([each.key for each in moved]),
            _joined_arrays([each.kind for each in moved]),
            _joined_arrays([each.text.texts for each in moved]),
            *([_joined_arrays(raw)] if raw is not None else []),
        ]
        if np.any(np.diff(owner) < 0):
            order = np.argsort(owner, kind="stable")
            owner, redactions = owner[order], redactions[order]
            columns = [column.take(pa.array(order)) for column in columns]
        key, kind, text = columns[:3]
        if self._policy.names == "presidio" and len(text):
            text, masks = mask_names(text)
            redactions = redactions + masks
        governed = govern(
            self._policy,
            key=key,
            kind=kind,
            owner=owner,
            text=text,
            raw=columns[3] if raw is not None else None,
            records=Attributed(
                len(records),
                records.attributes,
                records.resources,
                records.resource_count,
                records.resource_index,
            ),
        )
        with stage("hash"):
            ids = fingerprints.sha256_hex(governed.text)
        return _Split(owner, key, kind, ids, redactions + governed.removed, governed, self._policy)

    def _redacted(self, rejects: list[Reject]) -> list[Reject]:
        excerpts = [_whole_values(each) for each in rejects]
        texts = self._processor.raw_records([*excerpts, *(each.detail for each in rejects)])
        return [
            replace(each, excerpt=excerpt[:EXCERPT_CHARS], detail=detail)
            for each, excerpt, detail in zip(
                rejects, texts[: len(rejects)], texts[len(rejects) :], strict=True
            )
        ]


def _whole_values(reject: Reject) -> str:
    """The excerpt without a value that was cut off: half a secret is one that no detector knows."""
    is_cut_off = reject.reason is Reason.TRUNCATED_RECORD or (
        reject.reason is Reason.NOT_JSON and ends_in_text(reject.excerpt)
    )
    return without_unfinished(reject.excerpt) if is_cut_off else reject.excerpt


@dataclass(frozen=True)
class _Split:
    """Content that left its records: a row a piece, in the order of its owners."""

    owner: Index
    key: pa.Array
    kind: pa.Array
    ids: pa.Array
    redactions: Counts
    governed: Governed
    policy: Policy

    @cached_property
    def size(self) -> pa.Array:
        return pc.binary_length(self.governed.text).cast(pa.int64())

    @property
    def artifacts(self) -> pa.Table:
        """Rows of the artifacts table."""
        columns = [
            self.ids,
            self.kind,
            stored_content(self.policy, self.governed.text),
            self.size,
            pa.array(self.redactions),
            pa.repeat(_PRIVACY_CLASS, len(self.ids)),
            self.governed.retention_class,
        ]
        return pa.table(columns, names=_ARTIFACT_COLUMNS)

    def references(self, rows: int) -> pa.Array:
        """The column of the records that says which artifacts they refer to."""
        refs = pa.StructArray.from_arrays(
            [self.key, self.ids, self.kind, self.size, pa.array(self.redactions)],
            fields=list(schemas.ARTIFACT_REF),
        )
        return pa.ListArray.from_arrays(pa.array(offsets_of(self.owner, rows)), refs)

    def raw_rows(self, table: pa.Table) -> pa.Table:
        """Rows of tier 3, but for `load_id`; `table` are the rows of the records."""
        return raw_rows(
            self.policy,
            self.governed,
            key=self.key,
            kind=self.kind,
            owner=self.owner,
            artifact_id=self.ids,
            rows=table,
        )


def _joined_arrays(arrays: list[pa.Array]) -> pa.Array:
    return pa.concat_arrays(arrays) if len(arrays) > 1 else arrays[0]
