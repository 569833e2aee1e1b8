"""What each row shows by itself: one pass over the columns that are needed, for each table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from spanmart.checks.expectations import REQUIRED, Limits
from spanmart.checks.tables import Counts, Tables, quoted, text
from spanmart.feedback import KINDS, SOURCES
from spanmart.landing.schemas import KEY_SEPARATOR, KEY_SEPARATOR_INSIDE

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_MINUTE_NANOS = 60 * 10**9
_HOUR_NANOS = 60 * _MINUTE_NANOS


@dataclass(frozen=True)
class Rule:
    """`breaks` is true for a row that breaks the expectation, `about` for a row it is about."""

    breaks: str
    about: str = "true"


def count_rows(tables: Tables, limits: Limits) -> Counts:
    """Rows that are new, by what each says of itself."""
    counts: Counts = {}
    for table, required in REQUIRED.items():
        rules = {
            f"{table}.{column}.not_null": Rule(f"{quoted(column)} is null") for column in required
        }
        rules |= _rules(limits).get(table, {})
        counts |= _counted(tables, table, rules)
    return counts


def _counted(tables: Tables, table: str, rules: dict[str, Rule]) -> Counts:
    measured = [
        f"count(*) filter (where ({rule.about}) and ({rule.breaks})), "
        + ("count(*)" if rule.about == "true" else f"count(*) filter (where {rule.about})")
        for rule in rules.values()
    ]
    found = tables.one(f"select {', '.join(measured)} from new_{table}")
    return {name: (found[2 * i], found[2 * i + 1]) for i, name in enumerate(rules)}


def _rules(limits: Limits) -> dict[str, dict[str, Rule]]:
    # Compared, never subtracted: a garbage time near the end of the 64 bits would overflow.
    landed = "epoch_ns(landed_at)"
    future = int(limits.future_minutes * _MINUTE_NANOS)
    far_future = int(limits.far_future_hours * _HOUR_NANOS)
    late = int(limits.late_hours * _HOUR_NANOS)
    oldest = int(datetime(limits.oldest_year, 1, 1, tzinfo=UTC).timestamp()) * 10**9
    start, end = "start_time_unix_nano", "end_time_unix_nano"
    latest = f"greatest({start}, {end})"
    redaction_ran = Rule("redaction_count is null")
    return {
        "spans": {
            "spans.trace_id_shape": Rule(_is_no_id("trace_id", 32), "trace_id is not null"),
            "spans.span_id_shape": Rule(_is_no_id("span_id", 16), "span_id is not null"),
            "spans.parent_id_shape": Rule(
                _is_no_id("parent_span_id", 16), "parent_span_id is not null"
            ),
            "spans.not_its_own_parent": Rule(
                "parent_span_id = span_id", "parent_span_id is not null"
            ),
            "spans.ends_after_it_starts": Rule(
                f"{end} < {start}", f"{start} is not null and {end} is not null"
            ),
            "spans.times_known": Rule(f"{start} is null or {end} is null"),
            "spans.not_from_the_future": Rule(
                f"{latest} > {landed} + {future}", f"{latest} is not null"
            ),
            "spans.not_from_another_day": Rule(
                f"{latest} > {landed} + {far_future}", f"{latest} is not null"
            ),
            "spans.not_older_than_telemetry": Rule(f"{start} < {oldest}", f"{start} is not null"),
            "spans.arrive_in_time": Rule(f"{end} < {landed} - {late}", f"{end} is not null"),
            "spans.keys_are_those_of_the_map": Rule(_other_keys(), "attribute_keys is not null"),
            "spans.redaction_ran": redaction_ran,
        },
        "log_records": {"log_records.redaction_ran": redaction_ran},
        "feedback": {
            "feedback.kinds_known": Rule(
                f"kind not in ({_listed(KINDS)}) or feedback_source not in ({_listed(SOURCES)})"
            ),
            "feedback.about_something": Rule(
                "coalesce(trace_id, span_id, conversation_id, request_id) is null"
            ),
            "feedback.redaction_ran": redaction_ran,
        },
        "vendor_usage": {
            "vendor_usage.amounts_are_numbers": Rule(
                "try_cast(amount as decimal(38, 12)) is null", "amount is not null"
            ),
            "vendor_usage.redaction_ran": redaction_ran,
        },
        "artifacts": {
            "artifacts.id_shape": Rule(
                "not regexp_full_match(artifact_id, '[0-9a-f]{64}')", "artifact_id is not null"
            ),
            "artifacts.redaction_ran": redaction_ran,
        },
        "loads": {
            "loads.balance": Rule(
                "(records_read = records_landed + records_duplicate + records_rejected) is not true"
                " or least(records_read, records_landed, records_duplicate, records_rejected) < 0"
            ),
            "loads.bring_something": Rule("records_landed + records_duplicate = 0"),
        },
    }


def _other_keys() -> str:
    # The plain comparison first, half as dear: it holds for all but empty maps and odd keys.
    separator, instead = text(KEY_SEPARATOR), text(KEY_SEPARATOR_INSIDE)
    keys = f"[replace(key, {separator}, {instead}) for key in map_keys(attributes)]"
    return (
        f"case when string_split(attribute_keys, {separator}) <> map_keys(attributes)"
        f" then attribute_keys <> array_to_string({keys}, {separator}) end"
    )


def _is_no_id(column: str, digits: int) -> str:
    # Linear in the text, whatever it is: DuckDB's patterns are RE2's.
    return (
        f"not regexp_full_match({column}, '[0-9a-f]{{{digits}}}|{_UUID}')"
        f" or {column} = '{'0' * digits}'"
    )


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(map(text, values))
