"""The Arrow schemas of the landing zone: the only place where a landed column is named and typed.

Everything that writes to or reads from `landing/` takes its columns from here, and so does the
documentation of the seam between the loaders and dbt.
"""

from __future__ import annotations

import pyarrow as pa

# Written out instead of `pa.timestamp("us", tz="UTC")`: engines differ in what they do with a zone.
UTC_MICROSECONDS = pa.timestamp("us")
ATTRIBUTES = pa.map_(pa.string(), pa.string())
# Between the keys of `attribute_keys`; one that holds it has KEY_SEPARATOR_INSIDE for it there, so
# that the n-th piece is always the key of the n-th value.
KEY_SEPARATOR, KEY_SEPARATOR_INSIDE = "\x1f", "?"

EVENT = pa.struct(
    [("time_unix_nano", pa.int64()), ("name", pa.string()), ("attributes", ATTRIBUTES)]
)
LINK = pa.struct([("trace_id", pa.string()), ("span_id", pa.string()), ("attributes", ATTRIBUTES)])
ARTIFACT_REF = pa.struct(
    [
        ("attribute_key", pa.string()),
        ("artifact_id", pa.string()),
        ("artifact_kind", pa.string()),
        ("bytes", pa.int64()),
        ("redaction_count", pa.int64()),
    ]
)

# What the engine itself writes on every landed record, after everything the record says.
_PRIVACY_AND_IDENTITY = [("redaction_count", pa.int64()), ("record_hash", pa.string())]
_LINEAGE = [
    ("source_file", pa.string()),
    ("record_number", pa.int64()),
    ("load_id", pa.string()),
    ("landed_at", UTC_MICROSECONDS),
]

SPANS = pa.schema(
    [
        ("trace_id", pa.string()),
        ("span_id", pa.string()),
        ("parent_span_id", pa.string()),
        ("source_trace_id", pa.string()),
        ("source_span_id", pa.string()),
        ("trace_state", pa.string()),
        ("name", pa.string()),
        ("kind", pa.string()),
        ("start_time_unix_nano", pa.int64()),
        ("end_time_unix_nano", pa.int64()),
        ("status_code", pa.string()),
        ("status_message", pa.string()),
        ("scope_name", pa.string()),
        ("scope_version", pa.string()),
        ("resource_attributes", ATTRIBUTES),
        # Spans that have the same one have the same map; empty where there is none
        # (landing/told_apart.py).
        ("resource_hash", pa.string()),
        ("attributes", ATTRIBUTES),
        # The keys of this map in its order, joined by KEY_SEPARATOR: a text of a few dozen
        # values that tells kinds of spans apart without a look into their maps.
        ("attribute_keys", pa.string()),
        ("events", pa.list_(EVENT)),
        ("links", pa.list_(LINK)),
        ("flags", pa.int64()),
        # Null for a span; `trace` for what a source knows of a whole trace, apart from its spans;
        # `partial` for a part of a record, to be merged with its other parts; `deleted` for a
        # record that its source has taken back.
        ("record_kind", pa.string()),
        ("artifact_refs", pa.list_(ARTIFACT_REF)),
        *_PRIVACY_AND_IDENTITY,
        ("source", pa.string()),
        ("source_format", pa.string()),
        ("source_version_at", UTC_MICROSECONDS),
        *_LINEAGE,
    ]
)

LOG_RECORDS = pa.schema(
    [
        ("trace_id", pa.string()),
        ("span_id", pa.string()),
        ("event_name", pa.string()),
        ("time_unix_nano", pa.int64()),
        ("severity_text", pa.string()),
        ("attributes", ATTRIBUTES),
        ("resource_attributes", ATTRIBUTES),
        ("scope_name", pa.string()),
        ("scope_version", pa.string()),
        ("artifact_refs", pa.list_(ARTIFACT_REF)),
        *_PRIVACY_AND_IDENTITY,
        ("source", pa.string()),
        ("source_format", pa.string()),
        *_LINEAGE,
    ]
)

FEEDBACK = pa.schema(
    [
        ("feedback_id", pa.string()),
        ("trace_id", pa.string()),
        ("span_id", pa.string()),
        ("conversation_id", pa.string()),
        ("request_id", pa.string()),
        ("time_unix_nano", pa.int64()),
        ("kind", pa.string()),
        ("feedback_source", pa.string()),
        ("author_hash", pa.string()),
        ("score", pa.float64()),
        ("label", pa.string()),
        ("evaluator_name", pa.string()),
        ("evaluator_version", pa.string()),
        ("attributes", ATTRIBUTES),
        ("artifact_refs", pa.list_(ARTIFACT_REF)),
        *_PRIVACY_AND_IDENTITY,
        ("source", pa.string()),
        ("source_format", pa.string()),
        ("source_version_at", UTC_MICROSECONDS),
        *_LINEAGE,
    ]
)

# What a vendor's page of usage or costs says: a group of a bucket of time. Not a call, and never
# added to calls; models compare the two. Groups that were not asked for are NULL, `grouped_by`
# names those that were.
VENDOR_USAGE = pa.schema(
    [
        ("vendor", pa.string()),
        # usage or cost.
        ("kind", pa.string()),
        # completions, embeddings, ...; NULL for costs.
        ("api", pa.string()),
        ("start_time_unix_nano", pa.int64()),
        ("end_time_unix_nano", pa.int64()),
        ("grouped_by", pa.string()),
        ("project_id", pa.string()),
        ("api_key_id", pa.string()),
        ("author_hash", pa.string()),
        ("model", pa.string()),
        ("line_item", pa.string()),
        ("service_tier", pa.string()),
        ("api_source", pa.string()),
        ("is_batch", pa.bool_()),
        ("request_count", pa.int64()),
        # Cached and written ones inside.
        ("input_tokens", pa.int64()),
        ("cached_input_tokens", pa.int64()),
        ("cache_write_input_tokens", pa.int64()),
        ("output_tokens", pa.int64()),
        # A decimal number as the vendor wrote it, in `currency`.
        ("amount", pa.string()),
        ("currency", pa.string()),
        ("attributes", ATTRIBUTES),
        *_PRIVACY_AND_IDENTITY,
        ("source", pa.string()),
        ("source_format", pa.string()),
        # When the page was fetched, if it says so.
        ("source_version_at", UTC_MICROSECONDS),
        *_LINEAGE,
    ]
)

ARTIFACTS = pa.schema(
    [
        ("artifact_id", pa.string()),
        ("artifact_kind", pa.string()),
        ("content", pa.string()),
        ("bytes", pa.int64()),
        ("redaction_count", pa.int64()),
        ("privacy_class", pa.string()),
        ("retention_class", pa.string()),
        ("load_id", pa.string()),
        ("landed_at", UTC_MICROSECONDS),
        # Set where `spanmart retention` took the content away. The row stays: ids still join, and
        # the same content does not land again.
        ("deleted_at", UTC_MICROSECONDS),
        ("deletion_reason", pa.string()),
    ]
)

REJECTS = pa.schema(
    [
        ("load_id", pa.string()),
        ("source_file", pa.string()),
        ("record_number", pa.int64()),
        ("reason_code", pa.string()),
        ("reason", pa.string()),
        ("record_redacted", pa.string()),
        ("landed_at", UTC_MICROSECONDS),
    ]
)

LOADS = pa.schema(
    [
        ("load_id", pa.string()),
        ("source", pa.string()),
        ("source_format", pa.string()),
        ("source_file", pa.string()),
        ("content_sha256", pa.string()),
        ("bytes", pa.int64()),
        ("records_read", pa.int64()),
        ("records_landed", pa.int64()),
        ("records_duplicate", pa.int64()),
        ("records_rejected", pa.int64()),
        ("redactions", pa.int64()),
        ("started_at", UTC_MICROSECONDS),
        ("landed_at", UTC_MICROSECONDS),
        ("spanmart_version", pa.string()),
    ]
)

# One row for each expectation of a run of `spanmart check`. Not part of a commit and not in the
# ledger: a run is one file, there whole or not at all. Holds counts and shares, never a value.
CHECKS = pa.schema(
    [
        ("check_id", pa.string()),
        # What was checked: landed after the one (NULL: from the beginning), up to the other.
        ("landed_after", UTC_MICROSECONDS),
        ("landed_until", UTC_MICROSECONDS),
        ("table_name", pa.string()),
        ("expectation", pa.string()),
        ("severity", pa.string()),
        ("status", pa.string()),
        ("measure", pa.string()),
        ("observed", pa.float64()),
        ("at_most", pa.float64()),
        ("unexpected_count", pa.int64()),
        ("row_count", pa.int64()),
        ("description", pa.string()),
        ("remedy", pa.string()),
        ("spanmart_version", pa.string()),
        ("great_expectations_version", pa.string()),
        ("landed_at", UTC_MICROSECONDS),
    ]
)

# Up to where `spanmart pull` has read a stream of a vendor's API: a row whenever more of it was
# landed. Written after the commit that it speaks of, like `checks` a file that stands for itself.
PULLS = pa.schema(
    [
        ("vendor", pa.string()),
        ("host", pa.string()),
        ("project_id", pa.string()),
        ("project_name", pa.string()),
        ("stream", pa.string()),
        # What was read: from the one time up to and without the other.
        ("read_from", UTC_MICROSECONDS),
        ("read_until", UTC_MICROSECONDS),
        ("row_count", pa.int64()),
        ("request_count", pa.int64()),
        ("retry_count", pa.int64()),
        ("spanmart_version", pa.string()),
        ("landed_at", UTC_MICROSECONDS),
    ]
)

# The retention classes of the policy, all of them whenever one changed; the latest rows hold.
RETENTION_CLASSES = pa.schema(
    [
        ("retention_class", pa.string()),
        # Null: for ever.
        ("days", pa.int64()),
        ("is_default", pa.bool_()),
        ("landed_at", UTC_MICROSECONDS),
    ]
)

# Content that a data-subject request took away, for ever: a lander leaves it out, also where a new
# record brings it again.
ERASED_ARTIFACTS = pa.schema(
    [("artifact_id", pa.string()), ("audit_id", pa.string()), ("landed_at", UTC_MICROSECONDS)]
)

# What was deleted, and who looked at raw content: one row an act and retention class when it
# begins (`started`), and one when it is done.
AUDITS = pa.schema(
    [
        ("audit_id", pa.string()),
        ("status", pa.string()),
        ("action", pa.string()),
        ("reason", pa.string()),
        ("retention_class", pa.string()),
        ("subject_hashes", pa.list_(pa.string())),
        ("trace_ids", pa.list_(pa.string())),
        ("as_of", UTC_MICROSECONDS),
        ("trace_count", pa.int64()),
        ("artifact_count", pa.int64()),
        ("artifact_bytes", pa.int64()),
        ("shared_artifact_count", pa.int64()),
        ("reject_count", pa.int64()),
        ("raw_file_count", pa.int64()),
        ("raw_row_count", pa.int64()),
        ("performed_by_hash", pa.string()),
        ("landed_at", UTC_MICROSECONDS),
        ("spanmart_version", pa.string()),
    ]
)

# In the order in which a commit makes them visible. `loads` is last: it is the commit log, and a
# row whose load is not in it is not there.
TABLES: dict[str, pa.Schema] = {
    "artifacts": ARTIFACTS,
    "spans": SPANS,
    "log_records": LOG_RECORDS,
    "feedback": FEEDBACK,
    "vendor_usage": VENDOR_USAGE,
    "rejects": REJECTS,
    # Of no load: each file stands for itself, written whole by privacy/side_tables.py.
    "retention_classes": RETENTION_CLASSES,
    "erased_artifacts": ERASED_ARTIFACTS,
    "audits": AUDITS,
    "checks": CHECKS,
    "pulls": PULLS,
    "loads": LOADS,
}

# Tables whose records may hold content, which is then in artifacts.
CONTENT_TABLES = ("spans", "log_records", "feedback")
# The tables whose rows are records of an export: these are counted, and landed once.
RECORD_TABLES = (*CONTENT_TABLES, "vendor_usage")
